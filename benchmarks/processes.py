"""Peers run as processes of their own, which surely end with the measurement."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import ClientError

from benchmarks.errors import BenchmarkError

GRACE_SECONDS = 10.0
"""How long a process may take to end by itself."""

PATIENCE_SECONDS = 120.0
"""Longest wait for something that is about to happen; ten starts at once take a while."""

LOG_SHOWN = 3000
"""Characters of a failed process's output that are shown: its end, which says why."""

POLL_SECONDS = 0.02
"""Between two looks whether something answers."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(
    command: Sequence[str | Path], *, folder: Path, env: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process in `folder`, its output in `output.log` there; ends with the block."""
    with (folder / "output.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        await _end(process)


async def until_ready(
    answers: Callable[[], Awaitable[bool]], process: asyncio.subprocess.Process, log: Path
) -> None:
    """Wait until `answers` is true. Raises BenchmarkError if the process ends or takes too long.

    Whatever `answers` raises of connections means: not yet.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.returncode is not None:
            raise BenchmarkError(f"It ended with {process.returncode}:\n{_tail(log)}")
        with suppress(ClientError, OSError):
            if await answers():
                return
        await asyncio.sleep(POLL_SECONDS)
    raise BenchmarkError(f"It did not answer within {PATIENCE_SECONDS:.0f} s:\n{_tail(log)}")


async def output_of(command: Sequence[str | Path]) -> str:
    """What a process prints, once it has ended. Raises BenchmarkError if it fails or takes long."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    except TimeoutError as error:
        raise BenchmarkError(f"It did not end within {PATIENCE_SECONDS:.0f} s.") from error
    finally:
        await _end(process)
    if process.returncode:
        text = errors.decode(errors="replace")[-LOG_SHOWN:].strip()
        raise BenchmarkError(f"It ended with {process.returncode}:\n{text}")
    return out.decode()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Politely first; then whatever is left of its group."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        # Shielded: a second Ctrl-C must not leave it running.
        await asyncio.wait_for(asyncio.shield(process.wait()), GRACE_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-LOG_SHOWN:].strip()
