"""Recorded outputs are those that a page would show."""

import json
from pathlib import Path
from typing import Any

import pytest

from ramon_notebook.execution.notebook_file import CellResult, Written, write_results
from ramon_notebook.execution.outputs import MOST_STREAM_CHARS, Outputs, terminal_text
from ramon_notebook.execution.recorder import Recorder
from tests.unit.notebook.parts import cell_text, notebook_json


def stream(text: str, name: str = "stdout") -> tuple[str, dict[str, Any]]:
    return "stream", {"name": name, "text": text}


def shown(text: str, display_id: str | None = None) -> tuple[str, dict[str, Any]]:
    transient = {"display_id": display_id} if display_id else {}
    return "display_data", {
        "data": {"text/plain": text},
        "metadata": {},
        "transient": transient,
    }


def outputs(*messages: tuple[str, dict[str, Any]]) -> Outputs:
    built = Outputs()
    for kind, content in messages:
        built.add(kind, content)
    return built


def test_text_of_one_stream_is_one_output() -> None:
    built = outputs(stream("a\n"), stream("b\n"), stream("c", "stderr"), stream("d"))
    assert [(o["name"], o["text"]) for o in built.nbformat()] == [
        ("stdout", "a\nb\n"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


def test_clear_output_that_waits_clears_with_the_next_output() -> None:
    waiting = outputs(stream("a"), ("clear_output", {"wait": True}))
    assert waiting.nbformat()
    waiting.add(*stream("b"))
    assert [o["text"] for o in waiting.nbformat()] == ["b"]
    assert not outputs(stream("a"), ("clear_output", {"wait": False})).nbformat()


def test_a_display_is_updated_in_place() -> None:
    built = outputs(shown("0", "id"), stream("x"), shown("other"))
    assert built.update_display("id", shown("1")[1])
    assert not built.update_display("unknown", shown("1")[1])
    texts = [o["data"]["text/plain"] for o in built.nbformat() if "data" in o]
    assert texts == ["1", "other"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("10%\r20%\rdone\n", "done\n"),
        ("long\rab\n", "abng\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("10%\r", "10%\r"),
        ("plain", "plain"),
    ],
)
def test_a_progress_bar_leaves_its_last_state(text: str, seen: str) -> None:
    assert terminal_text(text) == seen


def test_endless_text_keeps_its_beginning_and_end() -> None:
    built = outputs(stream("first\n"))
    for _ in range(5):
        built.add(*stream("x" * MOST_STREAM_CHARS + "\n"))
    built.add(*stream("last\n"))
    (output,) = built.nbformat()
    assert len(output["text"]) < 2.1 * MOST_STREAM_CHARS
    assert output["text"].startswith("first")
    assert output["text"].endswith("last\n")


def test_given_as_messages_outputs_can_be_built_again() -> None:
    built = outputs(stream("a"), shown("0", "id"), stream("b", "stderr"))
    again = outputs(*((message["kind"], message["content"]) for message in built.messages()))
    assert again.nbformat() == built.nbformat()
    assert again.update_display("id", shown("1")[1])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.ipynb"
    path.write_bytes(notebook_json("print(1)", "2"))
    path.chmod(0o640)
    return path


def test_results_are_written_into_their_cells_and_nothing_else_changes(file: Path) -> None:
    before = json.loads(file.read_bytes())
    result = CellResult("c0", 7, outputs(stream("1\n")).nbformat())
    assert write_results(file, [result]).changed
    assert not write_results(file, [result]).changed
    after = json.loads(file.read_bytes())
    assert cell_text(file.read_bytes(), "c0") == "1\n"
    assert after["cells"][0]["execution_count"] == 7
    assert after["cells"][0]["source"] == "print(1)"
    assert after["metadata"] == before["metadata"]
    assert after["cells"][1] == before["cells"][1]
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["a.ipynb"]


def test_a_cell_that_the_file_does_not_have_is_not_added(file: Path) -> None:
    before = file.read_bytes()
    written = write_results(file, [CellResult("new", 2, outputs(stream("4")).nbformat())])
    assert written == Written(changed=False, cells=frozenset({"c0", "c1"}), file=file.stat())
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", ["[]", "{}", '{"nbformat": 3}', "no json"])
def test_a_file_that_is_no_notebook_is_left_alone(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(ValueError, match=r"."):
        write_results(file, [])
    assert file.read_text() == content


class Kernel:
    """Speaks to a recorder as one kernel and its page."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.count = 0

    def request(self, msg_id: str, cell_id: str) -> None:
        message = {
            "header": {"msg_id": msg_id},
            "metadata": {"cellId": cell_id},
            "content": {"code": "x"},
        }
        self.recorder.requested("k", message, "page")

    def publish(self, msg_id: str, kind: str, **content: Any) -> bool:
        self.count += 1
        header = {"msg_id": f"m{self.count}", "msg_type": kind}
        message = {"header": header, "parent_header": {"msg_id": msg_id}, "content": content}
        return self.recorder.published("k", message)

    def run(self, msg_id: str, cell_id: str, *texts: str) -> None:
        self.request(msg_id, cell_id)
        self.publish(msg_id, "execute_input", execution_count=1)
        for text in texts:
            self.publish(msg_id, "stream", name="stdout", text=text)
        self.publish(msg_id, "status", execution_state="idle")

    def texts(self) -> dict[str, str]:
        return {
            e.cell_id: "".join(o["text"] for o in e.outputs.nbformat())
            for e in self.recorder.of_kernel("k")
        }


def test_a_request_that_never_began_changes_no_cell() -> None:
    kernel = Kernel()
    kernel.request("1", "c0")
    kernel.publish("1", "status", execution_state="idle")
    assert not kernel.recorder.of_kernel("k")


def test_a_new_run_of_a_cell_replaces_the_old_one() -> None:
    kernel = Kernel()
    kernel.run("1", "c0", "old")
    kernel.run("2", "c0", "new")
    assert kernel.texts() == {"c0": "new"}


def test_what_an_output_widget_takes_is_not_the_cells() -> None:
    kernel = Kernel()
    kernel.request("1", "c0")
    kernel.publish("1", "execute_input", execution_count=1)
    kernel.publish("1", "stream", name="stdout", text="mine")
    kernel.publish("1", "comm_msg", comm_id="w", data={"state": {"msg_id": "1"}})
    kernel.publish("1", "stream", name="stdout", text="the widget's")
    kernel.publish("1", "comm_msg", comm_id="w", data={"state": {"msg_id": ""}})
    kernel.publish("1", "stream", name="stdout", text=" again")
    assert kernel.texts() == {"c0": "mine again"}


def test_a_restarted_kernel_leaves_no_cell_running() -> None:
    kernel = Kernel()
    kernel.request("1", "c0")
    kernel.publish("1", "execute_input", execution_count=1)
    kernel.recorder.kernel_interrupted("k")
    (execution,) = kernel.recorder.of_kernel("k")
    assert execution.ended_at is not None
