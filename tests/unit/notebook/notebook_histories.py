"""Histories of one notebook: two pages, a console and no page edit, run, save, delete and leave.

Whatever happened, in whatever order, the file has in the end the sources that were saved last,
and under every cell what it put out, once. What a cell put out is known from the cell itself: it
also writes it into a file. Nothing here shares code with the recorder.
"""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.support import eventually
from tests.unit.notebook.page import Connection, Loop, Page, shown_text
from tests.unit.notebook.parts import Browser, Notebook
from tests.unit.notebook.validator import Validator

CODE = """# cell {label}
import os, time, uuid
from IPython.display import display
run, shown = uuid.uuid4().hex[:6], []
def say(what):
    line = f"{{run}} {{what}}\\n"
    shown.append(line)
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
    "updates": (
        "handle = handle if len(shown) > 1 else display(display_id=True)\n"
        "    display({'text/plain': ''.join(shown)}, raw=True,"
        " display_id=handle.display_id, update=True)"
    ),
}
"""Ways to put out a line: as text, as a display each, in one display that is updated."""
KINDS = ("prints", "displays")

VERSIONS = [(3, 0), *((4, minor) for minor in range(6))]

FLUSH_SECONDS = 1.0
"""A kernel that is killed may not have published what it said so many seconds before."""


@dataclass
class Run:
    """One run of a cell, by its own account: when it said which line, and in which process."""

    name: str
    process: int
    lines: list[str] = field(default_factory=list)
    last_at: float = 0.0


@dataclass(frozen=True)
class Shown:
    """What a page showed under a cell when it was saved, and what it knew of which run."""

    text: str
    run: str
    known: int
    own: bool


@dataclass
class Window:
    """A page and what its person did. cleared: what of which run was removed from sight."""

    page: Page
    asleep: bool = False
    cleared: dict[str, tuple[str, int]] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)


class Histories(RuleBasedStateMachine):
    """One notebook of some format in a folder of its own."""

    notebook: ClassVar[Notebook]
    loop: ClassVar[Loop]
    validator: ClassVar[Validator]
    browser: ClassVar[Browser]
    numbers: ClassVar[Iterator[int]] = count()

    def __init__(self) -> None:
        super().__init__()
        self.folder = self.notebook.workspace / f"history-{uuid.uuid4().hex[:8]}"
        self.folder.mkdir()
        self.name = "notebook.ipynb"
        self.windows: dict[str, Window] = {}
        self.labels = 0
        self.edits = 0
        self.killed: dict[int, float] = {}
        self.story: list[str] = []

    @initialize(
        version=st.sampled_from(VERSIONS),
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3),
    )
    def begin(self, version: tuple[int, int], kinds: list[str]) -> None:
        """Somebody opens a notebook that has never been opened here."""
        self.note(f"nbformat {version}, {kinds}")
        sources = [self.code(kind) for kind in kinds]
        self.file.write_text(json.dumps(written(version, sources)))
        page = self.open("ada")
        assert [cell["source"] for cell in page.cells] == sources
        self.saved = self.contents(self.windows["ada"])
        self.kernel_id = page.kernel_id

    @rule(who=st.sampled_from(["ada", "bob"]))
    def opens_or_closes(self, who: str) -> None:
        """Open a page, or close it without saving."""
        if who in self.windows:
            self.note(f"{who} leaves")
            self.windows.pop(who).page.close()
        else:
            self.open(who)

    @rule(who=st.sampled_from(["ada", "bob"]))
    def reloads(self, who: str) -> None:
        """Load a page again; what was not saved is lost."""
        if who in self.windows:
            self.windows.pop(who).page.close()
            self.open(who)

    @rule(who=st.sampled_from(["ada", "bob"]))
    def shuts_the_laptop_or_opens_it(self, who: str) -> None:
        """Lose the connection, or get it back."""
        if (window := self.windows.get(who)) is not None:
            self.note(f"{who} {'wakes up' if window.asleep else 'falls asleep'}")
            if window.asleep:
                window.page.wake_up()
            else:
                window.page.fall_asleep()
            window.asleep = not window.asleep

    @rule(who=st.sampled_from(["ada", "bob"]), number=st.integers(0, 5), wait=st.booleans())
    def runs(self, who: str, number: int, wait: bool) -> None:
        """Run a cell; wait: until the page shows that it began, if nothing else runs."""
        window, cell_id = self.chosen(who, number)
        if window is None:
            return
        self.note(f"{who} runs {cell_id}")
        self.remember_as_cleared(window, cell_id)
        window.page.run(cell_id)
        window.own.add(cell_id)
        if wait and self.gates_are_open():
            until = time.monotonic() + 5
            while window.page.runs(cell_id) and time.monotonic() < until:
                time.sleep(0.02)

    @rule(who=st.sampled_from(["ada", "bob"]), number=st.integers(0, 5))
    def edits_a_cell(self, who: str, number: int) -> None:
        """Add a line to a cell."""
        window, cell_id = self.chosen(who, number)
        if window is not None:
            self.edits += 1
            self.note(f"{who} edits {cell_id} ({self.edits})")
            window.page.cell(cell_id)["source"] += f"# edit {self.edits}\n"

    @rule(who=st.sampled_from(["ada", "bob"]), number=st.integers(0, 5))
    def deletes_a_cell(self, who: str, number: int) -> None:
        """Delete a cell; the last one stays."""
        window, cell_id = self.chosen(who, number)
        if window is not None and len(window.page.cells) > 1:
            self.note(f"{who} deletes {cell_id}")
            window.page.cells.remove(window.page.cell(cell_id))

    @rule(who=st.sampled_from(["ada", "bob"]), kind=st.sampled_from(KINDS))
    def adds_a_cell(self, who: str, kind: str) -> None:
        """Add a cell at the top."""
        if (window := self.awake(who)) is not None:
            cell_id = uuid.uuid4().hex[:8]
            self.note(f"{who} adds {cell_id}")
            cell = {"cell_type": "code", "id": cell_id, "metadata": {}, "execution_count": None}
            window.page.cells.insert(0, cell | {"outputs": [], "source": self.code(kind)})

    @rule(who=st.sampled_from(["ada", "bob"]), number=st.integers(0, 5))
    def clears_a_cell(self, who: str, number: int) -> None:
        """Clear the outputs of a cell that this page runs or has run."""
        window, cell_id = self.chosen(who, number)
        if window is not None and cell_id in window.own:
            self.note(f"{who} clears {cell_id}")
            self.remember_as_cleared(window, cell_id)
            window.page.clear(cell_id)

    @rule(who=st.sampled_from(["ada", "bob"]))
    def saves(self, who: str) -> None:
        """Save; or, if somebody else saved since, load what they saved."""
        if (window := self.awake(who)) is None:
            return
        with window.page.quiet():
            contents = self.contents(window)
            if window.page.save():
                self.note(f"{who} saves {[(c, s.text) for c, s in contents.items()]}")
                self.saved = contents
                self.sources = {c["id"]: c["source"] for c in window.page.cells}
                return
        self.reloads(who)

    @rule(text=st.sampled_from(["print('of a console')", "1/0", "x = 1"]), cell=st.booleans())
    def runs_in_a_console(self, text: str, cell: bool) -> None:
        """Run something on this kernel that is in no notebook."""
        self.note("a console runs something")
        console = Connection(self.loop, self.browser, self.kernel_id)
        console.connect()
        console.execute(text, uuid.uuid4().hex[:8] if cell else None)
        console.close()

    @rule()
    def lets_cells_end(self) -> None:
        """Let everything end that waits."""
        self.note("cells may end")
        self.open_gates()

    @rule(name=st.sampled_from(["notebook.ipynb", "another.ipynb", "Ünï %20.ipynb"]))
    def renames(self, name: str) -> None:
        """Give the notebook another name; the pages that show it follow."""
        old, self.name = self.path, name
        if old != self.path:
            self.note(f"renamed: {name}")
            body = {"path": self.path}
            answer = self.browser.request("PATCH", contents_url(old), body, Accept="*/*")
            assert answer.status == 200, answer.body
            for window in self.windows.values():
                window.page.path = self.path

    @precondition(lambda self: len(self.killed) < 2)
    @rule(kills=st.booleans())
    def kills_or_restarts_the_kernel(self, kills: bool) -> None:
        """End what runs: by a signal, or as a person restarts a kernel."""
        if (process := self.process()) is None:
            return
        self.note("the kernel is killed" if kills else "the kernel is restarted")
        self.killed[process] = time.time()
        if kills:
            os.kill(process, signal.SIGKILL)
        url = f"/api/kernels/{self.kernel_id}/restart"
        answer = self.browser.request("POST", url, Accept="*/*")
        assert answer.status == 200, answer.body

    def teardown(self) -> None:
        """Everybody leaves; then the file must have everything, and nothing else."""
        if not self.story:
            return
        self.open_gates()
        for window in self.windows.values():
            window.page.close()
        try:
            process = self.process_after_all_requests()
            eventually(lambda: self.all_have_ended() and not self.faults(), within=40)
            self.killed[process] = time.time()
            url = f"/api/kernels/{self.kernel_id}"
            assert self.browser.request("DELETE", url, Accept="*/*").status == 204
            assert not self.faults(), "after the kernel was ended"
        except AssertionError as error:
            said = {path.name: path.read_text() for path in sorted(self.folder.glob("said-*"))}
            story = "\n".join([*self.story, f"killed: {self.killed}", *map(str, said.items())])
            raise AssertionError(f"{self.faults()}\nafter\n{story}\n{error}") from error

    # What the file should be

    def faults(self) -> list[str]:
        """What is wrong with the file."""
        notebook = json.loads(self.file.read_bytes())
        cells = {cell["id"]: cell for cell in notebook["cells"]}
        sources = {cell_id: "".join(cell["source"]) for cell_id, cell in cells.items()}
        if sources != self.sources:
            return [f"the cells are {sources}, not {self.sources}"]
        names = sorted(path.name for path in self.folder.iterdir() if ".ipynb" in path.name)
        found = [] if set(names) <= {self.name, ".ipynb_checkpoints"} else [f"files: {names}"]
        if fault := self.validator.fault(self.file):
            found.append(fault)
        for cell_id, cell in cells.items():
            text, fine = shown_text(cell), self.acceptable(cell_id, sources[cell_id])
            if text not in fine:
                found.append(f"{cell_id} shows {text!r}, not one of {fine}")
        return found

    def all_have_ended(self) -> bool:
        """Whether no cell runs any more."""
        return all(
            run.lines[-1].endswith("ended\n") or run.process in self.killed
            for label in range(1, self.labels + 1)
            for run in self.accounts(f"# cell {label}\n")
        )

    def acceptable(self, cell_id: str, source: str) -> list[str]:
        """What the cell may show: what was saved, and what it has put out since."""
        shown = self.saved[cell_id]
        fine: list[str] = []
        for run in reversed(self.accounts(source)):
            known = shown.known if run.name == shown.run else 0
            before = shown.text if run.name == shown.run else ""
            ends = [len(run.lines)] if not self.was_cut(run) else range(known, len(run.lines) + 1)
            fine += [before + "".join(run.lines[known:end]) for end in ends]
            if run.name == shown.run and not shown.own:
                fine.append("".join(run.lines))
            if not self.was_cut(run):
                return fine
        return [*fine, shown.text if not shown.run else ""]

    def accounts(self, source: str) -> list[Run]:
        """The runs of a cell by its own account, oldest first."""
        label = source.partition("\n")[0].removeprefix("# cell ")
        runs: dict[str, Run] = {}
        said = self.folder / f"said-{label}"
        for line in said.read_text().splitlines(keepends=True) if said.exists() else ():
            if not line.endswith("\n"):
                continue
            at, process, text = line.split(" ", 2)
            name = text.split(" ")[0]
            run = runs.setdefault(name, Run(name, int(process)))
            run.lines.append(text)
            run.last_at = float(at)
        return list(runs.values())

    def was_cut(self, run: Run) -> bool:
        """Whether its kernel was ended before it had published everything, perhaps."""
        killed_at = self.killed.get(run.process)
        ended = run.lines[-1].endswith("ended\n")
        if killed_at is None:
            return not ended
        return not ended or run.last_at > killed_at - FLUSH_SECONDS

    # What people see and do

    @property
    def path(self) -> str:
        return f"{self.folder.name}/{self.name}"

    @property
    def file(self) -> Path:
        return self.folder / self.name

    def note(self, what: str) -> None:
        """Add to the story that is told when something is wrong."""
        self.story.append(what)

    def code(self, kind: str) -> str:
        """The source of a new cell."""
        self.labels += 1
        return CODE.format(label=self.labels, show=SHOW[kind])

    def open(self, who: str) -> Page:
        """Open the notebook in a page of somebody."""
        self.note(f"{who} opens")
        page = Page(self.loop, self.browser, self.path).open()
        own = {cell["id"] for cell in page.cells if page.runs(cell["id"])}
        self.windows[who] = Window(page, own=own)
        if len(self.story) == 2:
            self.sources = {cell["id"]: cell["source"] for cell in page.cells}
        return page

    def awake(self, who: str) -> Window | None:
        """Somebody's page, if it is open and connected."""
        window = self.windows.get(who)
        return window if window is not None and not window.asleep else None

    def chosen(self, who: str, number: int) -> tuple[Window | None, str]:
        """Somebody's page, if it can be used, and one of its cells."""
        window = self.awake(who)
        if window is None:
            return None, ""
        cells = window.page.cells
        return window, str(cells[number % len(cells)]["id"])

    def contents(self, window: Window) -> dict[str, Shown]:
        """What a page shows, by cell."""
        shown = {}
        for cell in window.page.cells:
            text, cell_id = shown_text(cell), cell["id"]
            run, known = text.split(" ")[0] if text else "", text.count("\n")
            cleared_run, cleared_lines = window.cleared.get(cell_id, ("", 0))
            if run in ("", cleared_run) and cleared_run:
                run, known = cleared_run, known + cleared_lines
            shown[cell_id] = Shown(text, run, known, own=cell_id in window.own)
        return shown

    def remember_as_cleared(self, window: Window, cell_id: str) -> None:
        """The page is about to show nothing any more under a cell."""
        with window.page.quiet():
            shown = self.contents(window)[cell_id]
            if shown.run:
                window.cleared[cell_id] = (shown.run, shown.known)

    def open_gates(self) -> None:
        """Let all cells end, those to come too."""
        for label in range(1, self.labels + 1):
            (self.folder / f"gate-{label}").touch()

    def gates_are_open(self) -> bool:
        """Whether every cell ends by itself."""
        return all((self.folder / f"gate-{n}").exists() for n in range(1, self.labels + 1))

    def process_after_all_requests(self) -> int:
        """Wait until the kernel has done what it was asked for; its process."""
        done = self.folder / "done"
        console = Connection(self.loop, self.browser, self.kernel_id)
        console.connect()

        def is_done() -> bool:
            # An error in a cell makes the kernel refuse everything that waits, this too.
            console.execute("import os; open('done', 'a').write(f'{os.getpid()}\\n')", None)
            return done.exists() and "\n" in done.read_text()

        eventually(is_done, within=40, every=0.5)
        console.close()
        return int(done.read_text().splitlines()[0])

    def process(self) -> int | None:
        """The process of the kernel, if a cell has told it and it was not ended."""
        told = [
            (run.last_at, run.process)
            for label in range(1, self.labels + 1)
            for run in self.accounts(f"# cell {label}\n")
        ]
        process = max(told)[1] if told else None
        return process if process not in self.killed else None


def contents_url(path: str) -> str:
    """Where Jupyter has a file."""
    return f"/api/contents/{quote(path)}"


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
