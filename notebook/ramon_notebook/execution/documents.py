"""Which notebook file an execution belongs to: its page says so, else its kernel's sessions."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ramon_notebook.execution.execution import Execution
from ramon_notebook.execution.notebook_file import has_cell


@dataclass(frozen=True)
class KernelSession:
    """One of Jupyter's sessions. notebook: its file; None for a console and the like."""

    session_id: str
    kernel_id: str
    notebook: Path | None


Sessions = Callable[[], Awaitable[list[KernelSession]]]


def real(path: Path) -> Path:
    """The file itself, whatever link leads to it: by this name documents are told apart."""
    return Path(os.path.realpath(path))


class Documents:
    """Finds the notebook of each execution, and follows it when it is moved.

    sessions: lists Jupyter's sessions.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._shown: dict[tuple[str, str], Path] = {}

    def shows(self, kernel_id: str, session: str, file: Path) -> None:
        """A page says which notebook it shows over its connection to a kernel."""
        self._shown[kernel_id, session] = real(file)

    async def shown(self) -> set[Path]:
        """The notebooks that pages show, or whose kernels run."""
        files = {real(session.notebook) for session in await self._sessions() if session.notebook}
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
        unknown = [execution for execution in unknown if execution.document is None]
        if not unknown:
            return
        sessions = await self._sessions()
        for execution in unknown:
            execution.document = await _found(execution, sessions)

    def moved(self, old: Path, new: Path, executions: Iterable[Execution]) -> None:
        """A file or folder has been moved; `old` is its real path of before."""
        for execution in executions:
            if execution.document is not None:
                execution.document = _after_move(execution.document, old, new)
        for key, file in self._shown.items():
            self._shown[key] = _after_move(file, old, new)


def _after_move(file: Path, old: Path, new: Path) -> Path:
    return new / file.relative_to(old) if file.is_relative_to(old) else file


async def _found(execution: Execution, sessions: list[KernelSession]) -> Path | None:
    own = [s for s in sessions if s.kernel_id == execution.kernel_id]
    for session in own:
        if session.session_id == execution.owner:
            return real(session.notebook) if session.notebook else None
    files = {real(session.notebook) for session in own if session.notebook}
    if len(files) > 1:
        cell_id = execution.cell_id
        files = {f for f in files if await asyncio.to_thread(has_cell, f, cell_id)}
    return files.pop() if len(files) == 1 else None
