"""The service from anywhere, with an API token: what a laptop may see and stop."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from ramon import _http, _log
from ramon._agent import SOCKET, Agent
from ramon.errors import ClusterNotFound, InvalidValue, NotSignedIn
from ramon.info import ClusterInfo, Usage

URL, TOKEN = "RAMON_URL", "RAMON_TOKEN"
"""Environment variables that come before what `ramon login` kept."""


@dataclass(frozen=True)
class Login:
    """Where the service is, and the API token that it knows this person by."""

    url: str
    token: str = field(repr=False)

    @classmethod
    def here(cls) -> Login:
        """From the environment, else from what `ramon login` kept. Raises NotSignedIn."""
        kept = _kept()
        url, token = os.environ.get(URL) or kept.get("url"), os.environ.get(TOKEN)
        token = token or kept.get("token")
        if not url or not token:
            raise NotSignedIn(
                "No API token here. Make one on your account's page of Ramon's Notebooks, then run "
                f"`ramon login --url https://…`, or set {URL} and {TOKEN}."
            )
        return cls(url, token)

    def keep(self) -> Path:
        """Write it to the user's configuration folder, readable by them alone."""
        path = login_file()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"url": self.url, "token": self.token}, file)
        return path


class Account:
    """The account whose token this is. Each call may raise what `errors` lists."""

    def __init__(self, login: Login) -> None:
        parts = urlsplit(login.url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise InvalidValue(f"{login.url!r} is no address. Write it like https://example.org.")
        self._connect = _http.web(f"{parts.scheme}://{parts.netloc}")
        self._base = parts.path.rstrip("/").removesuffix("/api") + "/api"
        self._headers = {"Authorization": f"Bearer {login.token}"}

    def clusters(self, *, ended: bool = False) -> list[ClusterInfo]:
        """The account's clusters, newest first; with `ended`, those that stopped too."""
        state = "all" if ended else "live"
        return list(map(ClusterInfo.from_json, self._items(f"/clusters?state={state}")))

    def usage(self) -> Usage:
        """What the account has used this month."""
        return Usage.from_json(self._call("GET", "/usage/now"))

    def stop(self, name: str) -> ClusterInfo:
        """Ask to stop the live cluster of this name or id."""
        cluster = self._named(name, ended=False)
        return ClusterInfo.from_json(self._call("POST", f"/clusters/{cluster.id}/stop", {}))

    def logs(self, name: str, worker: str | None = None) -> list[str]:
        """The newest lines of every worker of a cluster, by its name or id, or of one."""
        address = f"/clusters/{self._named(name, ended=True).id}/logs"
        return _log.read(lambda query: self._call("GET", f"{address}{query}"), worker)

    def _named(self, name: str, *, ended: bool) -> ClusterInfo:
        """The cluster with this id, or with this name: a live one before those that ended."""
        known = self.clusters(ended=ended)
        found = [info for info in known if name in {info.id, info.name}]
        live = [info for info in found if not info.ended]
        if len(live) > 1:
            ids = ", ".join(f"{info.id} (of {info.notebook})" for info in live)
            raise InvalidValue(f"Several clusters are named {name}; say which by its id: {ids}.")
        if not found:
            names = ", ".join(sorted({info.name for info in known})) or "none"
            raise ClusterNotFound(f"There is no cluster {name!r}. There are: {names}.")
        return (live or found)[0]

    def _items(self, path: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self._call("GET", f"{path}&cursor={quote(cursor)}" if cursor else path)
            yield from page["items"]
            cursor = page["next_cursor"] or ""
            if not cursor:
                return

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return _http.call(self._connect, method, self._base + path, body, headers=self._headers)


def door() -> Agent | Account:
    """The way to the service from here: the notebook's agent, or an API token."""
    return Agent.here() if os.environ.get(SOCKET) else Account(Login.here())


def login_file() -> Path:
    """Where `ramon login` keeps its token."""
    if os.environ.get("XDG_CONFIG_HOME"):
        return Path(os.environ["XDG_CONFIG_HOME"]) / "ramon" / "login.json"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "ramon" / "login.json"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", str(Path.home()))) / "ramon" / "login.json"
    return Path.home() / ".config" / "ramon" / "login.json"


def _kept() -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(login_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise NotSignedIn(
            f"{login_file()} can't be read ({error}). Run `ramon login` again."
        ) from error
    return kept
