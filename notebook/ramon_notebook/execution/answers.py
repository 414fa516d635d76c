"""What a page is answered in place of a kernel that runs a cell and would answer only after it.

A page that opens asks a kernel what it is, waits three seconds for the answer, and then asks for
its widgets. Without these answers it shows "Loading widget..." until the cell has ended. And what
was printed into an Output widget with no page there no kernel knows at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ramon_notebook.execution.widgets import Widgets

ASKED = frozenset({"kernel_info_request", "comm_open", "comm_msg", "comm_close"})
"""Kinds of messages that may be answered here."""

CONTROL = "jupyter.widget.control"
"""By this name pages open the connection on which they ask for all widgets."""

Message = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """A message to a page, as the kernel would send it."""

    channel: str
    kind: str
    content: Message
    parent: Message
    buffers: tuple[bytes, ...] = ()


class Answers:
    """Answers one page. A connection for asking that was opened here never reaches the kernel."""

    def __init__(self, widgets: Widgets, kernel_id: str) -> None:
        self._widgets = widgets
        self._kernel_id = kernel_id
        self._opened: set[str] = set()

    def to(
        self, message: Message, *, running: Message | None, info: Message
    ) -> list[Answer] | None:
        """The answers to a message; None if it is for the kernel.

        running: the header of the request that the kernel is busy with, if it is.
        info: what the kernel said about itself when it started, or nothing.
        """
        header, content = message["header"], message["content"]
        if header["msg_type"] == "kernel_info_request":
            return _about_kernel(header, running, info) if running and info else None
        comm_id = content.get("comm_id", "")
        if content.get("target_name") == CONTROL:
            if not running and not self._widgets.gathered_here(self._kernel_id):
                return None
            self._opened.add(comm_id)
            return []
        if comm_id not in self._opened:
            return None
        if header["msg_type"] == "comm_close":
            self._opened.remove(comm_id)
            return []
        data, buffers = self._widgets.all_states(self._kernel_id)
        told = {"comm_id": comm_id, "data": data}
        return [Answer("iopub", "comm_msg", told, header, tuple(buffers))]


def _about_kernel(header: Message, running: Message, info: Message) -> list[Answer]:
    return [
        Answer("shell", "kernel_info_reply", info, header),
        Answer("iopub", "status", {"execution_state": "idle"}, header),
        Answer("iopub", "status", {"execution_state": "busy"}, running),
    ]
