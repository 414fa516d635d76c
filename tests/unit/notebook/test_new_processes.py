"""A kernel gets a new process, by a restart or after a death: no cell is lost without a word."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import eventually
from tests.unit.notebook.conftest import OpenPage, Start
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.page import Loop, Page
from tests.unit.notebook.parts import BIN, Browser, Notebook
from tests.unit.notebook.waiting_cells import cells, put, shows

PID = "import os; print(os.getpid())"
KILLED = "import os; os.kill(os.getpid(), 9)"
WAITS = "import time; print('began', flush=True); time.sleep(60)"
CRASHES = "import ctypes; ctypes.string_at(0)"


def restart(browser: Browser, page: Page) -> None:
    url = f"/api/kernels/{page.kernel_id}/restart"
    assert browser.request("POST", url, Accept="*/*").status == 200


def pid_of(page: Page) -> int:
    """The process of the page's kernel, told by the cell c0."""
    page.run("c0")
    return int(eventually(lambda: page.text("c0")))


def is_busy(browser: Browser, page: Page) -> bool:
    kernel = browser.request("GET", f"/api/kernels/{page.kernel_id}", Accept="*/*").json
    return bool(kernel["execution_state"] == "busy")


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def names(file: Path, cell_id: str) -> list[str]:
    """The errors that a cell shows."""
    return [each["ename"] for each in cells(file)[cell_id]["outputs"] if "ename" in each]


@pytest.mark.parametrize("others", [0, 1])
def test_a_cell_that_is_run_right_after_a_restart_from_a_page_that_is_closed_then_loses_nothing(
    workspace: Path, open_page: OpenPage, shared_browser: Browser, others: int
) -> None:
    file = put(workspace, "anew.ipynb", PID)
    opened = open_page("anew.ipynb")
    for _ in range(others):
        open_page("anew.ipynb")
    pid_of(opened)
    shown = opened.text("c0")
    restart(shared_browser, opened)
    opened.run("c0")
    opened.close()
    eventually(lambda: not shows(file, shown) and not shows(file, ""))


