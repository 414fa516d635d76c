"""The next morning, or after a stop and a start, a notebook looks as it was left."""

import json

from playwright.sync_api import Page, expect

from tests.support import eventually
from tests.unit.notebook.conftest import Chromium, Start
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.lab import enter, prompt, run, shown, shows_notebook_again
from tests.unit.notebook.parts import HOST, cell_text, notebook_json

COUNTING = """
import itertools, pathlib, time, ipywidgets
from IPython.display import HTML, display
display(HTML("<script>document.body.dataset.ran = 'yes'</script>"))
label = ipywidgets.Label("0")
display(ipywidgets.VBox([label, ipywidgets.Button(description="Press")]))
for step in itertools.count():
    label.value = f"step {step}"
    if pathlib.Path("enough").exists():
        break
    time.sleep(0.25)
label.value = "the last step"
print("done")
"""

SHOWING = """
import pathlib, time, ipywidgets
from IPython.display import HTML, display
display(HTML("<p>shown once</p>"))
display(ipywidgets.Label("the label"))
while not pathlib.Path("go").exists(): time.sleep(0.05)
print("done")
"""

BROKEN_LINKS = """
[...document.querySelectorAll('.jupyter-widgets-disconnected')]
  .filter(each => getComputedStyle(each, '::before').display !== 'none').length
"""
"""How many widgets are shown with the sign that their kernel is gone."""


def look(page: Page) -> str:
    """What the widget says, once there is one."""
    label = page.locator(".widget-label")
    label.wait_for()
    return label.inner_text()


def test_a_widget_lives_on_after_a_reload_and_has_its_last_look_the_next_morning(
    service: FakeService, start: Start, chromium: Chromium
) -> None:
    service.put_file("a.ipynb", notebook_json(COUNTING))
    notebook = start(BIND_ADDRESS=chromium.address)
    with chromium.browsing() as context:
        page = enter(context, service)
        run(page, 0)
        eventually(lambda: "step" in look(page))
        page.reload()
        shows_notebook_again(page)
        # The kernel itself would not answer before the end of the cell.
        first = look(page)
        assert prompt(page, 0) == "[*]:"
        eventually(lambda: look(page) != first)
        expect(page.get_by_text("| Busy")).to_be_visible()
    (notebook.workspace / "enough").touch()
    file = notebook.workspace / "a.ipynb"
    eventually(lambda: "done" in cell_text(file.read_bytes(), "c0"))
    assert '"the last step"' in file.read_text()
    with chromium.browsing() as context:
        page = enter(context, service)
        eventually(lambda: look(page) == "the last step")
    assert notebook.stop() == 0
    service.ready.clear()
    start(BIND_ADDRESS=chromium.address)
    with chromium.browsing() as context:
        page = enter(context, service)
        eventually(lambda: look(page) == "the last step")
        assert "Press" in shown(page, 0)
        eventually(lambda: page.evaluate(BROKEN_LINKS) == 1)
        assert page.evaluate("document.body.dataset.ran") == "yes"
        page.keyboard.press("Control+s")
        page.goto(f"http://{HOST}/lab/tree/a.ipynb")
        eventually(lambda: look(page) == "the last step")


def test_a_save_while_a_cell_runs_doubles_none_of_its_outputs(
    service: FakeService, start: Start, chromium: Chromium
) -> None:
    service.put_file("a.ipynb", notebook_json(SHOWING))
    notebook = start(BIND_ADDRESS=chromium.address)
    file = notebook.workspace / "a.ipynb"
    with chromium.browsing() as context:
        page = enter(context, service)
        run(page, 0)
        outputs = page.locator(".jp-OutputArea-output")
        outputs.get_by_text("the label").click()
        page.keyboard.press("Control+s")
        eventually(lambda: "HTML object" in cell_text(file.read_bytes(), "c0"))
        page.reload()
        shows_notebook_again(page)
        outputs.get_by_text("the label").first.wait_for()
        expect(outputs.get_by_text("shown once")).to_have_count(1)
        expect(outputs.get_by_text("the label")).to_have_count(1)
    (notebook.workspace / "go").touch()
    eventually(lambda: "done" in cell_text(file.read_bytes(), "c0"))
    (cell,) = json.loads(file.read_bytes())["cells"]
    kinds = [output["output_type"] for output in cell["outputs"]]
    assert kinds == ["display_data", "display_data", "stream"]


def test_jupyterlab_opens_what_was_open_after_a_stop_and_a_start(
    service: FakeService, start: Start, chromium: Chromium
) -> None:
    layout = {"data": {"layout-restorer:data": {"main": "a"}}, "metadata": {"id": "default"}}
    first = start()
    path = "/lab/api/workspaces/default"
    assert first.browser().request("PUT", path, layout, Accept="*/*").status == 204
    assert first.stop() == 0
    service.ready.clear()
    again = start().browser().request("GET", path, Accept="*/*").json
    assert again["data"] == layout["data"]
