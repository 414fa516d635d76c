"""What the gateway says when there is no notebook to pass a request on to."""

import socket
from pathlib import Path

import httpx
import pytest

from tests.support import eventually
from tests.unit.gateway.parts import (
    APP_ORIGIN,
    Gateway,
    Routes,
    Server,
    gateway,
    host_of,
    routes_table,
)

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}

NOT_RUNNING = [
    ("stopped", "This notebook is stopped", "Start it"),
    ("starting", "This notebook is starting", "Watch its progress"),
    ("stopping", "This notebook is stopping", "Open it"),
    ("failed", "This notebook is not running", "Open it"),
]

ENDED = [
    ("failed", "crashed", "This notebook crashed"),
    ("failed", "out_of_memory", "This notebook ran out of memory"),
    ("failed", "lost", "The computer of this notebook was lost"),
    ("failed", "lease_expired", "This notebook stopped answering"),
    ("failed", "failed_start", "This notebook could not start"),
    ("failed", "of a later version", "This notebook is not running"),
    ("stopped", "user", "This notebook is stopped"),
    ("stopped", "idle", "This notebook was stopped because it was idle"),
    ("stopped", "maintenance", "This notebook was stopped for maintenance"),
    ("stopped", "limit", "This notebook was stopped"),
    ("stopped", "unpaid", "This notebook was stopped"),
    ("stopped", "plan", "This notebook was stopped"),
    ("starting", "crashed", "This notebook is starting"),
]


@pytest.mark.parametrize(("state", "title", "action"), NOT_RUNNING)
def test_a_person_gets_a_page_with_what_to_do(
    proxy: Gateway, routes: Routes, label: str, state: str, title: str, action: str
) -> None:
    routes.put(label, state)
    page = proxy.get(label, "/lab", **BROWSER)
    assert page.status_code == 503
    assert int(page.headers["Retry-After"]) > 0
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Ramon-Gateway"] == f"notebook_{state}"
    assert f"<h1>{title}</h1>" in page.text
    link = f"{APP_ORIGIN}/notebooks/{label.replace('-', '_')}/open"
    assert f'<a href="{link}">{action}</a>' in page.text


@pytest.mark.parametrize(("state", "reason", "title"), ENDED)
def test_a_page_says_how_a_notebook_ended(
    proxy: Gateway, routes: Routes, label: str, state: str, reason: str, title: str
) -> None:
    routes.put(label, state, reason=reason)
    page = proxy.get(label, "/lab", **BROWSER)
    assert f"<h1>{title}</h1>" in page.text
    assert "paid" not in page.text
    assert "limit" not in page.text


@pytest.mark.parametrize(("state", "title", "_action"), NOT_RUNNING)
def test_a_program_gets_the_one_shape_of_error(
    proxy: Gateway, routes: Routes, label: str, state: str, title: str, _action: str
) -> None:
    routes.put(label, state)
    response = proxy.get(label, "/api/contents")
    assert response.status_code == 503
    error = response.json()["error"]
    assert error["code"] == f"notebook_{state}"
    assert error["message"].startswith(title)
    assert error["details"] == {"notebook_id": label.replace("-", "_")}


def test_what_a_browser_posts_is_answered_as_to_a_program(
    proxy: Gateway, routes: Routes, label: str
) -> None:
    routes.put(label, "stopped")
    headers = {"Host": host_of(label), **BROWSER}
    response = httpx.post(f"{proxy.url}/api/kernels", headers=headers)
    assert response.json()["error"]["code"] == "notebook_stopped"


@pytest.mark.parametrize("state", [None, "deleted"])
def test_a_notebook_that_is_gone_is_not_found(
    proxy: Gateway, routes: Routes, label: str, state: str | None
) -> None:
    if state:
        routes.put(label, state)
    page = proxy.get(label, "/", **BROWSER)
    assert page.status_code == 404
    assert f'<a href="{APP_ORIGIN}/">' in page.text
    assert proxy.get(label).json()["error"]["code"] == "not_found"


def test_a_page_opens_the_notebook_as_soon_as_it_runs(
    proxy: Gateway, routes: Routes, server: Server, label: str
) -> None:
    routes.put(label, "starting")
    assert proxy.get(label).headers["X-Ramon-Gateway"] == "notebook_starting"
    routes.put(label, "running", server.target)
    eventually(lambda: proxy.get(label).status_code == 200)


def test_a_notebook_whose_server_is_gone_is_said_not_to_answer(
    proxy: Gateway, notebook: str, server: Server
) -> None:
    server.stop()
    page = proxy.get(notebook, "/lab", **BROWSER)
    assert page.status_code == 503
    assert page.headers["X-Ramon-Gateway"] == "notebook_unreachable"
    assert "This notebook does not answer" in page.text


def test_a_server_that_cannot_be_connected_to_is_given_up_on(
    proxy: Gateway, routes: Routes, label: str
) -> None:
    with socket.socket() as full, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting.connect(full.getsockname())  # fills the queue: nobody else gets in
        routes.put(label, "running", f"http://127.0.0.1:{full.getsockname()[1]}")
        response = httpx.get(proxy.url, headers={"Host": host_of(label)}, timeout=30)
    assert response.json()["error"]["code"] == "notebook_unreachable"


def test_the_load_balancer_is_told_on_any_host_that_all_is_well(proxy: Gateway) -> None:
    response = httpx.get(f"{proxy.url}/ramon-gateway/health", headers={"Host": "10.0.0.1"})
    assert response.json() == {"status": "ok"}


def test_running_notebooks_go_on_while_the_table_cannot_be_read(
    tmp_path: Path, server: Server, label: str
) -> None:
    with routes_table() as table, gateway(table, tmp_path) as proxy:
        table.put(label, "running", server.target)
        assert proxy.get(label).status_code == 200
        table.process.kill()
        table.process.wait()
        eventually(
            lambda: any(line["event"] == "routes unreadable" for line in _seen(proxy, label))
        )
        assert proxy.get(label).status_code == 200
        unknown = proxy.get(label[:-1] + "z")
        assert unknown.status_code == 503
        assert unknown.json()["error"]["code"] == "routes_unavailable"


def _seen(proxy: Gateway, label: str) -> list[dict[str, object]]:
    assert proxy.get(label).status_code == 200
    return proxy.log()
