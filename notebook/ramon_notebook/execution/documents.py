"""Which notebook file an execution belongs to: its page says so, else its kernel's sessions."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ramon_notebook.execution.execution import Execution
from ramon_notebook.execution.notebook_file import has_a_cell
from ramon_notebook.execution.whereabouts import Whereabouts

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KernelSession:
    """One of Jupyter's sessions. notebook: its file; None for a console and the like."""

    session_id: str
    kernel_id: str
    notebook: Path | None


SESSIONS_SECONDS = 10.0
"""Seconds that Jupyter has to list its sessions: nothing is saved while we wait for it."""

Sessions = Callable[[], Awaitable[list[KernelSession]]]


def real(path: Path) -> Path:
    """The file itself, whatever link leads to it: by this name documents are told apart."""
    return Path(os.path.realpath(path))


class Documents:
    """Finds the notebook of each execution, and follows it when it is moved.

    sessions: lists Jupyter's sessions. root: the folder that has all notebooks.
    """

    def __init__(self, sessions: Sessions, root: Path) -> None:
        self._sessions = sessions
        self._whereabouts = Whereabouts(real(root))
        self._shown: dict[tuple[str, str], Path] = {}

    def shows(self, kernel_id: str, session: str, file: Path) -> None:
        """A page says which notebook it shows over its connection to a kernel."""
        document = self._shown[kernel_id, session] = real(file)
        if not self._whereabouts.knows(document):
            self.saved(document)  # it may be moved as soon as the first of its cells runs

    async def shown(self) -> set[Path]:
        """The notebooks that pages show, or whose kernels run."""
        files = {real(session.notebook) for session in await self._listed() if session.notebook}
        return files | set(self._shown.values())

    def forget_kernel(self, kernel_id: str) -> None:
        """A kernel has ended, and with it all connections to it."""
        for key in [key for key in self._shown if key[0] == kernel_id]:
            del self._shown[key]

    async def locate(self, executions: Iterable[Execution]) -> None:
        """Find the notebook of those executions of which it is not known yet.

        Where nothing says which of several notebooks it is, it stays unknown: outputs in the
        wrong file are worse than outputs in none.
        """
        unknown = [execution for execution in executions if execution.document is None]
        for execution in unknown:
            execution.document = self._shown.get((execution.kernel_id, execution.owner))
        lost = [execution for execution in unknown if execution.document is None]
        try:
            sessions = await self._listed() if lost else []
        except TimeoutError:
            log.warning("Jupyter does not list its sessions; %d runs have no file yet.", len(lost))
            sessions, lost = [], []
        for execution in lost:
            execution.document = await _found(execution, sessions)
        for document in {e.document for e in unknown if e.document is not None}:
            if not self._whereabouts.knows(document):  # or another file has its name by now
                self.saved(document)

    async def _listed(self) -> list[KernelSession]:
        async with asyncio.timeout(SESSIONS_SECONDS):
            return await self._sessions()

    def saved(self, document: Path, file: os.stat_result | None = None) -> None:
        """A notebook has just been saved: it is this file from now on, or the one there."""
        self._whereabouts.see(document, file)

    def moved(self, places: Mapping[Path, Path], executions: Collection[Execution]) -> None:
        """Files or folders have been moved, from their real paths of before to new ones."""
        before = {e.document for e in executions if e.document} | set(self._shown.values())
        after = {file: after_move(file, places) for file in before}
        for execution in executions:
            if execution.document is not None:
                execution.document = after[execution.document]
        for key, file in self._shown.items():
            self._shown[key] = after[file]
        for old, new in after.items():
            if old != new:
                self.saved(new)  # it may be moved again at once

    def deleted(self, file: Path, executions: Iterable[Execution]) -> list[Execution]:
        """A file or folder has been deleted by its person: the executions that it had."""
        for key in [key for key, shown in self._shown.items() if shown.is_relative_to(file)]:
            del self._shown[key]
        return [e for e in executions if e.document and e.document.is_relative_to(file)]

    async def strays(self, executions: Iterable[Execution]) -> dict[Path, Path]:
        """The notebooks with outputs to be saved that were moved by others, and where they are."""
        cells: dict[Path, set[str]] = {}
        for execution in executions:
            unsaved = execution.unfinished or execution.changes != execution.written
            if execution.document is not None and unsaved:
                cells.setdefault(execution.document, set()).add(execution.cell_id)
        taken = await self.shown()
        return await asyncio.to_thread(self._whereabouts.moved, cells, taken)

    def gone(self) -> list[Path]:
        """The notebooks with outputs to be saved that nobody has found for a while."""
        return self._whereabouts.gone()


def after_move(file: Path, places: Mapping[Path, Path]) -> Path:
    """Where a file is after files or folders were moved to new places."""
    for old, new in places.items():
        if file.is_relative_to(old):
            return new / file.relative_to(old)
    return file


async def _found(execution: Execution, sessions: list[KernelSession]) -> Path | None:
    own = [s for s in sessions if s.kernel_id == execution.kernel_id]
    for session in own:
        if session.session_id == execution.owner:
            return real(session.notebook) if session.notebook else None
    files = {real(session.notebook) for session in own if session.notebook}
    if len(files) > 1:
        cells = [execution.cell_id]
        files = {f for f in files if await asyncio.to_thread(has_a_cell, f, cells)}
    return files.pop() if len(files) == 1 else None
