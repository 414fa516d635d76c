"""The next morning, or after a stop and a start, a notebook looks as it was left."""

from tests.unit.notebook.conftest import Start
from tests.unit.notebook.fake_service import FakeService


def test_jupyterlab_opens_what_was_open_after_a_stop_and_a_start(
    service: FakeService, start: Start
) -> None:
    layout = {"data": {"layout-restorer:data": {"main": "a"}}, "metadata": {"id": "default"}}
    first = start()
    path = "/lab/api/workspaces/default"
    assert first.browser().request("PUT", path, layout, Accept="*/*").status == 204
    assert first.stop() == 0
    service.ready.clear()
    again = start().browser().request("GET", path, Accept="*/*").json
    assert again["data"] == layout["data"]
