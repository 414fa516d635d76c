"""The widgets of the kernels, as their messages say: for pages to come, and for notebook files.

A page asks the kernel for its widgets, which does not answer while a cell runs. And when the kernel
has ended nobody can answer: then the notebook's metadata can, in the form that ipywidgets defines
("widget state" in its documentation of the model state).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from ramon_notebook.execution.outputs import Outputs

TARGET = "jupyter.widget"
"""By this name kernels open the connections of their widgets."""

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"

REFERENCE = "IPY_MODEL_"
"""Begins a text that stands for another widget."""

MOST_BYTES = 8 << 20
"""Bytes of widgets' binary data that a notebook file is burdened with."""

MOST_ENDED = 2000
"""Widgets kept of kernels that were restarted, the newest: their views may still be shown."""

State = dict[str, Any]
Path = tuple[str | int, ...]


@dataclass
class Widget:
    """The state of one widget.

    state: without binary data, which `buffers` has by its place.
    gathered_here: it shows what only we have gathered, as no page was there to tell the kernel.
    """

    state: State
    buffers: dict[Path, bytes] = field(default_factory=dict)
    shows: Captured | None = None
    gathered_here: bool = False

    def update(self, state: State, buffers: dict[Path, bytes]) -> None:
        """Take in new values of some of its traits."""
        changed = {*state, *(path[0] for path in buffers)}
        kept = {path: data for path, data in self.buffers.items() if path[0] not in changed}
        self.buffers = kept | buffers
        self.state = {key: old for key, old in self.state.items() if key not in changed} | state

    @property
    def model(self) -> dict[str, Any]:
        """What it is and how it looks, as both pages and files have it."""
        names = {name: self.state.get(f"_{name}") for name in _NAMES}
        shown = {"outputs": self.shows.outputs} if self.shows else {}
        return {**names, "state": self.state | shown}

    @property
    def file_model(self) -> dict[str, Any]:
        """The same with its binary data as text, unless that is too much."""
        kept = {path: data for path, data in self.buffers.items() if len(data) <= MOST_BYTES}
        buffers = [
            {"path": list(path), "encoding": "base64", "data": b64encode(data).decode()}
            for path, data in kept.items()
        ]
        return self.model | ({"buffers": buffers} if buffers else {})


_NAMES = ("model_name", "model_module", "model_module_version")


class Captured:
    """What an Output widget shows while no page is there that would gather it."""

    def __init__(self, msg_id: str, before: list[dict[str, Any]]) -> None:
        self.msg_id = msg_id
        self._before = before
        self._new = Outputs()

    def add(self, kind: str, content: dict[str, Any]) -> None:
        """Take in a message."""
        if kind == "clear_output":
            self._before = []
        self._new.add(kind, content)

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """All that it shows."""
        return [*self._before, *self._new.nbformat()]


