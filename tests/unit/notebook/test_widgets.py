"""The last state of widgets is known while their kernel is busy, and when it is gone."""

from base64 import b64decode
from typing import Any

import pytest

from ramon_notebook.execution.widgets import MOST_BYTES, STATE, VIEW, Widgets

KERNEL = "kernel"


def message(
    kind: str, content: dict[str, Any], parent: str = "", *buffers: bytes
) -> dict[str, Any]:
    return {
        "header": {"msg_type": kind, "msg_id": "m"},
        "parent_header": {"msg_id": parent},
        "content": content,
        "buffers": list(buffers),
    }


def open_widget(widgets: Widgets, model_id: str, *buffers: bytes, **state: Any) -> None:
    """A kernel makes a widget; `paths` of binary data may be among its state."""
    paths = state.pop("paths", [])
    names = {"_model_name": "M", "_model_module": "m", "_model_module_version": "1"}
    data = {"state": names | state, "buffer_paths": paths}
    content = {"comm_id": model_id, "target_name": "jupyter.widget", "data": data}
    widgets.published(KERNEL, message("comm_open", content, "", *buffers))


def change(widgets: Widgets, model_id: str, *buffers: bytes, **state: Any) -> None:
    """A kernel changes a widget."""
    paths = state.pop("paths", [])
    data = {"method": "update", "state": state, "buffer_paths": paths}
    content = {"comm_id": model_id, "data": data}
    widgets.published(KERNEL, message("comm_msg", content, "", *buffers))


def showing(*model_ids: str) -> dict[str, Any]:
    """A notebook whose one cell shows these widgets."""
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": {VIEW: {"model_id": model_id}}}
        for model_id in model_ids
    ]
    return {"cells": [{"cell_type": "code", "outputs": outputs}], "metadata": {}}


def noted(notebook: dict[str, Any]) -> dict[str, Any]:
    states: dict[str, Any] = notebook["metadata"]["widgets"][STATE]["state"]
    return states


def test_a_notebook_has_the_last_state_of_what_it_shows_and_of_what_that_needs() -> None:
    widgets = Widgets()
    open_widget(widgets, "layout")
    open_widget(widgets, "bar", value=1, layout="IPY_MODEL_layout")
    open_widget(widgets, "box", children=["IPY_MODEL_bar"])
    open_widget(widgets, "other")
    change(widgets, "bar", value=7)
    notebook = showing("box")
    widgets.put_into(notebook)
    assert set(noted(notebook)) == {"box", "bar", "layout"}
    assert noted(notebook)["bar"]["state"]["value"] == 7
    assert noted(notebook)["bar"]["model_name"] == "M"


def test_widgets_of_a_kernel_that_is_gone_keep_their_looks() -> None:
    widgets = Widgets()
    open_widget(widgets, "bar", value=7)
    widgets.kernel_ended(KERNEL)
    notebook = showing("bar")
    widgets.put_into(notebook)
    assert noted(notebook)["bar"]["state"]["value"] == 7
    # The next morning there is another server; a page saves what it has, which is less.
    page = showing("bar")
    Widgets().put_into(page, before=notebook["metadata"])
    assert noted(page) == noted(notebook)


def test_what_is_shown_no_more_is_dropped() -> None:
    widgets = Widgets()
    open_widget(widgets, "bar", value=7)
    notebook = showing("bar")
    widgets.put_into(notebook)
    notebook["cells"][0]["outputs"] = []
    widgets.put_into(notebook)
    assert "widgets" not in notebook["metadata"]


def test_a_busy_kernels_widgets_are_answered_for_with_their_binary_data() -> None:
    widgets = Widgets()
    open_widget(widgets, "image", b"one", width=3, paths=[["value"]])
    open_widget(widgets, "plot", b"two", series=[None, 1], paths=[["series", 0]])
    data, buffers = widgets.all_states(KERNEL)
    assert data["method"] == "update_states"
    assert data["states"]["image"]["state"]["width"] == 3
    assert data["buffer_paths"] == [["image", "state", "value"], ["plot", "state", "series", 0]]
    assert buffers == [b"one", b"two"]
    change(widgets, "plot", series=[2])
    change(widgets, "image", b"three", paths=[["value"]])
    assert widgets.all_states(KERNEL)[1] == [b"three"]


