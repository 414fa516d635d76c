"""Webhooks of the stand-in for GitHub."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from localcloud.github.accounts import WEBHOOK_SECRET
from localcloud.github.app import github_app
from localcloud.testing import LocalCloud
from tests.unit.localcloud.test_github import Browser


class Receiver:
    """An application that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers.items()), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


class GitHub:
    """GitHub, whose application is the receiver."""

    def __init__(self, receiver: Receiver) -> None:
        self._app = github_app(receiver.origin, receiver.origin)

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._call("GET", path))

    def post(self, path: str, **content: Any) -> httpx.Response:
        return asyncio.run(self._call("POST", path, **content))

    async def _call(self, method: str, path: str, **content: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://github") as client:
            return await client.request(method, path, **content)


@pytest.fixture
def github(receiver: Receiver) -> GitHub:
    return GitHub(receiver)


def only(receiver: Receiver) -> tuple[dict[str, str], dict[str, Any]]:
    """The headers and the payload of the one webhook that came, whose signature is right."""
    ((path, headers, body),) = receiver.got
    assert path == "/api/webhooks/github"
    digest = hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert headers["X-GitHub-Delivery"]
    return headers, json.loads(body)


def test_revoking_tells_the_application_who_it_was(github: GitHub, receiver: Receiver) -> None:
    address = "/github/settings/applications"
    assert "@grace" in github.get(address).text
    answer = github.post(address, data={"login": "grace"})
    assert "answered: 204" in answer.text
    headers, payload = only(receiver)
    assert headers["X-GitHub-Event"] == "github_app_authorization"
    assert (payload["action"], payload["sender"]["id"]) == ("revoked", 1002)


def test_nobody_is_revoked_who_is_not_there(github: GitHub, receiver: Receiver) -> None:
    answer = github.post("/github/settings/applications", data={"login": "nobody"})
    assert (answer.status_code, receiver.got) == (400, [])


def test_a_ping_and_a_push_are_sent_on_request(github: GitHub, receiver: Receiver) -> None:
    address = "/github/_stand_in/webhooks"
    assert github.post(address, json={"event": "ping"}).json() == {"status": "204"}
    headers, payload = only(receiver)
    assert (headers["X-GitHub-Event"], payload["hook_id"]) == ("ping", 1)
    receiver.got.clear()
    wanted = {"event": "push", "repository": "demo-science/random-walks"}
    assert github.post(address, json=wanted).json() == {"status": "204"}
    headers, payload = only(receiver)
    assert headers["X-GitHub-Event"] == "push"
    assert payload["ref"] == "refs/heads/main"
    assert payload["after"] == payload["head_commit"]["id"]
    assert payload["repository"]["full_name"] == "demo-science/random-walks"


@pytest.mark.parametrize("wanted", [{"event": "fork"}, {"event": "push", "repository": "a/b"}])
def test_what_github_would_not_send_is_refused(
    github: GitHub, receiver: Receiver, wanted: dict[str, str]
) -> None:
    assert github.post("/github/_stand_in/webhooks", json=wanted).status_code == 400
    assert receiver.got == []


def test_a_token_is_worth_nothing_after_its_owner_revoked_it(cloud: LocalCloud) -> None:
    browser = Browser(cloud)
    with browser.http:
        token = browser.exchange(browser.code("emmy"))["access_token"]
        assert browser.api("/user", token).is_success
        revoked = browser.http.post("/settings/applications", data={"login": "emmy"})
        assert "The application answered" in revoked.text
        assert browser.api("/user", token).status_code == 401
