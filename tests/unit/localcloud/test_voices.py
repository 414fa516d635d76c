"""What moves the clock knows who has told since that it lives."""

import asyncio
import time

from localcloud.edge.asgi import Message, Receive, Scope, Send
from localcloud.edge.voices import Voices

LATELY = 20.0
CLUSTER = "/api/agent/clusters/cl_1/report"


async def _api(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An API that answers nothing."""


def _tell(voices: Voices, agent: str, path: str = "/api/agent/heartbeat") -> None:
    async def receive() -> Message:
        return {}

    async def send(_message: Message) -> None: ...

    scope = {"path": path, "headers": [(b"authorization", agent.encode())]}
    asyncio.run(voices(scope, receive, send))


def test_all_have_told_once_each_that_told_before_has_told_again() -> None:
    voices = Voices(_api)
    _tell(voices, "ada")
    _tell(voices, "ada", CLUSTER)
    _tell(voices, "grace")
    moved_at = time.monotonic()

    assert not voices.all_told_since(moved_at, LATELY)
    _tell(voices, "ada")
    _tell(voices, "grace")
    assert not voices.all_told_since(moved_at, LATELY)
    _tell(voices, "ada", CLUSTER)
    assert voices.all_told_since(moved_at, LATELY)


def test_nobody_waits_for_who_has_been_silent_for_long_or_asks_for_something_else() -> None:
    voices = Voices(_api)
    _tell(voices, "ada")
    _tell(voices, "grace", "/api/agent/workspace/snapshots")

    assert voices.all_told_since(time.monotonic(), seconds=0)
    assert not voices.all_told_since(time.monotonic(), LATELY)
