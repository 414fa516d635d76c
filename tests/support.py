"""What tests of every level need: free addresses, deadlines, processes that surely end."""

import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

SCHEDULED: dict[str, object] = {
    "version": "0",
    "id": "1",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {},
}
"""What EventBridge sends to a function on a schedule."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_address() -> str:
    """A loopback address of one's own, for programs that insist on their port."""
    return (
        f"127.{100 + secrets.randbelow(100)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
    )


def eventually(check: Callable[[], T], *, within: float = 90, every: float = 0.05) -> T:
    """What `check` returns once that is true. Fails after `within` seconds, with its last answer.

    An `OSError` counts as "not yet": what is waited for is often a server.
    """
    deadline = time.monotonic() + within
    answer: object = None
    while time.monotonic() < deadline:
        try:
            result = check()
        except OSError as error:
            answer = error
        else:
            if result:
                return result
            answer = result
        time.sleep(every)
    raise AssertionError(f"not within {within} s; the last answer was {answer!r}")


@contextmanager
def running(
    process: subprocess.Popen[str], *, grace: float = 10
) -> Iterator[subprocess.Popen[str]]:
    """End a process when the block is left: politely, and after `grace` seconds in any case."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
