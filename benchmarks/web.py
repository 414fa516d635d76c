"""The HTTP client of the benchmarks: every name is this machine, and cookies are set by hand."""

import socket

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

REQUEST_SECONDS = 120.0
"""Longest wait for one answer."""


class Loopback(AbstractResolver):
    """Finds every host at 127.0.0.1; not every machine's resolver knows `nb-….localhost`."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The one address there is."""
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


def client() -> ClientSession:
    """A client that keeps connections but no cookies: one person's are not another's."""
    return ClientSession(
        connector=TCPConnector(resolver=Loopback(), family=socket.AF_INET),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=REQUEST_SECONDS),
        skip_auto_headers=["Content-Type"],  # a request without a body has no type of it
    )
