"""From a laptop, with an API token: what runs, what it costs, and an end to it."""

# The library is checked with Dask beside it, where it is installed.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import io
import json
import stat
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ramon import errors, overview
from ramon._account import Account, Login, login_file
from ramon.cli import main
from tests.unit.client import facts

TOKEN = "rmn_secret"


@dataclass
class Service:
    """The routes of the service that a token opens, over real HTTP, in memory."""

    clusters: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, token: str) -> tuple[int, Any]:
        """What the service says; a page of a list has one item."""
        self.calls.append(f"{method} {path}")
        if token != f"Bearer {TOKEN}":
            return 401, {"error": {"code": "unauthenticated", "message": "Make a new API token."}}
        if path == "/api/usage/now":
            return 200, facts.usage()
        if path.startswith("/api/clusters?"):
            place = int(path.partition("cursor=")[2] or 0)
            found = [c for c in self.clusters if "state=all" in path or c["state"] == "running"]
            more = str(place + 1) if place + 1 < len(found) else None
            return 200, {"items": found[place : place + 1], "next_cursor": more}
        if path.endswith("/stop"):
            return 200, facts.cluster(state="stopping")
        asked = path.partition("?")[2]
        lines = [{"at": "06:00", "text": asked or "all", "worker": "wk_1"}]
        return 200, {"lines": lines, "next_cursor": None if "cursor" in asked else "20"}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Service]:
    """A service, and a person's machine that knows nothing of it."""
    known = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers["Authorization"]
            status, answer = known.answer(self.command, self.path, token)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    for name in ("RAMON_URL", "RAMON_TOKEN", "RAMON_SOCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        known.url = f"http://127.0.0.1:{server.server_port}"
        yield known
        server.shutdown()
        serving.join()


@pytest.fixture
def signed_in(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The same, with a token in the environment."""
    monkeypatch.setenv("RAMON_URL", service.url)
    monkeypatch.setenv("RAMON_TOKEN", TOKEN)
    return service


def test_clusters_and_usage_are_there_without_a_notebook(signed_in: Service) -> None:
    signed_in.clusters = [facts.cluster(), facts.cluster(id="cl_0", state="stopped")]
    assert [info.id for info in overview.clusters()] == ["cl_1"]
    assert [info.id for info in overview.clusters(ended=True)] == ["cl_1", "cl_0"]
    assert str(overview.usage()) == "$12.50 of $50.00 in 2026-11, $0.42 an hour now"


def test_the_address_may_have_the_path_of_the_api(signed_in: Service) -> None:
    Account(Login(f"{signed_in.url}/api/", TOKEN)).usage()
    assert signed_in.calls == ["GET /api/usage/now"]
    with pytest.raises(errors.InvalidValue, match="https://"):
        Account(Login("example.org", TOKEN))


@pytest.mark.usefixtures("service")
def test_without_a_token_it_says_where_to_get_one() -> None:
    with pytest.raises(errors.NotSignedIn, match="ramon login"):
        overview.usage()


def test_nobody_there_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAMON_SOCKET", raising=False)
    monkeypatch.setenv("RAMON_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("RAMON_TOKEN", TOKEN)
    with pytest.raises(errors.ServiceUnavailable, match="did not answer"):
        overview.usage()


def test_a_token_is_checked_and_kept_for_its_owner_alone(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("rmn_wrong\n"))
    assert main(["login", "--url", service.url]) == 1
    assert not login_file().exists()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{TOKEN}\n"))
    assert main(["login", "--url", service.url]) == 0
    assert stat.S_IMODE(login_file().stat().st_mode) == 0o600
    said = capsys.readouterr()
    assert TOKEN not in said.out + said.err
    assert "Make a new API token." in said.err
    assert main(["usage"]) == 0
    assert "$12.50 of $50.00" in capsys.readouterr().out


def test_clusters_are_a_table_or_json(
    signed_in: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["clusters"]) == 0
    assert capsys.readouterr().out == "No cluster runs.\n"
    signed_in.clusters = [facts.cluster()]
    assert main(["clusters"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["name", "state", "workers"]
    assert row.split() == [*("mine", "running", "2", "of", "4", "$0.21", "$1.25", "Thesis", "cl_1")]
    assert main(["clusters", "--json"]) == 0
    (cluster,) = json.loads(capsys.readouterr().out)
    assert (cluster["spent_usd"], cluster["as_of"]) == ("1.25", "2026-11-23T06:10:00+00:00")
    assert main(["usage", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spent_usd"] == "12.50"


def test_a_cluster_is_stopped_and_read_by_name_or_id(
    signed_in: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    signed_in.clusters = [facts.cluster(), facts.cluster(id="cl_0", state="stopped")]
    assert main(["stop", "mine"]) == 0
    assert "POST /api/clusters/cl_1/stop" in signed_in.calls
    assert main(["logs", "cl_0"]) == 0
    assert main(["logs", "mine", "--worker", "wk_1"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "06:00 wk_1 all",
        "06:00 wk_1 cursor=20",
        "06:00 wk_1 worker=wk_1",
    ]
    assert main(["stop", "other"]) == 1
    assert "There are: mine." in capsys.readouterr().err


def test_a_name_that_two_notebooks_use_asks_for_the_id(
    signed_in: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    signed_in.clusters = [facts.cluster(), facts.cluster(id="cl_2", notebook_name="Other")]
    assert main(["stop", "mine"]) == 1
    assert "cl_1 (of Thesis), cl_2 (of Other)" in capsys.readouterr().err