def test_after_restarts_in_quick_succession_the_last_process_runs_what_comes(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    put(workspace, "again.ipynb", PID)
    opened = open_page("again.ipynb")
    pids = {pid_of(opened)}
    for _ in range(4):
        restart(shared_browser, opened)
        restart(shared_browser, opened)  # the process of the first one is still starting
        pids.add(pid_of(opened))
    assert len(pids) == 5


def test_a_kernel_that_is_interrupted_while_it_starts_goes_on(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    put(workspace, "early.ipynb", PID)
    opened = open_page("early.ipynb")
    pid_of(opened)
    restart(shared_browser, opened)
    url = f"/api/kernels/{opened.kernel_id}/interrupt"
    assert shared_browser.request("POST", url, Accept="*/*").status == 204
    assert lives(pid_of(opened))
    assert not opened.cell("c0")["outputs"][0].get("ename")


def test_a_cell_that_is_said_not_to_have_run_is_not_run_by_the_next_process(
    workspace: Path, open_page: OpenPage
) -> None:
    put(workspace, "either.ipynb", PID, "open('runs', 'a').write('c')", "1 + 1")
    opened = open_page("either.ipynb")
    runs = 0
    (workspace / "runs").touch()
    for _ in range(3):
        os.kill(pid_of(opened), signal.SIGKILL)
        opened.run("c1")  # it may reach the process that ends, or wait for the next one
        eventually(lambda: opened.text("c1"))
        opened.run("c2")
        eventually(lambda: opened.text("c2") == "2")
        runs += opened.text("c1") == "1"
        assert len((workspace / "runs").read_text()) == runs


class LateRecorder(Notebook):
    """A notebook server whose recorder hears a new process long after the page does."""

    program = (BIN / "python", Path(__file__).with_name("late_recorder.py"))


@pytest.fixture
def late(service: FakeService, tmp_path: Path) -> Iterator[Notebook]:
    with LateRecorder(service, tmp_path, {}) as notebook:
        notebook.wait_until_ready()
        yield notebook


def test_a_page_that_hears_a_new_process_before_the_recorder_loses_nothing(late: Notebook) -> None:
    file = put(late.workspace, "late.ipynb", PID)
    browser = late.browser()
    with Loop() as loop:
        opened = Page(loop, browser, "late.ipynb").open()
        before = pid_of(opened)
        restart(browser, opened)
        after = pid_of(opened)
        opened.close()
    assert after != before
    eventually(lambda: shows(file, f"{after}\n"))


@pytest.mark.parametrize("code", [KILLED, CRASHES, "import ends_at_once"])
def test_a_cell_that_ends_its_kernel_in_the_first_milliseconds_says_so(
    workspace: Path, open_page: OpenPage, shared_browser: Browser, code: str
) -> None:
    (workspace / "ends_at_once.py").write_text("import os; os.abort()")
    file = put(workspace, "sudden.ipynb", code, "2")
    opened = open_page("sudden.ipynb")
    restart(shared_browser, opened)
    opened.run("c0")
    eventually(lambda: "The kernel" in opened.text("c0"))
    opened.close()
    eventually(lambda: cells(file)["c0"]["outputs"])
    (output,) = cells(file)["c0"]["outputs"]
    assert output["ename"] == "KernelDied"


def test_of_the_cells_that_a_dead_kernel_had_not_begun_the_first_tells_why_and_the_others_that(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    file = put(workspace, "queued.ipynb", PID, "1", "2", "3")
    opened = open_page("queued.ipynb")
    pid = pid_of(opened)
    os.kill(pid, signal.SIGSTOP)  # it can't say that it begins
    eventually(lambda: not is_busy(shared_browser, opened))
    for cell_id in ("c1", "c2", "c3"):
        opened.run(cell_id)
    eventually(lambda: is_busy(shared_browser, opened))
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: "before this cell was run" in opened.text("c3"))
    opened.close()
    eventually(lambda: cells(file)["c3"]["outputs"])
    names = [cells(file)[c]["outputs"][0]["ename"] for c in ("c1", "c2", "c3")]
    assert names == ["KernelDied", "NotRun", "NotRun"]
    assert "signal 9" in cells(file)["c1"]["outputs"][0]["evalue"]


def test_a_death_that_a_restart_follows_at_once_is_told_all_the_same(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    file = put(workspace, "both.ipynb", PID, WAITS, "2")
    opened = open_page("both.ipynb")
    pid = pid_of(opened)
    opened.run("c1")
    eventually(lambda: "began" in opened.text("c1"))
    opened.run("c2")
    opened.close()
    os.kill(pid, signal.SIGKILL)
    restart(shared_browser, opened)
    eventually(lambda: cells(file)["c2"]["outputs"])
    assert [names(file, "c1"), names(file, "c2")] == [["KernelDied"], ["NotRun"]]


def test_a_cell_that_waited_for_its_turn_when_its_kernel_was_restarted_says_so(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    file = put(workspace, "waited.ipynb", PID, "2")
    opened = open_page("waited.ipynb")
    pid = pid_of(opened)
    os.kill(pid, signal.SIGSTOP)  # it takes nothing in any more, not even the interrupt
    opened.run("c1")
    eventually(lambda: is_busy(shared_browser, opened))
    restart(shared_browser, opened)
    opened.close()
    eventually(lambda: cells(file)["c1"]["outputs"])
    assert names(file, "c1") == ["NotRun"]
    assert "was restarted before" in cells(file)["c1"]["outputs"][0]["evalue"]


def test_a_cell_that_a_stop_of_its_notebook_cuts_off_says_so(start: Start) -> None:
    notebook = start()
    file = put(notebook.workspace, "cut.ipynb", WAITS, "2")
    with Loop() as loop:
        opened = Page(loop, notebook.browser(), "cut.ipynb").open()
        opened.run("c0")
        eventually(lambda: "began" in opened.text("c0"))
        opened.run("c1")
        opened.close()
        assert notebook.stop() == 0
    assert [names(file, "c0"), names(file, "c1")] == [["KernelStopped"], ["NotRun"]]


def test_a_cell_that_is_run_when_its_kernel_has_just_died_runs_in_the_next_process(
    workspace: Path, open_page: OpenPage
) -> None:
    put(workspace, "next.ipynb", PID, "1 + 1")
    opened = open_page("next.ipynb")
    pid = pid_of(opened)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not lives(pid))
    opened.run("c1")
    eventually(lambda: opened.text("c1") == "2")
