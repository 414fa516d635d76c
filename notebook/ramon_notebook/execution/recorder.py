"""What every execution of a cell has put out, from its request to its last message."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ramon_notebook.execution.notebook_file import CellResult
from ramon_notebook.execution.outputs import Outputs

SEEN = 1000
"""Messages by whose ids a page that takes over tells what it has been given already."""


@dataclass
class Execution:
    """One run of one cell.

    owner: the session of the page that shows it; it keeps the outputs while it is connected.
    started: whether the kernel has begun; a request that is never begun changes no cell.
    seen: the ids of the last messages taken in.
    changes: counts what was taken in; `written` is its value when the file was last written,
    and 0 when somebody else has written the file since.
    """

    kernel_id: str
    msg_id: str
    cell_id: str
    code: str
    owner: str
    outputs: Outputs = field(default_factory=Outputs)
    execution_count: int | None = None
    started: bool = False
    requested_at: float = field(default_factory=time.monotonic)
    ended_at: float | None = None
    seen: deque[str] = field(default_factory=lambda: deque(maxlen=SEEN))
    changes: int = 0
    written: int = 0

    @property
    def result(self) -> CellResult:
        """What the notebook file is to say about it."""
        return CellResult(self.cell_id, self.code, self.execution_count, self.outputs.nbformat())


class Recorder:
    """The executions whose outputs may not be in the file yet, oldest first."""

    def __init__(self) -> None:
        self._executions: dict[tuple[str, str], Execution] = {}
        self._captures: dict[tuple[str, str], str] = {}

    def requested(self, kernel_id: str, message: dict[str, Any], owner: str) -> None:
        """A page asks a kernel to execute; only cells of notebooks are recorded."""
        cell_id = message["metadata"].get("cellId")
        content = message["content"]
        if not cell_id or content.get("silent"):
            return
        msg_id = message["header"]["msg_id"]
        execution = Execution(kernel_id, msg_id, cell_id, content["code"], owner)
        self._executions[kernel_id, msg_id] = execution

    def published(self, kernel_id: str, message: dict[str, Any]) -> bool:
        """Take in a message that a kernel published; whether a recorded output changed."""
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "update_display_data":
            return self._update_display(kernel_id, content)
        self._note_capture(kernel_id, kind, content)
        msg_id = (message.get("parent_header") or {}).get("msg_id", "")
        execution = self._executions.get((kernel_id, msg_id))
        if execution is None:
            return False
        execution.seen.append(message["header"]["msg_id"])
        if kind == "execute_input":
            execution.started = True
            execution.execution_count = content["execution_count"]
            self._replaces_earlier(execution)
        elif kind == "status":
            if content["execution_state"] == "idle":
                self._end(execution)
        elif msg_id not in self._captured(kernel_id):
            execution.outputs.add(kind, content)
        execution.changes += 1
        return True

    def kernel_interrupted(self, kernel_id: str) -> None:
        """A kernel died or was restarted: none of its cells runs any more."""
        for execution in self.of_kernel(kernel_id):
            self._end(execution)
        for key in [key for key in self._captures if key[0] == kernel_id]:
            del self._captures[key]

    def kernel_removed(self, kernel_id: str) -> None:
        """A kernel was shut down for good, its outputs saved."""
        self.kernel_interrupted(kernel_id)
        self.settle(kernel_id, lambda _: True)

    def settle(self, kernel_id: str, certain: Callable[[Execution], bool]) -> None:
        """Forget the ended executions whose outputs are `certain` to be where they belong."""
        for execution in self.of_kernel(kernel_id):
            if execution.ended_at is not None and certain(execution):
                self._forget(execution)

    def of_kernel(self, kernel_id: str) -> list[Execution]:
        """The executions recorded of one kernel, oldest first."""
        return [e for e in self._executions.values() if e.kernel_id == kernel_id]

    def kernels(self) -> set[str]:
        """The kernels of which something is recorded."""
        return {execution.kernel_id for execution in self._executions.values()}

    def _end(self, execution: Execution) -> None:
        if execution.ended_at is None:
            execution.ended_at = time.monotonic()
            execution.changes += 1
        if not execution.started:
            self._forget(execution)

    def _forget(self, execution: Execution) -> None:
        self._executions.pop((execution.kernel_id, execution.msg_id), None)

    def _replaces_earlier(self, execution: Execution) -> None:
        for other in self.of_kernel(execution.kernel_id):
            if other.cell_id == execution.cell_id and other is not execution and other.started:
                self._forget(other)

    def _update_display(self, kernel_id: str, content: dict[str, Any]) -> bool:
        display_id = (content.get("transient") or {}).get("display_id", "")
        changed = False
        for execution in self.of_kernel(kernel_id):
            if execution.outputs.update_display(display_id, content):
                execution.changes += 1
                changed = True
        return changed

    def _note_capture(self, kernel_id: str, kind: str, content: dict[str, Any]) -> None:
        """An Output widget takes the outputs of an execution: they are not the cell's then."""
        if kind == "comm_msg":
            state = content.get("data", {}).get("state") or {}
            if "msg_id" in state:
                self._captures[kernel_id, content["comm_id"]] = state["msg_id"]

    def _captured(self, kernel_id: str) -> set[str]:
        return {msg_id for (kernel, _), msg_id in self._captures.items() if kernel == kernel_id}
