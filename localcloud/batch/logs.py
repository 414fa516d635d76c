"""Carries what jobs print to CloudWatch Logs, as it comes (the log driver `awslogs`)."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from localcloud.batch.store import Job
from localcloud.batch.surroundings import Places, log_stream

GROUP = "/aws/batch/job"
"""The log group of jobs that don't name one; Batch makes it when it is needed."""

LOOK_SECONDS = 0.1
"""How often files are looked at for new lines."""

ERRORS = "replace"
"""What becomes of bytes that are no UTF-8."""

MOST_EVENT = 262_118
"""Bytes of an event; a longer line becomes several. The driver `awslogs` does the same."""


class LogService(Protocol):
    """CloudWatch Logs, as far as a log driver needs it."""

    def open(self, group: str, stream: str, *, create_group: bool) -> None:
        """Make the stream unless it is there; raises StartError if there is no such group."""

    def put(self, group: str, stream: str, lines: list[str]) -> None:
        """Append lines at the present moment."""

    def count(self, group: str, stream: str) -> int:
        """How many lines the stream has."""


@dataclass
class Follower:
    """Where we are in one attempt's output."""

    file: Path
    group: str
    stream: str
    position: int = 0

    def lines(self, *, final: bool = False) -> Iterator[str]:
        """Whole lines that are new; the unfinished last one only if nothing comes any more.

        As with the driver, a line ends with a line feed alone, and empty ones are left out.
        """
        try:
            with self.file.open("rb") as stream:
                stream.seek(self.position)
                new = stream.read()
        except FileNotFoundError:
            return
        end = len(new) if final else new.rfind(b"\n") + 1
        self.position += end
        for line in filter(None, new[:end].split(b"\n")):
            yield from events_of(line)


def events_of(line: bytes) -> Iterator[str]:
    """A line in events, none of which ends within a character."""
    while line:
        end = min(len(line), MOST_EVENT)
        while end < len(line) and end > MOST_EVENT - 4 and line[end] & 0xC0 == 0x80:
            end -= 1
        yield line[:end].decode(errors=ERRORS)
        line = line[end:]


class LogPump:
    """Follows the output of all jobs that run."""

    def __init__(self, service: LogService, places: Places) -> None:
        self._service = service
        self._places = places
        self._followed: dict[str, Follower] = {}
        self._looking: asyncio.Task[None] | None = None

    def open(self, job: Job) -> None:
        """Make the stream of an attempt that STARTS and follow its output; raises StartError."""
        follower = self._follower(job)
        self._service.open(follower.group, follower.stream, create_group=_creates_group(job))
        self._followed[job.id] = follower
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

    def stream(self, job: Job) -> str:
        """The name of the stream of a job's present attempt."""
        return self._follower(job).stream

    def close(self, job: Job) -> None:
        """Carry what is left of an attempt that ended, before anybody hears that it did."""
        follower = self._followed.pop(job.id, None)
        if follower:
            self._carry(follower, final=True)

    def catch_up(self, job: Job) -> None:
        """Carry the lines of an attempt that an earlier launcher did not carry any more."""
        follower = self._follower(job)
        self._service.open(follower.group, follower.stream, create_group=True)
        there = self._service.count(follower.group, follower.stream)
        missing = list(follower.lines(final=True))[there:]
        self._service.put(follower.group, follower.stream, missing)

    async def _look(self) -> None:
        while self._followed:
            for follower in list(self._followed.values()):
                self._carry(follower)
            await asyncio.sleep(LOOK_SECONDS)
        self._looking = None

    def _carry(self, follower: Follower, *, final: bool = False) -> None:
        lines = list(follower.lines(final=final))
        if lines:
            self._service.put(follower.group, follower.stream, lines)

    def _follower(self, job: Job) -> Follower:
        options = _options(job)
        stream = log_stream(job.record, options, job.record["container"]["taskArn"])
        return Follower(self._places.log(job), options.get("awslogs-group", GROUP), stream)


def _options(job: Job) -> dict[str, str]:
    configuration = job.record["container"].get("logConfiguration", {})
    options: dict[str, str] = configuration.get("options", {})
    return options


def _creates_group(job: Job) -> bool:
    options = _options(job)
    return "awslogs-group" not in options or options.get("awslogs-create-group") == "true"
