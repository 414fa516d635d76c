"""What the gateway does with requests to a running notebook."""

import http.client
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.support import eventually
from tests.unit.gateway.parts import PORT, Gateway, Routes, Server, host_of

MEBIBYTE = 1024 * 1024


def test_a_request_arrives_with_its_path_and_the_host_that_the_browser_said(
    proxy: Gateway, notebook: str
) -> None:
    said = proxy.get(notebook, "/lab/tree/a%20b.ipynb?x=1&x=2").json()
    assert said["path"] == "/lab/tree/a%20b.ipynb?x=1&x=2"
    assert said["headers"]["host"] == host_of(notebook)


def test_where_a_request_comes_from_is_told_by_the_gateway_and_not_by_the_client(
    proxy: Gateway, notebook: str
) -> None:
    lies = {
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "X-Forwarded-Proto": "gopher",
        "X-Real-IP": "1.2.3.4",
        "Forwarded": "for=1.2.3.4",
    }
    headers = proxy.get(notebook, "/", **lies).json()["headers"]
    assert headers["x-forwarded-for"].startswith("127.")
    assert headers["x-forwarded-host"] == host_of(notebook)
    assert headers["x-forwarded-proto"] == "http"
    assert {"forwarded", "x-real-ip", "x-forwarded-port"}.isdisjoint(headers)


def test_headers_of_one_connection_stay_on_it(proxy: Gateway, notebook: str) -> None:
    response = proxy.get(notebook, "/", **{"TE": "trailers", "Proxy-Authorization": "Basic eDp5"})
    assert {"te", "proxy-authorization"}.isdisjoint(response.json()["headers"])
    assert response.headers.get("keep-alive") != "timeout=1"


def test_a_cookie_and_an_authorization_reach_the_notebook(proxy: Gateway, notebook: str) -> None:
    said = proxy.get(notebook, "/", Cookie="a=1; b=2", Authorization="Bearer x").json()
    assert said["headers"]["cookie"] == "a=1; b=2"
    assert said["headers"]["authorization"] == "Bearer x"


def test_an_upload_streams_while_it_is_being_sent(
    proxy: Gateway, notebook: str, server: Server
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * MEBIBYTE
        assert server.first_piece.wait(10), "nothing arrived before all was sent"
        for _ in range(63):
            yield b"x" * MEBIBYTE

    response = httpx.post(
        f"{proxy.url}/upload", content=pieces(), headers={"Host": host_of(notebook)}, timeout=60
    )
    assert response.json() == {"size": 64 * MEBIBYTE}


def test_a_download_streams_while_it_is_being_made(
    proxy: Gateway, notebook: str, server: Server
) -> None:
    address = f"{proxy.url}/download"
    with httpx.stream("GET", address, headers={"Host": host_of(notebook)}) as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"first"
        server.go_on.set()
        assert b"".join(pieces) == b" second"


def test_a_response_that_breaks_off_is_cut_off_and_not_ended(proxy: Gateway, notebook: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        proxy.get(notebook, "/die")


def test_a_connection_is_closed_when_the_client_asks_for_it(proxy: Gateway, notebook: str) -> None:
    connection = http.client.HTTPConnection(proxy.address, PORT, timeout=10)
    connection.request("GET", "/", headers={"Host": host_of(notebook), "Connection": "close"})
    response = connection.getresponse()
    assert response.getheader("Connection") == "close"
    assert response.read()
    assert response.isclosed()


def test_a_notebook_that_moved_is_found_at_its_new_place(
    proxy: Gateway, routes: Routes, notebook: str
) -> None:
    assert proxy.get(notebook).json()["name"] == "first"
    second = Server("second").start()
    try:
        routes.put(notebook, "running", second.target)
        eventually(lambda: proxy.get(notebook).json()["name"] == "second")
    finally:
        second.stop()


def test_a_notebook_that_died_and_runs_elsewhere_is_found_at_the_next_request(
    proxy: Gateway, routes: Routes, notebook: str, server: Server
) -> None:
    assert proxy.get(notebook).json()["name"] == "first"
    server.stop()
    second = Server("second").start()
    try:
        routes.put(notebook, "running", second.target)
        assert proxy.get(notebook).status_code == 503
        assert proxy.get(notebook).json()["name"] == "second"
    finally:
        second.stop()


def test_fifty_requests_at_once_to_one_notebook_all_arrive(
    proxy: Gateway, notebook: str, server: Server
) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(proxy.get(notebook).status_code))
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 50
    assert server.requests == 50


def test_the_gateway_never_writes_to_the_table(
    proxy: Gateway, routes: Routes, notebook: str
) -> None:
    before = routes.items()
    proxy.get(notebook)
    proxy.get(notebook, "/upload")
    assert routes.items() == before
