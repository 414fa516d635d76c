"""People of the tests: they sign in as anybody does, and use the service from outside."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any, Self

import httpx

from localcloud.testing import CARD, LocalCloud, subscribe
from tests.support import eventually

SETTLED = ("stopped", "running", "failed")


class Person:
    """Somebody with a browser's session, who presses the buttons by their requests."""

    def __init__(self, cloud: LocalCloud, login: str) -> None:
        self.cloud = cloud
        self.login = login
        self.visits: list[Visit] = []
        self.http = httpx.Client(
            base_url=cloud.app_origin,
            timeout=60,
            headers={"X-Ramon-Request": "1", "Sec-Fetch-Site": "same-origin"},
        )

    def __enter__(self) -> Self:
        self.sign_in()
        return self

    def __exit__(self, *_: object) -> None:
        for visit in self.visits:
            visit.http.close()
        self.http.close()

    def sign_in(self) -> None:
        """Through GitHub's page, with PKCE and all."""
        start = self.http.get("/api/auth/github/start", params={"return_to": "/notebooks"})
        kept = start.headers["set-cookie"].partition(";")[0]
        page = self.http.get(start.headers["location"])
        fields = {
            unescape(name): unescape(value)
            for name, value in re.findall(
                r'type="hidden" name="([^"]*)" value="([^"]*)"', page.text
            )
        }
        chosen = self.http.post(page.url, data={**fields, "login": self.login})
        done = self.http.get(chosen.headers["location"], headers={"Cookie": kept})
        assert done.headers["location"] == "/notebooks", done.text
        cookies = done.headers.get_list("set-cookie")
        session = next(cookie for cookie in cookies if cookie.startswith("__Host-sid="))
        self.http.headers["Cookie"] = session.partition(";")[0]

    def subscribe(self, plan: str, card: str = CARD) -> None:
        """Pay for a plan, unless it is theirs already."""
        if self.ask("GET", "/me").json()["plan"] != plan:
            subscribe(self.http, plan, card)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request to the API."""
        return self.http.request(method, f"/api{path}", **options)

    def create(self, name: str = "Walks", **wanted: Any) -> "NotebookOf":
        """Make a notebook."""
        answer = self.ask("POST", "/notebooks", json={"name": name, **wanted})
        assert answer.status_code == 201, answer.text
        return NotebookOf(self, answer.json()["id"])


@dataclass(frozen=True)
class NotebookOf:
    """A notebook, and whose it is."""

    owner: Person
    id: str

    def ask(self, method: str, action: str = "", **options: Any) -> httpx.Response:
        """One request about this notebook."""
        return self.owner.ask(method, f"/notebooks/{self.id}{action}", **options)

    @property
    def now(self) -> dict[str, Any]:
        """The notebook as the API tells of it."""
        answer = self.ask("GET")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def until(self, *states: str, within: float = 90) -> dict[str, Any]:
        """Wait for one of these states."""

        def reached() -> dict[str, Any] | None:
            told = self.now
            return told if told["state"] in states else None

        return eventually(reached, within=within, every=0.1) or {}

    def start(self, *, within: float = 90) -> dict[str, Any]:
        """Start it, and wait until it runs."""
        answer = self.ask("POST", "/start")
        assert answer.status_code == 202, answer.text
        told = self.until(*SETTLED, within=within)
        assert told["state"] == "running", told
        return told

    def stop(self, *, within: float = 90) -> dict[str, Any]:
        """Stop it, and wait until it has."""
        answer = self.ask("POST", "/stop")
        assert answer.status_code == 202, answer.text
        return self.until("stopped", "failed", within=within)

    def enter(self) -> "Visit":
        """Go in, as a browser does with the ticket."""
        answer = self.ask("POST", "/open")
        assert answer.status_code == 200, answer.text
        visit = self.knock()
        entered = visit.get(answer.json()["url"])
        assert entered.status_code == 302, entered.text
        visit.get(entered.headers["location"])
        return visit

    def knock(self) -> "Visit":
        """Stand before it, without a ticket."""
        visit = Visit(self.owner.cloud, httpx.URL(self.now["url"]))
        self.owner.visits.append(visit)
        return visit


class Visit:
    """A browser in a notebook's own origin."""

    def __init__(self, cloud: LocalCloud, origin: httpx.URL) -> None:
        self.host = origin.netloc.decode()
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{cloud.port}",
            timeout=30,
            headers={"Host": self.host, "Origin": str(origin).rstrip("/")},
        )
        self._cookies: dict[str, str] = {}

    def get(self, url: str, **headers: str) -> httpx.Response:
        """GET an address of this origin."""
        return self.request("GET", url, headers=headers)

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """One request; cookies are kept as a browser keeps them for one host."""
        path = httpx.URL(url).raw_path.decode()
        headers = dict(options.pop("headers", {}))
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if "_xsrf" in self._cookies:
            headers["X-XSRFToken"] = self._cookies["_xsrf"]
        answer = self.http.request(method, path, headers=headers, **options)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer

    @property
    def cookie_header(self) -> str:
        """The cookies, for a WebSocket."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())
