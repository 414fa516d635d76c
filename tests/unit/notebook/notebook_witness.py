"""What the cells of a history put out by their own account, and so what their file may show."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CODE = """# cell {label}
import os, time, uuid
from IPython.display import display
run = uuid.uuid4().hex[:6]
def say(what):
    line = f"{{run}} {{what}}\\n"
    with open("said-{label}", "a") as said:
        said.write(f"{{time.time()}} {{os.getpid()}} {{line}}")
    {show}
say("began")
while not os.path.exists("gate-{label}"):
    time.sleep(0.01)
say("ended")
"""
SHOW = {
    "prints": "print(line, end='', flush=True)",
    "displays": "display({'text/plain': line}, raw=True)",
}
"""Ways to put out a line: as text, or as a display each."""
KINDS = tuple(SHOW)

VERSIONS = [(3, 0), *((4, minor) for minor in range(6))]
"""The formats of notebooks that are tried."""

FLUSH_SECONDS = 1.0
"""A kernel that is killed may not have published what it said so many seconds before."""


@dataclass
class Run:
    """One run of a cell, by its own account: when it said which line, and in which process."""

    name: str
    process: int
    lines: list[str] = field(default_factory=list)
    last_at: float = 0.0

    @property
    def has_ended(self) -> bool:
        """Whether it said that it is over."""
        return self.lines[-1].endswith("ended\n")


@dataclass(frozen=True)
class Shown:
    """What a page showed under a cell when it was saved, and what it knew of which run."""

    text: str
    run: str
    known: int
    own: bool


class Witness:
    """Reads what the cells in a folder have said, and knows when their kernels were killed."""

    def __init__(self, folder: Path) -> None:
        self.killed: dict[int, float] = {}
        self.labels = 0
        self._folder = folder

    def new_source(self, kind: str) -> str:
        """The source of a new cell."""
        self.labels += 1
        return CODE.format(label=self.labels, show=SHOW[kind])

    def open_gates(self) -> None:
        """Let all cells end, those to come too."""
        for label in range(1, self.labels + 1):
            self._gate(label).touch()

    def gates_are_open(self) -> bool:
        """Whether every cell ends by itself."""
        return all(self._gate(label).exists() for label in range(1, self.labels + 1))

    def kill(self, process: int) -> None:
        """Note that a kernel is about to be ended."""
        self.killed[process] = time.time()

    @property
    def process(self) -> int | None:
        """The process of the kernel, if a cell has told it and it was not ended."""
        told = max(((run.last_at, run.process) for run in self._all_runs()), default=None)
        return told[1] if told and told[1] not in self.killed else None

    def all_have_ended(self) -> bool:
        """Whether no cell runs any more."""
        return all(run.has_ended or run.process in self.killed for run in self._all_runs())

    def waits(self, source: str) -> bool:
        """Whether a run of this cell waits for its gate."""
        label = source.partition("\n")[0].removeprefix("# cell ")
        runs = self._runs(label)
        alive = any(not run.has_ended and run.process not in self.killed for run in runs)
        return alive and not self._gate(int(label)).exists()

    def acceptable(self, source: str, shown: Shown) -> list[str]:
        """What a cell may show: what was saved, and what it has put out since."""
        fine: list[str] = []
        for run in reversed(self.runs(source)):
            known = shown.known if run.name == shown.run else 0
            before = shown.text if run.name == shown.run else ""
            ends = [len(run.lines)] if not self._was_cut(run) else range(known, len(run.lines) + 1)
            fine += [before + "".join(run.lines[known:end]) for end in ends]
            if run.name == shown.run and not shown.own:
                fine.append("".join(run.lines))
            if not self._was_cut(run):
                return fine
        return [*fine, shown.text if not shown.run else ""]

    def runs(self, source: str) -> list[Run]:
        """The runs of a cell by its own account, oldest first."""
        return self._runs(source.partition("\n")[0].removeprefix("# cell "))

    def _all_runs(self) -> list[Run]:
        return [run for label in range(1, self.labels + 1) for run in self._runs(str(label))]

    def _runs(self, label: str) -> list[Run]:
        runs: dict[str, Run] = {}
        said = self._folder / f"said-{label}"
        lines = said.read_text().splitlines(keepends=True) if said.exists() else []
        for line in lines:
            if line.endswith("\n"):
                at, process, text = line.split(" ", 2)
                name = text.split(" ")[0]
                run = runs.setdefault(name, Run(name, int(process)))
                run.lines.append(text)
                run.last_at = float(at)
        return list(runs.values())

    def _was_cut(self, run: Run) -> bool:
        """Whether its kernel was ended before it had published everything, perhaps."""
        killed_at = self.killed.get(run.process)
        if killed_at is None:
            return not run.has_ended
        return not run.has_ended or run.last_at > killed_at - FLUSH_SECONDS

    def _gate(self, label: int) -> Path:
        return self._folder / f"gate-{label}"


def new_cell(cell_id: str, source: str) -> dict[str, Any]:
    """A code cell of nbformat 4.5 that was never run."""
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def written(version: tuple[int, int], sources: list[str]) -> dict[str, Any]:
    """A notebook of a format with these code cells."""
    major, minor = version
    head = {"nbformat": major, "nbformat_minor": minor, "metadata": {}}
    if major == 3:
        cells: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "collapsed": False,
                "input": source.splitlines(keepends=True),
                "language": "python",
                "metadata": {},
                "outputs": [],
            }
            for source in sources
        ]
        return {**head, "metadata": {"name": ""}, "worksheets": [{"cells": cells, "metadata": {}}]}
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for source in sources
    ]
    if minor >= 5:
        for number, cell in enumerate(cells):
            cell["id"] = f"c{number}"
    return head | {"cells": cells}
