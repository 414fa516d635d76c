"""A cluster that outlives its kernel, or ends before it: the life of each kernel is in
`inside/endings.py`, and this side kills kernels and stops clusters, as the service would.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support import eventually
from tests.unit.client.conftest import FOLDER
from tests.unit.notebook.fake_clusters import Running
from tests.unit.notebook.parts import notebook_json


def life(name: str) -> str:
    """The program of a kernel that lives as `name` says."""
    path = f"import sys; sys.path.insert(0, {str(FOLDER)!r})"
    return f"{path}\nfrom inside import endings\nendings.{name}()"


def test_a_new_kernel_finds_what_a_killed_one_left(notebook: Running) -> None:
    killed = notebook.start_python(life("leave_work_behind"))
    _, errors = killed.communicate(timeout=90)
    assert killed.returncode == -signal.SIGKILL, errors
    notebook.python(life("find_work_again"), timeout=90)
    assert notebook.service.cluster("left").state == "stopped"


def test_a_detached_cluster_keeps_results_when_its_kernel_ends(notebook: Running) -> None:
    notebook.python(life("leave_a_detached_one"), timeout=90)
    eventually(lambda: notebook.service.cluster("detached").state == "running")
    notebook.python(life("find_the_detached_one"), timeout=90)
    assert notebook.service.cluster("detached").state == "stopped"


def test_objects_that_share_a_cluster_keep_each_others_results(notebook: Running) -> None:
    # As in a kernel: IPython drops what people's names hold, after all others' ends, and lives on
    # for a moment.
    first = "import atexit, time\nheld = []\n"
    first += "atexit.register(time.sleep, 0.5)\natexit.register(held.clear)\n"
    program = life("share_a_cluster").replace("endings.share", "endings.KEPT = held\nendings.share")
    notebook.python(first + program, timeout=90)
    assert notebook.service.cluster("shared").state == "running"
    notebook.python(life("find_what_was_shared"), timeout=120)
    assert notebook.service.cluster("shared").state == "stopped"


def test_a_cluster_ends_with_its_kernel(notebook: Running) -> None:
    notebook.python(life("forget_to_close"))
    eventually(lambda: notebook.service.cluster("forgotten").state == "stopped")
    assert notebook.service.cluster("forgotten").stop == {
        "reason": "closed",
        "message": "Stopped: closed.",
    }


def test_a_stopped_cluster_says_why_what_it_cost_and_where_results_are(
    notebook: Running,
) -> None:
    with living(notebook, "be_stopped"):
        notebook.service.end("stopped", "budget", "Your budget is used up.", save=True)


@pytest.mark.parametrize(
    "how",
    [
        "close_it_while_others_wait",
        "shut_it_down_while_joblib_waits",
        "wait_for_workers_of_a_stopped_one_whose_scheduler_is_silent",
    ],
)
def test_whoever_waits_hears_that_the_cluster_is_no_more(notebook: Running, how: str) -> None:
    notebook.python(life(how), timeout=120)


WIDGET = "application/vnd.jupyter.widget-view+json"
SHOWING = (
    'import ramon\nc = ramon.Cluster(1, name="shown", memory="1 GiB", wait_for_workers=False)\nc',
    "c",
    "c.wait_for_workers(1)",
    "c.close()",
    "c",
)


def test_a_cell_shows_a_cluster_once_and_every_cell_shows_it_as_it_is(notebook: Running) -> None:
    file = notebook.notebook.write("shown.ipynb", notebook_json(*SHOWING))
    browser = notebook.notebook.browser()
    kernel = browser.open_kernel("shown.ipynb")

    def shown(number: int) -> list[tuple[bool, str]]:
        """What a cell's outputs are: whether a widget, and what they say without a kernel."""
        cell = json.loads(file.read_bytes())["cells"][number]
        data = [each["data"] for each in cell["outputs"]]
        return [(WIDGET in each, "".join(each["text/plain"])) for each in data]

    def run(number: int) -> None:
        browser.run(kernel, SHOWING[number], cell_id=f"c{number}")

    for number in range(3):
        run(number)
    eventually(lambda: "shown · 1 of 1 worker" in str(shown(0)) and shown(0) == shown(1))
    ((is_live, _),) = shown(0)
    assert is_live

    for number in (3, 4):
        run(number)
    eventually(lambda: "stopped" in str(shown(0)) and shown(0) == shown(1) == shown(4))
    ((is_live, _),) = shown(0)
    assert not is_live


def test_a_cell_says_whether_a_cluster_was_left_or_never_started(notebook: Running) -> None:
    start = 'import ramon\nramon.Cluster(0, name="lasting", memory="1 GiB", detached=True).close()'
    cells = (start, 'ramon.Cluster(0, name="lasting", memory="1 GiB")')
    file = notebook.notebook.write("left.ipynb", notebook_json(*cells))
    browser = notebook.notebook.browser()
    kernel = browser.open_kernel("left.ipynb")

    for number, code in enumerate(cells):
        browser.run(kernel, code, cell_id=f"c{number}")

    eventually(lambda: "Cluster lasting · left; it goes on" in file.read_text())
    eventually(lambda: "Cluster lasting · not started" in file.read_text())
    assert "stopping" not in file.read_text()
    browser.run(kernel, 'ramon.Cluster.from_name("lasting").shutdown()', cell_id="c0")


@pytest.mark.parametrize("how", ["interrupted", "cancelled"])
def test_a_start_that_is_given_up_leaves_nothing(notebook: Running, how: str) -> None:
    notebook.service.holding = True
    try:
        if how == "cancelled":
            notebook.python(life("be_cancelled_while_it_starts"))
        else:
            with living(notebook, "be_interrupted_while_it_starts") as kernel:
                live = notebook.service.clusters
                eventually(lambda: [c for c in live.values() if c.state == "starting"])
                kernel.send_signal(signal.SIGINT)
    finally:
        notebook.service.holding = False
    assert notebook.service.cluster(how).state == "stopped"


def test_a_start_without_machines_says_so(notebook: Running) -> None:
    notebook.service.holding = True
    try:
        notebook.python(life("get_no_workers"))
    finally:
        notebook.service.holding = False


@contextmanager
def living(notebook: Running, name: str) -> Iterator[subprocess.Popen[str]]:
    """A kernel that has come as far as to say "working", and lives to its end after the block."""
    said = notebook.notebook.workspace / "working"
    said.unlink(missing_ok=True)
    kernel = notebook.start_python(life(name))
    try:
        eventually(lambda: said.exists() or kernel.poll() is not None)
        yield kernel
        printed, errors = kernel.communicate(timeout=90)
        assert kernel.returncode == 0, f"{printed}\n{errors}"
    finally:
        kernel.kill()
        kernel.communicate()
