"""Histories of one notebook: two pages, a console and no page edit, run, save, delete and leave.

Whatever happened, in whatever order, the file has in the end the sources that were saved last,
and under every cell what it put out, once. What a cell put out is known from the cell itself: it
also writes it into a file. Nothing here shares code with the recorder.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support import eventually
from tests.unit.notebook.notebook_witness import KINDS, VERSIONS, Shown, Witness, new_cell, written
from tests.unit.notebook.page import Connection, Loop, Page, shown_text
from tests.unit.notebook.parts import Browser, Notebook
from tests.unit.notebook.validator import Validator

OWN_WORDS_AT_ITS_END = re.compile(
    r"^WARNING:tornado.general:Got events for closed .*\n", re.MULTILINE
)
"""What ipykernel now and then prints, into the cell that ran, when it is ended meanwhile."""

CUT_OFF = re.compile(r"The kernel (was killed|died before|was restarted before)[^\n]*")
"""What a cell shows besides when its kernel was ended; nothing else if it had not begun."""


@dataclass
class Window:
    """A page and what its person did. cleared: what of which run was removed from sight."""

    page: Page
    asleep: bool = False
    cleared: dict[str, tuple[str, int]] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)


WHO = st.sampled_from(["ada", "bob"])


class Histories(RuleBasedStateMachine):
    """One notebook of some format in a folder of its own."""

    notebook: ClassVar[Notebook]
    loop: ClassVar[Loop]
    validator: ClassVar[Validator]
    browser: ClassVar[Browser]
    held: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = self.notebook.workspace / f"history-{uuid.uuid4().hex[:8]}"
        self.folder.mkdir()
        self.name = "notebook.ipynb"
        self.windows: dict[str, Window] = {}
        self.witness = Witness(self.folder)
        self.edits = 0
        self.story: list[str] = []

    @initialize(
        version=st.sampled_from(VERSIONS),
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3),
    )
    def begin(self, version: tuple[int, int], kinds: list[str]) -> None:
        """Somebody opens a notebook that has never been opened here."""
        self.note(f"nbformat {version}, {kinds}")
        sources = [self.witness.new_source(kind) for kind in kinds]
        self.file.write_text(json.dumps(written(version, sources)))
        page = self.open("ada")
        assert [cell["source"] for cell in page.cells] == sources
        self.saved = self.contents(self.windows["ada"])
        self.kernel_id = page.kernel_id

    @rule(who=WHO)
    def opens_or_closes(self, who: str) -> None:
        """Open a page, or close it without saving."""
        if who in self.windows:
            self.note(f"{who} leaves")
            self.windows.pop(who).page.close()
        else:
            self.open(who)

    @rule(who=WHO)
    def reloads(self, who: str) -> None:
        """Load a page again; what was not saved is lost."""
        if who in self.windows:
            self.windows.pop(who).page.close()
            self.open(who)

    @rule(who=WHO)
    def shuts_the_laptop_or_opens_it(self, who: str) -> None:
        """Lose the connection, or get it back."""
        if (window := self.windows.get(who)) is not None:
            self.note(f"{who} {'wakes up' if window.asleep else 'falls asleep'}")
            if window.asleep:
                window.page.wake_up()
            else:
                window.page.fall_asleep()
            window.asleep = not window.asleep

    @rule(who=WHO, number=st.integers(0, 5), wait=st.booleans())
    def runs(self, who: str, number: int, wait: bool) -> None:
        """Run a cell; wait: until the page shows that it began, if nothing else runs."""
        window, cell_id = self.chosen(who, number)
        if window is None:
            return
        self.note(f"{who} runs {cell_id}")
        self.remember_as_cleared(window, cell_id)
        window.page.run(cell_id)
        window.own.add(cell_id)
        if wait and self.witness.gates_are_open():
            until = time.monotonic() + 5
            while window.page.runs(cell_id) and time.monotonic() < until:
                time.sleep(0.02)

    @rule(who=WHO, number=st.integers(0, 5))
    def edits_a_cell(self, who: str, number: int) -> None:
        """Add a line to a cell."""
        window, cell_id = self.chosen(who, number)
        if window is not None:
            self.edits += 1
            self.note(f"{who} edits {cell_id} ({self.edits})")
            window.page.cell(cell_id)["source"] += f"# edit {self.edits}\n"

    @rule(who=WHO, number=st.integers(0, 5))
    def deletes_a_cell(self, who: str, number: int) -> None:
        """Delete a cell; the last one stays."""
        window, cell_id = self.chosen(who, number)
        if window is not None and len(window.page.cells) > 1:
            self.note(f"{who} deletes {cell_id}")
            window.page.cells.remove(window.page.cell(cell_id))

    @rule(who=WHO, kind=st.sampled_from(KINDS))
    def adds_a_cell(self, who: str, kind: str) -> None:
        """Add a cell at the top."""
        if (window := self.awake(who)) is not None:
            cell_id = uuid.uuid4().hex[:8]
            self.note(f"{who} adds {cell_id}")
            cell = new_cell(cell_id, self.witness.new_source(kind))
            window.page.cells.insert(0, cell)

    @rule(who=WHO, number=st.integers(0, 5))
    def clears_a_cell(self, who: str, number: int) -> None:
        """Clear the outputs of a cell that this page runs or has run."""
        window, cell_id = self.chosen(who, number)
        if window is not None and cell_id in window.own:
            self.note(f"{who} clears {cell_id}")
            self.remember_as_cleared(window, cell_id)
            window.page.clear(cell_id)

    @rule(who=WHO, number=st.integers(0, 5), at=st.integers(0, 2))
    def cuts_and_pastes_a_cell(self, who: str, number: int, at: int) -> None:
        """Cut a cell and paste it, perhaps while it runs: this page hears nothing more of it."""
        window, cell_id = self.chosen(who, number)
        if window is not None and cell_id not in window.cleared:
            self.note(f"{who} cuts and pastes {cell_id}")
            window.page.cut_and_paste(cell_id, at)

    @rule(who=WHO)
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
        self.witness.open_gates()

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

    @precondition(lambda self: not self.windows)
    @rule(name=st.sampled_from(["notebook.ipynb", "another.ipynb", "in/a folder.ipynb"]))
    def moves_it_in_a_terminal(self, name: str) -> None:
        """Move the notebook while nobody shows it and one of its cells runs."""
        if any(map(self.witness.waits, self.sources.values())):
            self.note(f"moved in a terminal: {name}")
            old, self.name = self.file, name
            self.file.parent.mkdir(exist_ok=True)
            old.rename(self.file)

    @precondition(lambda self: len(self.witness.killed) < 2)
    @rule(kills=st.booleans())
    def kills_or_restarts_the_kernel(self, kills: bool) -> None:
        """End what runs: by a signal, or as a person restarts a kernel."""
        if (process := self.witness.process) is None:
            return
        self.note("the kernel is killed" if kills else "the kernel is restarted")
        self.witness.kill(process)
        if kills:
            os.kill(process, signal.SIGKILL)
        url = f"/api/kernels/{self.kernel_id}/restart"
        answer = self.browser.request("POST", url, Accept="*/*")
        assert answer.status == 200, answer.body

    def teardown(self) -> None:
        """Everybody leaves; then the file must have everything, and nothing else."""
        if not self.story:
            return
        self.witness.open_gates()
        for window in self.windows.values():
            window.page.close()
        try:
            process = self.process_after_all_requests()
            eventually(lambda: self.witness.all_have_ended() and not self.faults(), within=40)
            self.witness.kill(process)
            url = f"/api/kernels/{self.kernel_id}"
            assert self.browser.request("DELETE", url, Accept="*/*").status == 204
            assert not self.faults(), "after the kernel was ended"
        except AssertionError as error:
            said = {path.name: path.read_text() for path in sorted(self.folder.glob("said-*"))}
            story = "\n".join(
                [*self.story, f"killed: {self.witness.killed}", *map(str, said.items())]
            )
            raise AssertionError(f"{self.faults()}\nafter\n{story}\n{error}") from error
        Histories.held += 1

    # What the file should be

    def faults(self) -> list[str]:
        """What is wrong with the file."""
        notebook = json.loads(self.file.read_bytes())
        cells = {cell["id"]: cell for cell in notebook["cells"]}
        sources = {cell_id: "".join(cell["source"]) for cell_id, cell in cells.items()}
        if sources != self.sources:
            return [f"the cells are {sources}, not {self.sources}"]
        files = [file for file in self.folder.rglob("*.ipynb") if file.parent.name[0] != "."]
        found = [] if files == [self.file] else [f"files: {files}"]
        if fault := self.validator.fault(self.file):
            found.append(fault)
        for cell_id, cell in cells.items():
            text = OWN_WORDS_AT_ITS_END.sub("", shown_text(cell))
            text, cut_off = CUT_OFF.subn("", text)
            fine = self.witness.acceptable(sources[cell_id], self.saved[cell_id])
            if text not in fine and (text or not cut_off):
                found.append(f"{cell_id} shows {text!r}, not one of {fine}")
        return found

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


def contents_url(path: str) -> str:
    """Where Jupyter has a file."""
    return f"/api/contents/{quote(path)}"


def try_histories(notebook: Notebook, *, examples: int, steps: int) -> None:
    """Try so many histories of up to so many steps on a running server."""
    with Loop() as loop, Validator() as validator:
        Histories.notebook, Histories.browser = notebook, notebook.browser()
        Histories.loop, Histories.validator = loop, validator
        run_state_machine_as_test(
            Histories,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
