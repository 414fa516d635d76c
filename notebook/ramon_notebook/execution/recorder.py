"""What every execution of a cell has put out, from its request to its last message."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from ramon_notebook.execution.execution import Execution, Taken
from ramon_notebook.execution.inputs import Question

MOST_NUMBERED = 10_000
"""Messages of a kernel, the newest, that a page may name to say what it has taken in."""

MOST_ENDED = 500
"""Ended executions kept of a kernel; beyond, the oldest are forgotten."""


BEGINS = ("execute_input", "error")
"""Messages that change the cell of a request; an error may be all that its kernel left."""


class Recorder:
    """The executions whose outputs may not be in the file yet, oldest first."""

    def __init__(self) -> None:
        self._executions: dict[tuple[str, str], Execution] = {}
        self._captures: dict[tuple[str, str], str] = {}
        self._numbers: dict[str, dict[str, int]] = {}
        self._published = 0

    def requested(self, kernel_id: str, message: dict[str, Any], owner: str) -> None:
        """A page asks a kernel to execute; only cells of notebooks are recorded."""
        cell_id = (message.get("metadata") or {}).get("cellId")
        if not cell_id or not isinstance(cell_id, str) or message["content"].get("silent"):
            return
        msg_id = message["header"]["msg_id"]
        for earlier in self.of_kernel(kernel_id):
            if earlier.cell_id == cell_id and earlier.owner in (owner, ""):
                earlier.run_again_by.add(msg_id)
        self._executions[kernel_id, msg_id] = Execution(
            kernel_id, msg_id, cell_id, owner, message["header"]
        )

    def published(self, kernel_id: str, message: dict[str, Any]) -> bool:
        """Take in a message that a kernel published; whether a recorded output changed."""
        kind, content = message["header"]["msg_type"], message["content"]
        taken = self._number(kernel_id, message["header"]["msg_id"], kind, content)
        if kind == "update_display_data":
            return self._update_display(kernel_id, taken)
        self._note_capture(kernel_id, kind, content)
        msg_id = (message.get("parent_header") or {}).get("msg_id", "")
        execution = self._executions.get((kernel_id, msg_id))
        if execution is None:
            return False
        if kind == "execute_input":
            execution.execution_count = content["execution_count"]
        if kind in BEGINS and not execution.started:
            execution.started = True
            self._replace_earlier(execution)
        execution.take(taken, shows=msg_id not in self._captured(kernel_id))
        if kind == "status" and content["execution_state"] == "idle":
            self._end(execution)
        return True

    def asked(self, kernel_id: str, message: dict[str, Any], told: str) -> Execution | None:
        """A kernel requests input; `told` is the session of the page that was asked, if any."""
        execution = self._executions.get((kernel_id, message["parent_header"].get("msg_id", "")))
        if execution is not None and execution.unfinished:
            content = message["content"]
            execution.ask(Question(content["prompt"], bool(content["password"]), told))
        return execution

    def answered(self, kernel_id: str, value: str) -> None:
        """A page gives the input that a kernel waits for, and shows that it did."""
        for execution in self.of_kernel(kernel_id):
            if question := execution.question:
                execution.ask(None)
                # It has the number of what came last: a page that has that shows the answer too.
                taken = Taken(self._published, "", "stream", question.answered(value))
                execution.take(taken, shows=True)

    def not_asked_any_more(self, kernel_id: str) -> None:
        """A kernel is interrupted: it does not wait for input now."""
        for execution in self.of_kernel(kernel_id):
            execution.ask(None)

    def number(self, kernel_id: str, msg_ids: Iterable[str]) -> int:
        """The number of the latest of these messages; 0 if none of them is known."""
        numbers = self._numbers.get(kernel_id, {})
        return max((numbers.get(msg_id, 0) for msg_id in msg_ids), default=0)

    def last_message(self, kernel_id: str) -> str:
        """The id of the last message that a kernel published."""
        return next(reversed(self._numbers.get(kernel_id) or {"": 0}))

    def kernel_interrupted(self, kernel_id: str) -> None:
        """A kernel died or was restarted: none of its cells runs any more."""
        for execution in self.of_kernel(kernel_id):
            self._end(execution)
        for key in [key for key in self._captures if key[0] == kernel_id]:
            del self._captures[key]

    def kernel_removed(self, kernel_id: str) -> None:
        """A kernel was shut down for good, its outputs saved."""
        self.kernel_interrupted(kernel_id)
        for execution in self.of_kernel(kernel_id):
            self._drop(execution)
        self._numbers.pop(kernel_id, None)

    def settle(self, executions: Iterable[Execution]) -> None:
        """Forget ended executions whose outputs are where they belong.

        Those with displays that a later cell may update are kept, to be written again then.
        """
        for execution in executions:
            if execution.ended_at is None:
                continue
            execution.settled = True
            execution.written = execution.changes
            if not execution.outputs.can_be_updated:
                self._drop(execution)

    def forget(self, executions: Iterable[Execution]) -> None:
        """Forget executions whose cells are no more."""
        for execution in executions:
            self._drop(execution)

    def drop_replaced(self) -> None:
        """Forget the executions of a cell that has been run again, by whichever kernel."""
        newest: dict[tuple[object, str], Execution] = {}
        for execution in self.all():
            if execution.started and execution.document is not None:
                key = (execution.document, execution.cell_id)
                if (older := newest.get(key)) is not None:
                    self._drop(older)
                newest[key] = execution

    def all(self) -> list[Execution]:
        """All executions that are recorded, oldest first."""
        return list(self._executions.values())

    def of_kernel(self, kernel_id: str) -> list[Execution]:
        """The executions recorded of one kernel, oldest first."""
        return [e for e in self._executions.values() if e.kernel_id == kernel_id]

    def running(self, kernel_id: str) -> Execution | None:
        """What a kernel is busy with, as far as it is recorded."""
        running = (e for e in self.of_kernel(kernel_id) if e.started and e.ended_at is None)
        return next(running, None)

    def _number(self, kernel_id: str, msg_id: str, kind: str, content: dict[str, Any]) -> Taken:
        self._published += 1
        numbers = self._numbers.setdefault(kernel_id, {})
        numbers[msg_id] = self._published
        if len(numbers) > MOST_NUMBERED:
            del numbers[next(iter(numbers))]
        return Taken(self._published, msg_id, kind, content)

    def _end(self, execution: Execution) -> None:
        if execution.ended_at is None:
            execution.ended_at = time.monotonic()
            execution.question = None
            execution.changes += 1
        if not execution.started:
            self._drop(execution)
        ended = [e for e in self.of_kernel(execution.kernel_id) if e.ended_at is not None]
        for oldest in ended[:-MOST_ENDED]:
            self._drop(oldest)

    def _drop(self, execution: Execution) -> None:
        self._executions.pop((execution.kernel_id, execution.msg_id), None)

    def _replace_earlier(self, execution: Execution) -> None:
        """Forget earlier runs of the cell, as far as it is known already to be the same cell."""
        for other in self.all():
            known = other.document is not None and other.document == execution.document
            mine = (other.kernel_id, other.owner) == (execution.kernel_id, execution.owner)
            again = other.cell_id == execution.cell_id and other is not execution
            if again and other.started and (known or mine):
                self._drop(other)

    def _update_display(self, kernel_id: str, taken: Taken) -> bool:
        changed = False
        for execution in self.of_kernel(kernel_id):
            if execution.outputs.update_display(taken.display_id, taken.content):
                execution.note(taken)
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
