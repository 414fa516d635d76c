"""Peers end with the measurement, whatever happens."""

import asyncio
import os
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from benchmarks import processes
from benchmarks.errors import BenchmarkError
from tests.support import eventually

CHILD = "import subprocess, sys; subprocess.Popen(['sleep', '60']); print('up', flush=True); "


async def ready() -> bool:
    return True


async def not_ready() -> bool:
    raise ConnectionRefusedError


def members_of(group: int) -> list[str]:
    """Processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # ended meanwhile
            continue
        if int(pgrp) == group and state != "Z":
            found.append(stat.parent.name)
    return found


@pytest.mark.parametrize("error", [None, RuntimeError, asyncio.CancelledError])
def test_a_process_and_what_it_started_end_with_the_block(
    tmp_path: Path, error: type[BaseException] | None
) -> None:
    groups = []

    async def work() -> None:
        command = [sys.executable, "-c", CHILD + "sys.stdin.read(); input()"]
        async with processes.running(command, folder=tmp_path, env=os.environ) as process:
            groups.append(process.pid)
            if error:
                raise error

    with pytest.raises(error) if error else nullcontext():
        asyncio.run(work())

    eventually(lambda: not members_of(groups[0]))


def test_a_process_that_ends_early_is_reported_with_what_it_said(tmp_path: Path) -> None:
    async def work() -> None:
        command = [sys.executable, "-c", "raise SystemExit('no such port')"]
        async with processes.running(command, folder=tmp_path, env=os.environ) as process:
            await processes.until_ready(not_ready, process, tmp_path / "output.log")

    with pytest.raises(BenchmarkError, match=r"ended with 1:\nno such port"):
        asyncio.run(work())


def test_what_answers_is_ready(tmp_path: Path) -> None:
    async def work() -> None:
        command = [sys.executable, "-c", "input()"]
        async with processes.running(command, folder=tmp_path, env=os.environ) as process:
            await processes.until_ready(ready, process, tmp_path / "output.log")

    asyncio.run(work())