def test_binary_data_that_would_burden_the_file_is_left_out_the_largest_first() -> None:
    widgets = Widgets()
    open_widget(widgets, "small", b"\x00\xff", paths=[["value"]])
    open_widget(widgets, "large", b"x" * MOST_BYTES, paths=[["value"]])
    notebook = showing("small", "large")
    widgets.put_into(notebook)
    assert "buffers" not in noted(notebook)["large"]
    (buffer,) = noted(notebook)["small"]["buffers"]
    assert (buffer["path"], b64decode(buffer["data"])) == (["value"], b"\x00\xff")


def test_what_a_page_changes_and_what_a_kernel_echoes_is_known() -> None:
    widgets = Widgets()
    open_widget(widgets, "slider", value=1)
    data = {"method": "update", "state": {"value": 2}, "buffer_paths": []}
    widgets.changed_by_page(KERNEL, {"comm_id": "slider", "data": data})
    assert widgets.all_states(KERNEL)[0]["states"]["slider"]["state"]["value"] == 2
    data = {"method": "echo_update", "state": {"value": 3}}
    widgets.published(KERNEL, message("comm_msg", {"comm_id": "slider", "data": data}))
    assert widgets.all_states(KERNEL)[0]["states"]["slider"]["state"]["value"] == 3


def test_an_output_widget_has_what_was_printed_into_it_with_nobody_there() -> None:
    widgets = Widgets()
    open_widget(widgets, "out", msg_id="", outputs=[])
    change(widgets, "out", msg_id="run 1")
    widgets.published(KERNEL, message("stream", {"name": "stdout", "text": "a"}, "run 1"))
    widgets.published(KERNEL, message("stream", {"name": "stdout", "text": "not here"}, "run 2"))
    change(widgets, "out", msg_id="")
    change(widgets, "out", msg_id="run 3")
    widgets.published(KERNEL, message("stream", {"name": "stdout", "text": "b"}, "run 3"))
    notebook = showing("out")
    widgets.put_into(notebook)
    outputs = noted(notebook)["out"]["state"]["outputs"]
    assert [output["text"] for output in outputs] == ["a", "b"]


def test_what_a_page_gathers_itself_the_kernel_is_told_by_it() -> None:
    widgets = Widgets()
    open_widget(widgets, "out", msg_id="", outputs=[])
    assert not widgets.gathered_here(KERNEL)
    change(widgets, "out", msg_id="run 1")
    widgets.published(KERNEL, message("stream", {"name": "stdout", "text": "a"}, "run 1"))
    assert widgets.gathered_here(KERNEL)
    told = {"method": "update", "state": {"outputs": [{"output_type": "stream", "text": "a"}]}}
    widgets.changed_by_page(KERNEL, {"comm_id": "out", "data": told})
    assert not widgets.gathered_here(KERNEL)
    states = widgets.all_states(KERNEL)[0]["states"]
    assert states["out"]["state"]["outputs"] == told["state"]["outputs"]  # type: ignore[index]


def test_a_closed_widget_is_gone_and_other_connections_are_none() -> None:
    widgets = Widgets()
    open_widget(widgets, "bar")
    widgets.published(KERNEL, message("comm_close", {"comm_id": "bar"}))
    other = {"comm_id": "x", "target_name": "dask", "data": {"state": {}}}
    widgets.published(KERNEL, message("comm_open", other))
    assert widgets.all_states(KERNEL)[0]["states"] == {}


@pytest.mark.parametrize("spoilt", [3, {STATE: []}, {STATE: {"state": {"a": 1}}}])
def test_whatever_stands_in_a_files_metadata_is_borne(spoilt: object) -> None:
    notebook = showing("a")
    Widgets().put_into(notebook, before={"widgets": spoilt})
    assert "widgets" not in notebook["metadata"]
