"""Dask's worker, which runs each task with the version of the code that it was given with."""

# Dask's classes are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any, cast

from distributed import Worker
from distributed.utils import offload
from distributed.worker_state_machine import ExecuteFailureEvent, StateMachineEvent

from ramon import _code
from ramon_notebook.clusters.sealed import Sealed, keep_versions, sendable
from ramon_notebook.environment.versions import Versions
from ramon_notebook.worker.install import mirror

log = logging.getLogger("ramon-worker")


class CodeWorker(Worker):
    """A worker that fetches a version of the code when it is told of it, or a task needs it.

    code: the versions that this process has.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        (self.code,) = _versions
        self._fetching = asyncio.Lock()
        self.handlers["ramon_put_code"] = self.put_code

    async def start_unsafe(self) -> Any:
        """Join; the workspace may have changed since the service was told of it."""
        started = await super().start_unsafe()
        try:
            await self.put_code(version="")
        except Exception:  # a lost scheduler ends this worker anyway; tasks fetch what they need
            log.info("The newest modules were not fetched yet.", exc_info=True)
        return started

    def get_logs(self, *args: Any, **kwargs: Any) -> Any:
        """The newest lines, which can travel whatever is in them."""
        return sendable(super().get_logs(*args, **kwargs))

    async def put_code(self, version: str) -> None:
        """Put a version in place, "" stands for the newest; the work folder gets its files too."""
        version = await self._fetched(version)
        await offload(put_in_place, self.code, version)

    async def execute(self, key: Any, *, stimulus_id: str) -> StateMachineEvent:
        """Run a task, when the version of the code that it needs is here."""
        task = self.state.tasks[key]
        run_id, spec = task.run_id, cast(Any, task.run_spec)
        if isinstance(spec, Sealed):
            try:
                await self._fetched(spec.version)
            except Exception as error:  # noqa: BLE001  # whatever keeps it away is the task's error
                return ExecuteFailureEvent.from_exception(
                    error, key=key, run_id=run_id, stimulus_id=f"ramon-code-{stimulus_id}"
                )
        return await super().execute(key, stimulus_id=stimulus_id)

    async def _fetched(self, version: str) -> str:
        """Have the files of a version here; which one it is."""
        if version and self.code.has(version):
            return version
        async with self._fetching:
            if version and self.code.has(version):
                return version
            answer = await self.scheduler.ramon_code(version=version)
            fetched: str = await offload(self.code.add, answer["archive"])
            if answer["is_newest"]:
                await offload(put_in_place, self.code, fetched)
            return fetched


_versions: list[Versions] = []


def keep(versions: Versions) -> None:
    """Let this process, and those that it forks, run tasks with these versions of the code."""
    _versions[:] = [versions]
    keep_versions(versions)
    _code.loading, _code.version = versions.loading, versions.of_call


def put_in_place(versions: Versions, version: str) -> None:
    """Let this be the newest version, of which the worker's folder of work has the files too."""
    mirror(versions.files(version), Path.cwd(), versions.files(versions.newest))
    versions.put_in_place(version)
