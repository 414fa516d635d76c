"""A cell goes on with nobody watching; what is idle stops by itself."""

import pytest

from localcloud.testing import LocalCloud
from tests.jupyter import Kernel
from tests.people import Person, Visit
from tests.support import eventually

NIGHT = 8 * 3600
LINES = [f"still here {number}" for number in range(20)]
PATH = "/api/contents/Overnight.ipynb"
CELL = """
import pathlib, time
for number in range(20):
    print("still here", number, flush=True)
    while number == 9 and not pathlib.Path("morning").exists():
        time.sleep(0.2)
"""


@pytest.mark.timeout(600)
def test_a_silent_browser_stops_no_cell_and_an_idle_notebook_stops_by_itself(
    far_cloud: LocalCloud,
) -> None:
    far_cloud.leave_months_end(hours=12)
    with Person(far_cloud, "grace") as grace:
        notebook = grace.create("Overnight", idle_minutes=60)
        notebook.start()
        visit = notebook.enter()
        _run_and_shut_the_laptop(visit)
        eventually(lambda: _output(visit) == LINES[:10], every=0.5)

        far_cloud.advance(NIGHT)
        assert notebook.now["state"] == "running"
        _save(visit, "/api/contents/morning", type="file", format="text", content="")
        eventually(lambda: _output(visit) == LINES, every=0.5)
        eventually(lambda: notebook.now["activity"]["busy_kernels"] == 0, every=0.5)

        # The first hour passes; the sweep after it hears that nothing ran in it.
        far_cloud.advance(3600)
        far_cloud.advance(60)
        told = notebook.until("stopped", within=120)
        assert told["last_stop"]["reason"] == "idle"
        assert told["last_stop"]["message"] == "Nothing ran for 60 minutes."

        notebook.start()
        assert _output(notebook.enter()) == LINES
        notebook.stop()


def _run_and_shut_the_laptop(visit: Visit) -> None:
    """Run the cell as its page does, and close the page's WebSocket as soon as it runs."""
    content = visit.get(PATH).json()["content"]
    cell = content["cells"][0]
    cell["source"] = CELL
    _save(visit, PATH, type="notebook", format="json", content=content)
    Kernel.of_file(visit, "Overnight.ipynb").run(CELL, wait=False, cell_id=cell["id"])


def _save(visit: Visit, path: str, **model: object) -> None:
    saved = visit.request("PUT", path, json=model)
    assert saved.status_code < 300, saved.text


def _output(visit: Visit) -> list[str]:
    """The lines that the file has under its only cell."""
    outputs = visit.get(PATH).json()["content"]["cells"][0]["outputs"]
    return "".join("".join(output.get("text", "")) for output in outputs).splitlines()
