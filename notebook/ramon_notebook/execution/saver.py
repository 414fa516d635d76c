"""Keeps recorded outputs in the notebook files while no page does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from ramon_notebook.execution.notebook_file import Notary, write_results
from ramon_notebook.execution.recorder import Execution, Recorder

log = logging.getLogger(__name__)

TICK = 1.0
"""Seconds between looks for something to save."""

FIRST_WAIT, LAST_WAIT = 2.0, 30.0
"""Seconds between two saves of a running cell: short at first, so that little is lost…"""

PATIENCE = 20
"""…then longer: a cell that has run for t seconds is saved every t / 20."""

SAVE_MARGIN = 5.0
"""A page that saves this many seconds after a cell's end has that cell's outputs for sure."""


class OutputSaver:
    """Knows which pages are connected, and saves what they do not.

    notebook_of: the file of a kernel's notebook, or None.
    will_write: called before a notebook is written behind the back of its page; what it
    returns is called after.
    notary: signs what is written, where it may.
    """

    def __init__(
        self,
        recorder: Recorder,
        notebook_of: Callable[[str], Awaitable[Path | None]],
        will_write: Callable[[Path], Callable[[], None]],
        notary: Notary,
    ) -> None:
        self.recorder = recorder
        self._notebook_of = notebook_of
        self._will_write = will_write
        self._notary = notary
        self._pages: dict[tuple[str, str], int] = {}
        self._saved_at: dict[str, float] = {}
        self._lock = asyncio.Lock()

    def page_connected(self, kernel_id: str, session: str) -> None:
        """A page has a connection to a kernel; pages are told apart by their session."""
        self._pages[kernel_id, session] = self._pages.get((kernel_id, session), 0) + 1

    def page_left(self, kernel_id: str, session: str) -> None:
        """That connection is closed."""
        left = self._pages.get((kernel_id, session), 0) - 1
        if left > 0:
            self._pages[kernel_id, session] = left
        else:
            self._pages.pop((kernel_id, session), None)

    def adopt(self, kernel_id: str, session: str) -> list[dict[str, Any]]:
        """Make a page the owner of every execution that has none; what it needs to show them."""
        adopted = [e for e in self.recorder.of_kernel(kernel_id) if e.started and self._orphan(e)]
        for execution in adopted:
            execution.owner = session
        return [_described(execution) for execution in adopted]

    async def run(self) -> None:
        """Save what is due, for ever."""
        while True:
            await asyncio.sleep(TICK)
            for kernel_id in self.recorder.kernels():
                if self._due(kernel_id):
                    await self._save(kernel_id, self._orphan)

    async def save_for_reading(self, path: Path) -> None:
        """Bring the file up to date before somebody reads it."""
        async for kernel_id in self._kernels_of(path):
            await self._save(kernel_id, self._orphan)
            # Whoever reads the file has these outputs, and any page that saves without them
            # is told that the file has changed.
            self.recorder.settle(kernel_id, lambda e: self._orphan(e) and e.changes == e.written)

    async def saved_by_page(self, path: Path) -> None:
        """A page has just saved this notebook."""
        async for kernel_id in self._kernels_of(path):
            self.recorder.settle(kernel_id, self._page_has)
            for execution in self.recorder.of_kernel(kernel_id):
                execution.written = 0

    async def save_everything(self) -> None:
        """Save all that is recorded, whoever is connected: the server stops."""
        for kernel_id in self.recorder.kernels():
            await self.save_kernel(kernel_id)

    async def save_kernel(self, kernel_id: str) -> None:
        """Save all that is recorded of a kernel: it is about to end."""
        await self._save(kernel_id, lambda _: True)

    async def _kernels_of(self, path: Path) -> AsyncIterator[str]:
        for kernel_id in self.recorder.kernels():
            if await self._notebook_of(kernel_id) == path:
                yield kernel_id

    def _page_has(self, execution: Execution) -> bool:
        """Whether the page that owns this execution had its outputs when it saved just now."""
        ended = execution.ended_at or time.monotonic()
        return not self._orphan(execution) and time.monotonic() - ended > SAVE_MARGIN

    def _orphan(self, execution: Execution) -> bool:
        return (execution.kernel_id, execution.owner) not in self._pages

    def _due(self, kernel_id: str) -> bool:
        recorded = self.recorder.of_kernel(kernel_id)
        changed = [e for e in recorded if self._orphan(e) and e.changes != e.written]
        if not changed:
            return False
        running_for = time.monotonic() - min(e.requested_at for e in changed)
        wait = min(max(running_for / PATIENCE, FIRST_WAIT), LAST_WAIT)
        ended = any(e.ended_at for e in changed)
        return ended or time.monotonic() - self._saved_at.get(kernel_id, 0) >= wait

    async def _save(self, kernel_id: str, wanted: Callable[[Execution], bool]) -> None:
        async with self._lock:
            self._saved_at[kernel_id] = time.monotonic()
            chosen = [e for e in self.recorder.of_kernel(kernel_id) if e.started and wanted(e)]
            states = [(execution, execution.changes) for execution in chosen]
            if any(changes != execution.written for execution, changes in states):
                path = await self._notebook_of(kernel_id)
                if path is None or not await self._write(path, chosen):
                    return
            for execution, changes in states:
                execution.written = changes

    async def _write(self, path: Path, executions: list[Execution]) -> bool:
        results = [execution.result for execution in executions]
        try:
            wrote = self._will_write(path)
            if await asyncio.to_thread(write_results, path, results, self._notary):
                wrote()
        except FileNotFoundError:
            log.info("%s is gone; its outputs have nowhere to go.", path)
        except (OSError, ValueError) as error:
            log.warning("The outputs of %s could not be saved: %s", path, error)
            return False
        return True


def _described(execution: Execution) -> dict[str, Any]:
    return {
        "msg_id": execution.msg_id,
        "cell_id": execution.cell_id,
        "running": execution.ended_at is None,
        "execution_count": execution.execution_count,
        "messages": execution.outputs.messages(),
        "seen": list(execution.seen),
    }
