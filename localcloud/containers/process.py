"""One container as a process under its shim (see `localcloud/shim.py`)."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from localcloud import shim
from localcloud.api_model import Record
from localcloud.clock import CLOCK
from localcloud.files import write_json


class StartError(RuntimeError):
    """The container's command could not be started; the message is for the stoppedReason."""


@dataclass(frozen=True)
class ContainerSpec:
    """What to run: the files live in `directory`, output is appended to `log`."""

    name: str
    command: list[str]
    environment: dict[str, str]
    working_directory: Path
    directory: Path
    log: Path
    stop_timeout: float

    @property
    def record_file(self) -> Path:
        """Where the shim writes how the command ended."""
        return exit_record_file(self.directory, self.name)


class ContainerProcess:
    """A started container."""

    def __init__(self, spec: ContainerSpec, keeper: asyncio.subprocess.Process, pid: int) -> None:
        self.spec = spec
        self.pid = pid
        self._keeper = keeper

    def terminate(self) -> None:
        """Send SIGTERM to the container's command."""
        self._order(b"term\n")

    def kill(self) -> None:
        """End every process of the container."""
        self._order(b"kill\n")

    async def wait(self) -> Record:
        """The exit record, once nothing of the container is left."""
        await self._keeper.wait()
        return read_exit_record(self.spec.directory, self.spec.name)

    async def stop(self) -> Record:
        """SIGTERM, after the container's stop timeout SIGKILL, then the exit record."""
        self.terminate()
        waiting = asyncio.ensure_future(self.wait())
        await asyncio.wait([waiting], timeout=self.spec.stop_timeout)
        if not waiting.done():
            self.kill()
        return await waiting

    def _order(self, order: bytes) -> None:
        stdin = self._keeper.stdin
        if stdin is not None and self._keeper.returncode is None:
            stdin.write(order)


async def start(spec: ContainerSpec) -> ContainerProcess:
    """Start the container; raises StartError if its command cannot be executed."""
    spec_file = spec.directory / f"{spec.name}.spec.json"
    content = {
        "command": spec.command,
        "environment": spec.environment,
        "directory": str(spec.working_directory),
        "log": str(spec.log),
        "record": str(spec.record_file),
    }
    write_json(spec_file, content)
    keeper = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", shim.__file__, str(spec_file)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        start_new_session=True,
    )
    answer = await cast(asyncio.StreamReader, keeper.stdout).readline()
    spec_file.unlink()  # it holds the environment, which may hold secrets
    if not answer:
        await keeper.wait()
        error = read_exit_record(spec.directory, spec.name).get("error")
        raise StartError(f"CannotStartContainerError: {error}")
    return ContainerProcess(spec, keeper, int(answer.split()[1]))


def exit_record_file(directory: Path, name: str) -> Path:
    """Where the exit record of a container of that name is."""
    return directory / f"{name}.exit.json"


def read_exit_record(directory: Path, name: str) -> Record:
    """How a container ended; if even the shim was killed, only that it is gone now.

    The shim tells the machine's time; here it becomes that of the stand-in's clock.
    """
    try:
        record: Record = json.loads(exit_record_file(directory, name).read_text())
    except FileNotFoundError:
        return {"exit_code": 137, "signal": 9, "finished_at": CLOCK.time(), "cause": "lost"}
    return record | {"finished_at": record["finished_at"] + CLOCK.ahead}
