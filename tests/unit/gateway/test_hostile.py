"""Requests that nobody honest sends. None may reach a notebook, and none may harm the gateway."""

import socket

import pytest

from tests.unit.gateway.parts import PORT, Gateway, Server, host_of


def _send(proxy: Gateway, request: bytes) -> bytes:
    """The head of what comes back on a connection of its own."""
    answer = b""
    with socket.create_connection((proxy.address, PORT), timeout=10) as connection:
        connection.sendall(request)
        while b"\r\n\r\n" not in answer and (piece := connection.recv(65536)):
            answer += piece
    return answer


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost:8000",
        "{label}x.localhost",
        "x{label}.localhost",
        "evil.example/{label}.localhost",
        "{label}/../x",
        "{label}%00.localhost",
        "{label}@evil.example",
        "..",
        "__proto__",
        "constructor.localhost",
        "[::1]:8000",
        "nb-" + "a" * 8000,
    ],
)
def test_a_host_that_is_no_notebooks_leads_nowhere(
    proxy: Gateway, notebook: str, server: Server, host: str
) -> None:
    name = host.format(label=notebook)
    answer = _send(proxy, f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    assert _status(answer) in {400, 404}
    assert server.requests == 0


@pytest.mark.parametrize(
    "line",
    [
        "GET / HTTP/1.1\r\nX: no host",
        "GET http://other.example/ HTTP/1.1\r\nHost: {host}",
        "OPTIONS * HTTP/1.1\r\nHost: {host}",
        "GET /%zz HTTP/1.1\r\nHost: {host}",
        "GET /%ff HTTP/1.1\r\nHost: {host}",
        "GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
        "GET / HTTP/1.1\r\nHost: {host}\r\nHost : other",
        "GET / HTTP/1.1\r\nHost: {host}\r\nX: a\nb",
        "DELETE / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked",
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: h2c",
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket",
    ],
)
def test_a_malformed_request_is_refused(
    proxy: Gateway, notebook: str, server: Server, line: str
) -> None:
    answer = _send(proxy, f"{line.format(host=host_of(notebook))}\r\n\r\n".encode())
    assert _status(answer) == 400
    assert server.requests == 0


def test_headers_over_16_kib_are_refused(proxy: Gateway, notebook: str, server: Server) -> None:
    head = f"GET / HTTP/1.1\r\nHost: {host_of(notebook)}\r\nX: {'a' * 16384}\r\n\r\n"
    assert _status(_send(proxy, head.encode())) == 431
    assert server.requests == 0


def test_a_second_request_cannot_hide_in_the_body_of_a_first(
    proxy: Gateway, notebook: str, server: Server
) -> None:
    hidden = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    head = (
        f"GET /seen HTTP/1.1\r\nHost: {host_of(notebook)}\r\n"
        f"Connection: close, content-length\r\nContent-Length: {len(hidden)}\r\n\r\n"
    )
    assert _status(_send(proxy, head.encode() + hidden)) == 200
    assert proxy.get(notebook, "/after").json()["path"] == "/after"
    assert server.requests == 2


def test_the_proxys_own_interface_is_nowhere(proxy: Gateway, notebook: str, server: Server) -> None:
    assert proxy.get(notebook, "/api/routes").json()["name"] == server.name
    for port in (PORT + 1, 8001):
        with socket.socket() as probe:
            assert probe.connect_ex((proxy.address, port)) != 0
