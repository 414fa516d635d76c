"""A cell goes on with nobody watching; what is idle stops by itself."""

import time

import pytest

from tests.jupyter import Kernel
from tests.people import Person
from tests.support import eventually

PRINTS = 20
PAUSE = 6
SWEEP = 60
CELL = f"""
import time
for number in range({PRINTS}):
    print("still here", number, flush=True)
    time.sleep({PAUSE})
"""


@pytest.mark.timeout(600)
def test_a_silent_browser_stops_no_cell_and_an_idle_notebook_stops_by_itself(ada: Person) -> None:
    notebook = ada.create("Overnight", idle_minutes=1)
    notebook.start()
    visit = notebook.enter()
    path = "/api/contents/Overnight.ipynb"
    document = visit.get(path).json()
    cell = document["content"]["cells"][0]
    cell["source"] = CELL
    saved = visit.request(
        "PUT", path, json={"type": "notebook", "content": document["content"], "format": "json"}
    )
    assert saved.status_code == 200, saved.text

    # The WebSocket is closed as soon as the cell runs: the laptop is shut.
    Kernel.of_file(visit, "Overnight.ipynb").run(CELL, wait=False, cell_id=cell["id"])
    time.sleep(PRINTS * PAUSE - 10)
    assert notebook.now["state"] == "running"

    def whole_output() -> bool:
        outputs = visit.get(path).json()["content"]["cells"][0]["outputs"]
        text = "".join("".join(output.get("text", "")) for output in outputs)
        return text.splitlines() == [f"still here {number}" for number in range(PRINTS)]

    eventually(whole_output, within=40, every=1)
    told = notebook.until("stopped", within=60 + 2 * SWEEP + 30)
    assert told["last_stop"]["reason"] == "idle"
    assert told["last_stop"]["message"] == "Nothing ran for a minute."

    notebook.start()
    visit = notebook.enter()
    assert whole_output()
    notebook.stop()
