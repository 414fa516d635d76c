"""Where a scheduler listens, and under which address its workers find it."""

from __future__ import annotations

import socket
from collections.abc import Container
from dataclasses import dataclass

from ramon_notebook.errors import Refused

PORTS = range(8700, 8800)
"""What the security group lets workers reach."""


@dataclass(frozen=True)
class Addresses:
    """host, port: to listen on; contact: for workers; dashboard_port: on 127.0.0.1."""

    host: str
    port: int
    contact: str
    dashboard_port: int


def choose(bind_address: str, taken: Container[int]) -> Addresses:
    """Free ports for one more scheduler; `taken` are in use by clusters that still start.

    Raises Refused when all are taken.
    """
    for port in PORTS:
        if port not in taken and _is_free(bind_address, port):
            own = _own_address() if bind_address == "0.0.0.0" else bind_address  # noqa: S104
            return Addresses(bind_address, port, f"tls://{own}:{port}", _free_port())
    raise Refused(
        409,
        "limit_reached",
        f"This notebook has {len(PORTS)} clusters already. Close some of them first.",
        {},
    )


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _own_address() -> str:
    """The address of the interface that leads to other machines. Nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        address: str = probe.getsockname()[0]
        return address
