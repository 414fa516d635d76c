"""Cells go on with no browser, and nothing that they print is lost."""

import json
import time

import pytest

from tests.support import eventually
from tests.unit.notebook.conftest import Start
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.parts import Browser, Notebook, cell_text, notebook_json

LINES = 20
LOOP = f"""
import time
for i in range({LINES}):
    print("line", i, flush=True)
    time.sleep(0.2)
"done"
"""
ALL = "".join(f"line {i}\n" for i in range(LINES)) + "'done'"


@pytest.fixture
def notebook(service: FakeService, start: Start) -> Notebook:
    service.put_file("a.ipynb", notebook_json(LOOP, "2"))
    return start()


@pytest.fixture
def browser(notebook: Notebook) -> Browser:
    return notebook.browser()


def text_in_snapshot(service: FakeService) -> str:
    return cell_text(service.content("a.ipynb"), "c0")


def test_what_a_cell_prints_after_its_page_has_gone_is_in_a_snapshot(
    service: FakeService, browser: Browser
) -> None:
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, LOOP, cell_id="c0", leave_at="line 2")
    eventually(lambda: text_in_snapshot(service) == ALL)
    cell = json.loads(service.content("a.ipynb"))["cells"][0]
    assert cell["execution_count"] == 1


def test_a_server_that_is_stopped_meanwhile_has_saved_what_was_printed(
    service: FakeService, notebook: Notebook, browser: Browser
) -> None:
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, LOOP, cell_id="c0", leave_at="line 4")
    assert notebook.stop() == 0
    assert text_in_snapshot(service).startswith("line 0\nline 1\nline 2\nline 3\nline 4\n")


def test_a_file_is_up_to_date_when_somebody_opens_it(browser: Browser) -> None:
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, LOOP, cell_id="c0", leave_at="line 3")
    kernel = f"/api/kernels/{kernel_id}"
    eventually(lambda: browser.request("GET", kernel, Accept="*/*").json["connections"] == 0)
    answer = browser.request("GET", "/api/contents/a.ipynb", Accept="*/*")
    assert "line 3" in json.dumps(answer.json["content"]["cells"][0]["outputs"])


def test_the_next_page_takes_a_running_cell_over(browser: Browser) -> None:
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, LOOP, cell_id="c0", leave_at="line 2")
    path = f"/ramon/executions/{kernel_id}?session=next"
    (execution,) = eventually(
        lambda: browser.request("POST", path, Accept="*/*").json["executions"]
    )
    assert execution["cell_id"] == "c0"
    assert execution["running"]
    assert execution["execution_count"] == 1
    (message,) = execution["messages"]
    assert message["kind"] == "stream"
    assert message["content"]["text"].startswith("line 0\n")
    assert execution["seen"]


def test_a_page_that_was_away_is_not_told_that_its_file_changed(
    service: FakeService, notebook: Notebook, browser: Browser
) -> None:
    def version() -> tuple[str, str]:
        path = "/api/contents/a.ipynb?content=0&hash=1"
        model = browser.request("GET", path, Accept="*/*").json
        return model["last_modified"], model["hash"]

    known = version()
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, LOOP, cell_id="c0", leave_at="line 2")
    eventually(lambda: text_in_snapshot(service) == ALL)
    assert version() == known
    browser.request("GET", "/api/contents/a.ipynb", Accept="*/*")
    assert version() != known
    assert notebook.process.poll() is None


def test_a_page_that_saves_without_the_outputs_it_missed_does_not_lose_them(
    service: FakeService, browser: Browser
) -> None:
    before = browser.request("GET", "/api/contents/a.ipynb", Accept="*/*").json
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, LOOP, cell_id="c0", leave_at="line 2")
    eventually(lambda: text_in_snapshot(service) == ALL)
    model = {"type": "notebook", "format": "json", "content": before["content"]}
    assert browser.request("PUT", "/api/contents/a.ipynb", model, Accept="*/*").status == 200
    seq = service.seq
    eventually(lambda: service.seq > seq and text_in_snapshot(service) == ALL)


def test_a_kernel_that_is_shut_down_leaves_its_outputs(
    service: FakeService, browser: Browser
) -> None:
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, LOOP, cell_id="c0", leave_at="line 2")
    answer = browser.request("DELETE", f"/api/kernels/{kernel_id}", Accept="*/*")
    assert answer.status == 204
    eventually(lambda: "line 2\n" in text_in_snapshot(service))


def test_a_cell_of_a_busy_kernel_keeps_the_notebook_awake_without_a_page(
    service: FakeService, browser: Browser
) -> None:
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, LOOP, cell_id="c0", leave_at="line 1")
    count = len(service.heartbeats)
    eventually(lambda: len(service.heartbeats) > count + 2)
    beat = service.heartbeats[-1]
    assert beat["busy_kernels"] == 1
    now = time.strftime("%Y-%m-%dT%H:%M", time.gmtime())
    before = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() - 60))
    assert beat["last_activity"][:16] in (now, before)
