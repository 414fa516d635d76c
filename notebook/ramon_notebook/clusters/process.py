"""The agent's end of a scheduler's process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

from ramon_notebook.ends import how, memory_kills, signal_of
from ramon_notebook.errors import Refused

log = logging.getLogger(__name__)

START_SECONDS = 60
CLOSE_SECONDS = 10.0

MOST_LINE = 1 << 22
"""Bytes of a message: a thousand workers by name are far less."""

END_SECONDS = 5.0
"""Seconds between the last that a process says and its end."""

Json = dict[str, Any]


class SchedulerProcess:
    """A scheduler that runs in a process and session of its own, and ends with the agent.

    status: what it said last of its workers, clients and tasks; None before it listens.
    changed: set when workers or clients came or went, workers paused or went on, and when it ended.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answers: asyncio.Queue[Json] = asyncio.Queue()
        self._listens = asyncio.Event()
        self._asking = asyncio.Lock()
        self._reading = asyncio.create_task(self._read())
        self._killed_before = memory_kills()
        self.status: Json | None = None
        self.changed = asyncio.Event()

    @classmethod
    async def start(cls, python: Path, settings: Json, workspace: Path) -> SchedulerProcess:
        """Start it; it listens a moment later (`wait_until_it_listens`)."""
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        process = await asyncio.create_subprocess_exec(
            *(python, "-P", "-m", "ramon_notebook.clusters.scheduler"),
            stdin=PIPE,
            stdout=PIPE,
            cwd=workspace,
            env=environ,
            limit=MOST_LINE,
            start_new_session=True,
        )
        started = cls(process)
        started._tell(settings)
        return started

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._reading.done()

    async def wait_until_it_listens(self) -> None:
        """Wait until workers may come. Raises Refused when it ended, or takes too long."""
        listening = asyncio.create_task(self._listens.wait())
        await asyncio.wait(
            [listening, self._reading],
            timeout=START_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        listening.cancel()
        if not self._listens.is_set():
            self.kill()
            raise Refused(
                503,
                "scheduler",
                "The cluster's scheduler could not be started; the notebook may be short of "
                "memory. Close what you don't need, and try again.",
                {},
            )

    async def save(self, name: str, target: Path) -> Json:
        """Have finished results written to `target`; `results`, how many, and their `bytes`."""
        answer = await self._ask({"do": "save", "name": name, "target": str(target)})
        saved: Json = answer["saved"]
        return saved

    async def renew(self) -> int:
        """Have its workers start again with the newest environment; how many there are."""
        answer = await self._ask({"do": "renew"})
        renewed: int = answer["renewed"]
        return renewed

    async def close(self) -> None:
        """End the workers, then it; at once if it does not obey."""
        self._tell({"do": "close"})
        try:
            await asyncio.wait_for(self._process.wait(), CLOSE_SECONDS)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """End it, whatever it does; its workers notice by themselves."""
        if self._process.returncode is None:
            # Not by Process.kill, which may take the exit status from asyncio's own waiting.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def how_it_ended(self) -> str:
        """How it ended although nobody asked for it, and what to do: sentences for a person."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), END_SECONDS)
        return why_lost(self._process.returncode, self._killed_before, memory_kills())

    async def _ask(self, order: Json) -> Json:
        """Give an order and wait for its answer.

        Raises ConnectionError when it ended, and Refused when it could not do it.
        """
        async with self._asking:
            self._tell(order)
            answer = asyncio.create_task(self._answers.get())
            await asyncio.wait([answer, self._reading], return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                answer.cancel()
                raise ConnectionError("The scheduler has ended.")
            answered = await answer
        if "failed" in answered:
            raise Refused(
                500,
                "scheduler",
                f"The cluster's scheduler could not do this: {answered['failed']}. It goes on; "
                "try again.",
                {},
            )
        return answered

    def _tell(self, message: Json) -> None:
        stdin = self._process.stdin
        if stdin and not stdin.is_closing():
            stdin.write(json.dumps(message).encode() + b"\n")

    async def _read(self) -> None:
        """Take in what it says until it ends."""
        stdout = self._process.stdout
        while stdout and not stdout.at_eof():
            try:
                self._take(await stdout.readline())
            except (ValueError, KeyError) as error:
                log.warning("A scheduler said what can't be read: %r", error)
        self.changed.set()

    def _take(self, line: bytes) -> None:
        message = json.loads(line) if line else {}
        if not message:
            return
        if "status" in message:
            self._note(message["status"])
        elif "listening" in message:
            self._listens.set()
        else:
            self._answers.put_nowait(message)

    def _note(self, status: Json) -> None:
        before, self.status = self.status or {}, status
        self._killed_before = memory_kills()
        if any(before.get(name) != status[name] for name in ("joined", "paused", "clients")):
            self.changed.set()


def why_lost(exit_code: int | None, before: int | None, now: int | None) -> str:
    """Why a cluster has no scheduler any more, and what to do.

    before, now: how many processes Linux had killed for want of memory when the scheduler was
        last heard of, and when it had ended; None where Linux does not say.
    """
    scheduler, again = "The cluster's scheduler", "Its results are lost. Start the cluster again"
    if signal_of(exit_code) != signal.SIGKILL or (now is not None and now == before):
        return f"{how(scheduler, exit_code)} {again}."
    if now is None or before is None:
        return f"{how(scheduler, exit_code)} Perhaps the notebook ran out of memory. {again}."
    return (
        f"{scheduler} was killed because the notebook ran out of memory (signal 9). {again}, from "
        "a larger notebook, or with less in the notebook's memory."
    )
