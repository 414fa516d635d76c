"""Private addresses of tasks: each gets a loopback address of its own (Linux routes 127/8)."""

import secrets
import socket
from collections.abc import Iterable

ATTEMPTS = 50
"""Random addresses to try before giving up."""


class NoAddressError(RuntimeError):
    """No loopback address has its ports free: something listens there on every address."""


def pick(taken: set[str], ports: Iterable[int]) -> str:
    """An address that no task has and whose `ports` nothing listens on."""
    ports = list(ports)
    for _ in range(ATTEMPTS):
        address = _random_address()
        if address not in taken and all(_free(address, port) for port in ports):
            return address
    raise NoAddressError(
        f"another program listens on port {', '.join(map(str, ports))} of every address"
    )


def _random_address() -> str:
    """From 127.16.0.1 to 127.254.254.254: away from 127.0.x.x, which people use by hand."""
    middle = 16 + secrets.randbelow(239), 1 + secrets.randbelow(254), 1 + secrets.randbelow(254)
    return "127." + ".".join(map(str, middle))


def _free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True