class Widgets:
    """All widgets of all kernels; files are written by other threads than messages come in.

    `version` grows with every change.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._live: dict[str, dict[str, Widget]] = {}
        self._ended: dict[str, Widget] = {}
        self._capturing: dict[str, dict[str, Widget]] = {}
        self.version = 0

    def published(self, kernel_id: str, message: dict[str, Any]) -> None:
        """Take in a message that a kernel published."""
        kind, content = message["header"]["msg_type"], message["content"]
        with self._lock:
            if kind in ("comm_open", "comm_msg"):
                self._told(kernel_id, kind, content, message.get("buffers") or [])
            elif kind == "comm_close":
                self._of(kernel_id).pop(content["comm_id"], None)
            elif kind in _SHOWN:
                self._capture(kernel_id, kind, message)

    def changed_by_page(self, kernel_id: str, content: dict[str, Any]) -> None:
        """Take in what a page tells a widget, as kernels do not echo all; not its binary data."""
        data = content.get("data") or {}
        with self._lock:
            widget = self._of(kernel_id).get(content.get("comm_id", ""))
            if widget and data.get("method") == "update":
                binary = {path[0] for path in data.get("buffer_paths") or []}
                state = data.get("state") or {}
                known = {key: state[key] for key in state if key not in binary}
                widget.update(known, {})
                _note_capture(widget, known)
                self.version += 1

    def kernel_ended(self, kernel_id: str) -> None:
        """A kernel was restarted or shut down: its widgets keep the looks they had."""
        with self._lock:
            self._capturing.pop(kernel_id, None)
            self._ended |= self._live.pop(kernel_id, {})
            while len(self._ended) > MOST_ENDED:
                del self._ended[next(iter(self._ended))]

    def all_states(self, kernel_id: str) -> tuple[dict[str, Any], list[bytes]]:
        """A kernel's answer to `request_states`: the data of its message, and the buffers."""
        with self._lock:
            live = self._of(kernel_id)
            buffers = {
                (model_id, "state", *path): data
                for model_id, widget in live.items()
                for path, data in widget.buffers.items()
            }
            data = {
                "method": "update_states",
                "states": {model_id: widget.model for model_id, widget in live.items()},
                "buffer_paths": [list(path) for path in buffers],
            }
            return data, list(buffers.values())

    def gathered_here(self, kernel_id: str) -> bool:
        """Whether a widget shows what the kernel itself does not know."""
        with self._lock:
            return any(widget.gathered_here for widget in self._of(kernel_id).values())

    def put_into(self, notebook: dict[str, Any], before: dict[str, Any] | None = None) -> None:
        """Note in a notebook's metadata how the widgets look that its outputs show.

        before: the metadata of the file so far; it knows widgets of kernels that are gone.
        """
        known = _noted(before or {}) | _noted(notebook.get("metadata") or {})
        states: dict[str, Any] = {}
        wanted = list(_viewed(notebook))
        while wanted:
            model_id = wanted.pop()
            model = None if model_id in states else self._file_model(model_id, known)
            if model is not None:
                states[model_id] = model
                wanted += _references(model["state"])
        metadata = notebook.setdefault("metadata", {})
        if states:
            form = {"version_major": 2, "version_minor": 0, "state": _lightened(states)}
            metadata["widgets"] = (metadata.get("widgets") or {}) | {STATE: form}
        elif STATE in (metadata.get("widgets") or {}):
            del metadata["widgets"]

    def _file_model(self, model_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        with self._lock:
            for widgets in (*self._live.values(), self._ended):
                if model_id in widgets:
                    return widgets[model_id].file_model
        model = known.get(model_id)
        return model if isinstance(model, dict) and isinstance(model.get("state"), dict) else None

    def _of(self, kernel_id: str) -> dict[str, Widget]:
        return self._live.setdefault(kernel_id, {})

    def _told(
        self, kernel_id: str, kind: str, content: dict[str, Any], binary: Collection[Any]
    ) -> None:
        widgets, model_id = self._of(kernel_id), content["comm_id"]
        data = content.get("data") or {}
        state = data.get("state")
        if not isinstance(state, dict):
            return
        places = [tuple(path) for path in data.get("buffer_paths") or []]
        buffers = {path: bytes(part) for path, part in zip(places, binary, strict=False) if path}
        if kind == "comm_open":
            if content.get("target_name") != TARGET:
                return
            widgets[model_id] = Widget({})
        elif model_id not in widgets or data.get("method") not in ("update", "echo_update"):
            return
        widget = widgets[model_id]
        widget.update(state, buffers)
        _note_capture(widget, state)
        capturing = self._capturing.setdefault(kernel_id, {})
        capturing.pop(model_id, None)
        if widget.shows:
            capturing[model_id] = widget
        self.version += 1

    def _capture(self, kernel_id: str, kind: str, message: dict[str, Any]) -> None:
        parent = (message.get("parent_header") or {}).get("msg_id")
        for widget in self._capturing.get(kernel_id, {}).values():
            if widget.shows and widget.shows.msg_id == parent:
                widget.shows.add(kind, message["content"])
                widget.gathered_here = True
                self.version += 1


_SHOWN = frozenset({"stream", "display_data", "execute_result", "error", "clear_output"})


def _note_capture(widget: Widget, changed: State) -> None:
    """An Output widget begins or ends to take the outputs of an execution."""
    if "outputs" in changed:
        widget.shows, widget.gathered_here = None, False
    if "msg_id" not in changed:
        return
    if widget.shows:
        widget.state["outputs"] = widget.shows.outputs
        widget.shows = None
    if changed["msg_id"]:
        widget.shows = Captured(changed["msg_id"], list(widget.state.get("outputs") or ()))


def _noted(metadata: dict[str, Any]) -> dict[str, Any]:
    """The widgets that a notebook's metadata knows; anything may stand there."""
    match metadata:
        case {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": dict(states)}}}:
            return states
    return {}


def _viewed(notebook: dict[str, Any]) -> Iterator[str]:
    """The widgets that outputs show."""
    for cell in notebook.get("cells") or ():
        for output in cell.get("outputs") or ():
            yield from _viewed_in(output)


def _viewed_in(output: dict[str, Any]) -> Iterator[str]:
    view = (output.get("data") or {}).get(VIEW)
    if isinstance(view, dict) and isinstance(view.get("model_id"), str):
        yield view["model_id"]


def _references(value: Any) -> list[str]:
    """The widgets that a state names, wherever in it: also those that captured outputs show."""
    if isinstance(value, str):
        return [value.removeprefix(REFERENCE)] if value.startswith(REFERENCE) else []
    if isinstance(value, dict):
        return [
            *_viewed_in(value),
            *(each for item in value.values() for each in _references(item)),
        ]
    if isinstance(value, list):
        return [each for item in value for each in _references(item)]
    return []


def _lightened(states: dict[str, Any]) -> dict[str, Any]:
    """The states without the binary data that would burden the file too much, the largest first."""
    sizes = {
        model_id: sum(len(buffer["data"]) for buffer in model.get("buffers") or ())
        for model_id, model in states.items()
    }
    for model_id in sorted(sizes, key=lambda model_id: -sizes[model_id]):
        if sum(sizes.values()) <= MOST_BYTES:
            break
        sizes[model_id] = 0
        states[model_id] = {key: states[model_id][key] for key in (*_NAMES, "state")}
    return states
