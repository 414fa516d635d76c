"""One run of one cell, and what of it a page and the file already have."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ramon_notebook.execution.inputs import Question
from ramon_notebook.execution.notebook_file import CellResult
from ramon_notebook.execution.outputs import Output, Outputs, begins, same

SEEN = 1000
"""Messages by whose ids a page that takes over tells what it has been given already."""

RECENT_SECONDS = 10.0
"""How long messages are kept that a page may not have had yet when it saved."""


@dataclass(frozen=True)
class Taken:
    """A message that a kernel published, with its number among all of them."""

    number: int
    msg_id: str
    kind: str
    content: dict[str, Any]
    shows: bool = True
    at: float = field(default_factory=time.monotonic)

    @property
    def display_id(self) -> str:
        """The display that it makes or updates."""
        return (self.content.get("transient") or {}).get("display_id") or ""


@dataclass
class Execution:
    """One run of one cell.

    owner: the session of the page that shows it; it keeps the outputs while it is connected.
    header: of the request.
    document: the notebook file it belongs to; None while that is not known.
    in_file: whether the file has been seen with this cell.
    started: whether the kernel has begun; a request that is never begun changes no cell.
    seen: the ids of the last messages taken in.
    changes: counts what was taken in; `written` is its value when the file was last written,
    and 0 when somebody else has written the file since.
    question: the input that it waits for.
    last_number: of the last message that changed it.
    run_again_by: the later requests of the same cell, begun or not: a page cleared it for them.
    settled: its outputs are where they belong; it is kept for later updates of its displays.
    """

    kernel_id: str
    msg_id: str
    cell_id: str
    owner: str
    header: dict[str, Any]
    document: Path | None = None
    in_file: bool = False
    outputs: Outputs = field(default_factory=Outputs)
    execution_count: int | None = None
    started: bool = False
    requested_at: float = field(default_factory=time.monotonic)
    ended_at: float | None = None
    seen: deque[str] = field(default_factory=lambda: deque(maxlen=SEEN))
    changes: int = 0
    written: int = 0
    run_again_by: set[str] = field(default_factory=set)
    settled: bool = False
    question: Question | None = None
    last_number: int = 0
    _recent: deque[Taken] = field(default_factory=deque)
    _no_longer_recent: int = 0

    @property
    def result(self) -> CellResult:
        """What the notebook file is to say about it."""
        outputs = self.outputs.nbformat()
        if self.question:
            outputs.append(self.question.note)
        return CellResult(self.cell_id, self.execution_count, outputs)

    @property
    def unfinished(self) -> bool:
        """Whether it runs, or waits for its turn."""
        return self.ended_at is None

    def ask(self, question: Question | None) -> None:
        """It waits for this input from now on, or for none any more."""
        if question != self.question:
            self.question = question
            self.changes += 1

    def take(self, taken: Taken, *, shows: bool) -> None:
        """Take in a message. shows: whether the cell shows it, and not an Output widget."""
        self.seen.append(taken.msg_id)
        if shows:
            self.outputs.add(taken.kind, taken.content)
        self.note(taken if shows else Taken(taken.number, taken.msg_id, "", {}))

    def note(self, taken: Taken) -> None:
        """Remember a message that has just changed the outputs."""
        self.changes += 1
        self.last_number = taken.number
        self._recent.append(taken)
        while len(self._recent) > SEEN or self._recent[0].at < taken.at - RECENT_SECONDS:
            self._no_longer_recent = self._recent.popleft().number

    def saved_by_its_page(self, shown: list[Output], number: int, *, certain: bool) -> bool:
        """Go on from what its page has just saved; whether that page had everything.

        shown: the cell's outputs in that save: whatever somebody cleared stays cleared.
        number: of the last message that the page had taken in. What came later is added.
        certain: whether the page says that this cell shows the execution as it goes on. A cell
        that was cut and pasted does not; it has the beginning of what was put out, and no more.
        """
        if same(shown, self.outputs.nbformat()):
            self.written = self.changes
            return True
        newer = [taken for taken in self._recent if taken.number > number]
        stopped_short = not certain and begins(shown, self.outputs.nbformat())
        if self._no_longer_recent > number or stopped_short:
            self.written = 0
            return False
        self.outputs.restart(shown)
        for taken in newer:
            self._show(taken)
        self.written = 0 if newer else self.changes
        return not newer

    def _show(self, taken: Taken) -> None:
        if taken.kind == "update_display_data":
            self.outputs.update_display(taken.display_id, taken.content)
        else:
            self.outputs.add(taken.kind, taken.content)
