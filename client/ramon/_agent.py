"""The agent of the notebook that this process runs in, by its unix socket."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ramon import _http, _log
from ramon.errors import NotInNotebook
from ramon.info import ClusterInfo, Usage

SOCKET = "RAMON_SOCKET"
"""The environment variable that names the socket, in kernels and terminals of a notebook."""

START_SECONDS = 300
"""Seconds for one call that captures and uploads the environment; a large one takes its time."""


@dataclass(frozen=True)
class Connection:
    """How this kernel reaches the scheduler beside it; the last three are PEM."""

    address: str
    dashboard_url: str
    ca: str
    certificate: str
    key: str


@dataclass(frozen=True)
class Found:
    """A cluster of this notebook: what is known of it, and how to reach it while it runs."""

    info: ClusterInfo
    connection: Connection | None = None
    saved_file: Path | None = None


class Agent:
    """The calls of the agent. Each may raise what `errors` lists."""

    def __init__(self, socket: str) -> None:
        self._connect = _http.unix(socket)

    @classmethod
    def here(cls) -> Agent:
        """The agent of this notebook. Raises NotInNotebook where there is none."""
        socket = os.environ.get(SOCKET)
        if not socket:
            raise NotInNotebook(
                "Clusters start beside a running notebook, and this is not one. Open a notebook on "
                "Ramon's Notebooks and run this there; ramon.clusters(), ramon.usage() and the "
                "command `ramon` work here too, with an API token (`ramon login`)."
            )
        return cls(socket)

    def start(self, request: dict[str, Any]) -> Found:
        """Start a cluster; the price is known and the scheduler listens when this returns."""
        return _found(self._call("POST", "/clusters", request, timeout=START_SECONDS))

    def find(self, name: str) -> Found:
        """The cluster of this notebook with this name, the newest if there were several."""
        return _found(self._call("GET", _of(name)))

    def scale(self, name: str, workers: int, retire: list[str]) -> ClusterInfo:
        """Ask for `workers` in all; the workers in `retire` are the first that go."""
        body = {"workers": workers, "retire": retire}
        return _found(self._call("POST", _of(name, "/scale"), body)).info

    def close(self, name: str) -> ClusterInfo:
        """Ask to end a cluster that code is done with; it has ended when its state says so."""
        return _found(self._call("POST", _of(name, "/close"), {})).info

    def stop(self, name: str) -> ClusterInfo:
        """Ask to end a cluster that a person has stopped; it has ended when its state says so."""
        return _found(self._call("POST", _of(name, "/stop"), {})).info

    def changed(self, name: str, folder: str) -> list[str]:
        """How this notebook, seen from `folder`, differs from what the workers got, in words."""
        path = _of(name, f"/environment?folder={quote(folder)}")
        changed: list[str] = self._call("GET", path)["changed"]
        return changed

    def sync_environment(self, name: str, folder: str) -> None:
        """Give the workers the packages, and the modules beside `folder`, as they are now."""
        body = {"folder": folder}
        self._call("POST", _of(name, "/environment"), body, timeout=START_SECONDS)

    def clusters(self, *, ended: bool = False) -> list[ClusterInfo]:
        """This notebook's clusters, newest first; with `ended`, those of the last day too."""
        found = [ClusterInfo.from_json(item) for item in self._call("GET", "/clusters")["items"]]
        return [info for info in found if ended or not info.ended]

    def logs(self, name: str, worker: str | None = None) -> list[str]:
        """The newest lines of every worker of a cluster, or of one; see `_log.read`."""
        return _log.read(lambda query: self._call("GET", _of(name, f"/logs{query}")), worker)

    def usage(self) -> Usage:
        """What the account has used this month."""
        return Usage.from_json(self._call("GET", "/usage"))

    def _call(
        self, method: str, path: str, body: Any = None, *, timeout: float = 30
    ) -> dict[str, Any]:
        return _http.call(self._connect, method, path, body, timeout=timeout)


def _of(name: str, rest: str = "") -> str:
    return f"/clusters/{quote(name, safe='')}{rest}"


def _found(answer: dict[str, Any]) -> Found:
    connection, saved = answer.get("connection"), answer.get("saved_file")
    return Found(
        ClusterInfo.from_json(answer["cluster"]),
        Connection(**connection) if connection else None,
        Path(saved) if saved else None,
    )
