"""Keeps recorded outputs in the notebook files while no page does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ramon_notebook.execution.documents import Documents, real
from ramon_notebook.execution.execution import Execution
from ramon_notebook.execution.notebook_file import Notary
from ramon_notebook.execution.outputs import same
from ramon_notebook.execution.recorder import Recorder
from ramon_notebook.execution.saving import Saving
from ramon_notebook.execution.widgets import Widgets
from ramon_notebook.execution.writer import Writer, Writing

log = logging.getLogger(__name__)

TICK = 1.0
"""Seconds between looks for something to save."""

FIRST_WAIT, LAST_WAIT = 2.0, 30.0
"""Seconds between two saves of a running cell: short at first, so that little is lost…"""

PATIENCE = 20
"""…then longer: a cell that has run for t seconds is saved every t / 20."""

SAVE_MARGIN = 5.0
"""A page that saves this many seconds after a cell's end has that cell's outputs for sure,
even if it does not say what it has."""


GONE = "{} is gone. Put it back: the outputs of its cells are kept for it until its kernel ends."


class OutputSaver:
    """Knows which pages are connected, and saves what they do not.

    writing: surrounds the writing of a notebook behind the back of its page.
    notary: signs what is written, where it may.
    lock: held by whoever reads and then writes notebook files, moves or deletes them.
    on_stray: called with the old and new places of notebooks that were moved behind our back.
    """

    def __init__(
        self,
        recorder: Recorder,
        documents: Documents,
        writing: Writing,
        notary: Notary,
        on_stray: Callable[[dict[Path, Path]], Awaitable[None]],
    ) -> None:
        self.recorder = recorder
        self.documents = documents
        self.widgets = Widgets()
        self.lock = asyncio.Lock()
        self._writer = Writer(writing, documents.saved, notary, self.widgets)
        self._on_stray = on_stray
        self._pages: dict[tuple[str, str], int] = {}
        self._looks_saved = 0

    @property
    def problems(self) -> dict[Path, str]:
        """By file, why its outputs can't be saved at the moment, for a person."""
        unsaved = {e.document for e in self.recorder.all() if e.changes != e.written}
        problems = {file: GONE.format(file.name) for file in self.documents.gone()}
        problems |= self._writer.problems
        return {file: why for file, why in problems.items() if file in unsaved}

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

    async def adopt(
        self, kernel_id: str, session: str, file: Path | None, heard: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Make a page the owner of what runs without one in the notebook that it shows.

        file: that notebook; None if the page does not say. heard: the last messages that
        the page has had of the kernel; it gets those of its own executions too that went on
        since, as it was away. What it needs to know: the executions, the last message that they
        hold, and why outputs can't be saved.
        """
        if file is not None:
            self.documents.shows(kernel_id, session, file)
        await self.locate()
        heard = list(heard)
        number = self.recorder.number(kernel_id, heard)
        running = [e for e in self.recorder.of_kernel(kernel_id) if e.started and not e.settled]
        free = [e for e in running if self._orphan(e)]
        own = [e for e in running if e.owner == session and e not in free]
        missed = [e for e in own if heard and e.last_number > number]
        wanted = real(file) if file is not None else _only(e.document for e in free)
        adopted = [e for e in [*missed, *free] if e.document == wanted]
        for execution in adopted:
            execution.owner = session
            if execution.question:
                execution.question = replace(execution.question, told=session)
        return {
            "executions": [_described(execution) for execution in adopted],
            "last": self.recorder.last_message(kernel_id),
            "problem": self.problems.get(wanted) if wanted else None,
        }

    def waits_for_nobody(self, kernel_id: str, msg_id: str) -> bool:
        """Whether this execution waits for an input that no page can give."""
        found = (e for e in self.recorder.of_kernel(kernel_id) if e.msg_id == msg_id)
        return any(execution.question and self._orphan(execution) for execution in found)

    async def run(self) -> None:
        """Save what is due, for ever."""
        while True:
            await asyncio.sleep(TICK)
            try:
                async with self.lock:
                    await self._follow()
                    await self._save(self._orphan, only_due=True)
            except Exception:  # one strange notebook must not end the saving of all others
                log.exception("Outputs could not be saved.")

    async def save_for_reading(self, file: Path) -> None:
        """Bring the file up to date before somebody reads it; the lock is held."""
        await self._follow()
        document = real(file)
        await self._save(lambda e: e.document == document and self._orphan(e))
        # Whoever reads the file has these outputs, and any page that saves without them
        # is told that the file has changed.
        recorded = self._recorded_in(document)
        self.recorder.settle(e for e in recorded if self._orphan(e) and e.changes == e.written)

    async def saved_by_page(self, file: Path, notebook: Any, saving: Saving | None) -> None:
        """A page has just saved this notebook, with these cells; the lock is held."""
        await self.locate()
        document = real(file)
        self._writer.problems.pop(document, None)
        self.documents.saved(document)
        cells = {cell.get("id"): cell for cell in notebook.get("cells", ())}
        for execution in self._recorded_in(document):
            cell = cells.get(execution.cell_id)
            if cell is not None and cell.get("cell_type") == "code":
                execution.in_file = True
                self._saved_with(execution, cell, saving)
            elif execution.ended_at is not None and execution.in_file:
                self.recorder.forget([execution])

    def moved(self, old: Path, new: Path) -> None:
        """A file or folder is at `new` now; `old` is its real path of before."""
        self.documents.moved({old: new}, self.recorder.all())

    def deleted(self, file: Path) -> None:
        """A person has deleted a file or folder, of this real path: nobody wants its outputs."""
        self.recorder.forget(self.documents.deleted(file, self.recorder.all()))

    async def save_everything(self) -> None:
        """Save all that is recorded, whoever is connected: the server stops."""
        async with self.lock:
            await self._follow()
            await self._save(lambda _: True)
            await self._save_looks()

    async def save_kernel(self, kernel_id: str) -> None:
        """Save all that is recorded of a kernel: it is about to end."""
        async with self.lock:
            await self._follow()
            await self._save(lambda e: e.kernel_id == kernel_id)
            await self._save_looks()

    async def locate(self) -> None:
        """Find the notebooks of all executions, as far as pages or sessions name them."""
        await self.documents.locate(self.recorder.all())
        self.recorder.drop_replaced()

    async def _follow(self) -> None:
        """Follow notebooks that were moved behind our back; the lock is held."""
        await self.locate()
        places = await self.documents.strays(self.recorder.all())
        if places:
            log.info("Notebooks were moved: %s", places)
            self.documents.moved(places, self.recorder.all())
            await self._on_stray(places)

    def _recorded_in(self, document: Path) -> list[Execution]:
        return [e for e in self.recorder.all() if e.document == document and e.started]

    def _saved_with(
        self, execution: Execution, cell: dict[str, Any], saving: Saving | None
    ) -> None:
        """A save had this execution's cell, with what it shows."""
        shown = cell.get("outputs") or []
        if saving and saving.has_run_again(execution):
            self._saved_to_run_again(execution, shown, saving)
            return
        if saving and saving.is_of_owner(execution) and saving.lost_sight_of(execution):
            execution.owner = ""  # the cell was cut and pasted: it shows what it showed then
        counted = cell.get("execution_count") == execution.execution_count
        number = self._taken_in_by(execution, saving)
        # A page gets the number of a cell by another message than its outputs.
        lags = execution.ended_at and not counted and same(shown, execution.outputs.nbformat())
        if number and lags:
            execution.written, settled = 0, False
        elif number:
            certain = saving is not None and saving.shows is not None
            settled = execution.saved_by_its_page(shown, number, certain=certain)
        elif counted and same(shown, execution.outputs.nbformat()):
            execution.written, settled = execution.changes, True
        elif execution.settled:
            self.recorder.forget([execution])
            return
        else:
            execution.written = 0
            settled = saving is None and self._page_has(execution)
        if settled:
            self.recorder.settle([execution])

    def _saved_to_run_again(
        self, execution: Execution, shown: list[dict[str, Any]], saving: Saving
    ) -> None:
        """A save had the cell as its page cleared it to run it again; the kernel may refuse to.

        Then the cell shows what the page had not heard by then.
        """
        heard = self.recorder.number(saving.kernel_id, saving.seen)
        if execution.saved_by_its_page(shown, heard, certain=True):
            self.recorder.settle([execution])

    def _taken_in_by(self, execution: Execution, saving: Saving | None) -> int:
        """The last message that the page had taken in which saved, if it shows the execution."""
        if saving is None or not saving.is_of_owner(execution):
            return 0
        if saving.says_nothing_of(execution):
            return 0
        return self.recorder.number(saving.kernel_id, saving.seen)

    def _page_has(self, execution: Execution) -> bool:
        """Whether the page that owns this execution had its outputs when it saved just now."""
        ended = execution.ended_at or time.monotonic()
        return not self._orphan(execution) and time.monotonic() - ended > SAVE_MARGIN

    def _orphan(self, execution: Execution) -> bool:
        return (execution.kernel_id, execution.owner) not in self._pages

    async def _save(self, wanted: Callable[[Execution], bool], *, only_due: bool = False) -> None:
        """Write the wanted executions that the files lack; the lock is held."""
        if all(e.changes == e.written for e in self.recorder.all()):
            return
        await self.locate()
        chosen = [e for e in self.recorder.all() if e.started and wanted(e)]
        for execution in chosen:
            if execution.document is None:
                execution.written = execution.changes
        changed = [e for e in chosen if e.changes != e.written]
        for document in {e.document for e in changed if e.document is not None}:
            here = [e for e in changed if e.document == document]
            if not only_due or self._due(document, here):
                await self._writer.write(document, here)

    async def _save_looks(self) -> None:
        """Note how widgets look that have changed since their cells ended; the lock is held."""
        version = self.widgets.version
        if version == self._looks_saved:
            return
        for document in await self.documents.shown():
            await self._writer.write(document, [])
        self._looks_saved = version

    def _due(self, document: Path, changed: list[Execution]) -> bool:
        running_for = time.monotonic() - min(e.requested_at for e in changed)
        wait = min(max(running_for / PATIENCE, FIRST_WAIT), LAST_WAIT)
        at_once = document not in self._writer.problems and any(e.ended_at for e in changed)
        return at_once or self._writer.seconds_since(document) >= wait


def _only(documents: Iterable[Path | None]) -> Path | None:
    """The one document that there is; None where there are several."""
    found = set(documents)
    return found.pop() if len(found) == 1 else None


def _described(execution: Execution) -> dict[str, Any]:
    return {
        "msg_id": execution.msg_id,
        "cell_id": execution.cell_id,
        "running": execution.ended_at is None,
        "execution_count": execution.execution_count,
        "messages": execution.outputs.messages(),
        "seen": list(execution.seen),
        "question": asdict(execution.question) if execution.question else None,
    }
