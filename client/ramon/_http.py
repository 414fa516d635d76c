"""One call of HTTP with JSON, by the standard library alone: over a unix socket, or to a URL."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from ramon.errors import ServiceUnavailable, from_service

Connect = Callable[[float], http.client.HTTPConnection]
"""Makes a connection with a timeout in seconds."""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def unix(path: str) -> Connect:
    """Connections to the socket at `path`."""
    return lambda timeout: _UnixConnection(path, timeout)


def web(origin: str) -> Connect:
    """Connections to ``https://host[:port]`` (or http, for a service on this machine)."""
    parts = urlsplit(origin)
    host = parts.netloc
    if parts.scheme == "http":
        return lambda timeout: http.client.HTTPConnection(host, timeout=timeout)
    return lambda timeout: http.client.HTTPSConnection(
        host, timeout=timeout, context=ssl.create_default_context()
    )


def call(
    connect: Connect,
    method: str,
    path: str,
    body: Any = None,
    *,
    headers: dict[str, str] | None = None,
    timeout: float = 30,
) -> dict[str, Any]:
    """What the other side answered to one request, which is a JSON object.

    `timeout` is in seconds, for each read and write. Raises the error that the service named
    (see `errors`), and ServiceUnavailable when nobody answered or it was no JSON.
    """
    payload = None if body is None else json.dumps(body).encode()
    sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
    connection = connect(timeout)
    try:
        connection.request(method, path, body=payload, headers=sent)
        response = connection.getresponse()
        status, data = response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ServiceUnavailable(
            f"Ramon's Notebooks did not answer ({error!r}). Try again in a moment."
        ) from error
    finally:
        connection.close()
    return _answer(status, data)


def _answer(status: int, data: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(data or b"{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise ServiceUnavailable(
            f"Ramon's Notebooks answered {status} and no JSON. Is the address right?"
        )
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise from_service(status, parsed.get("error") or {})
    return parsed
