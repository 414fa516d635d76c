"""Which executions of each kernel are unfinished. This is what "busy" means, and nothing else is.

An execution is known by its request (from our pages) or by what the kernel publishes about it
(from any client, a console in a terminal too). Only three facts end it for good: the kernel
publishes that it is idle again after it, the kernel replies to it, or the process ends.

Any of these messages can be lost: a kernel drops what it publishes when nobody reads it fast
enough. So the kernel is asked (`questions`): a shell handles one request after the other, and
whatever it began before it answered is over. What is only concluded is taken back as soon as
the kernel says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

FINISHED = 10_000
"""Executions of a kernel that are remembered as finished, against messages that come late."""

OVERTAKEN = 3
"""A request that was not begun is lost when a shell has answered this many later questions."""

MAIN_SHELL = ""
"""The shell of requests that name no subshell."""


@dataclass
class Unfinished:
    """An execution that has been asked for and has not ended.

    header: of the request. shell: the subshell that runs it. began: whether the kernel has
    said so. overtaken: how many later questions the shell has answered.
    """

    header: dict[str, Any]
    began: bool = False
    overtaken: int = 0

    @property
    def msg_id(self) -> str:
        """The id of the request."""
        return str(self.header["msg_id"])

    @property
    def shell(self) -> str:
        """The subshell that runs it; `MAIN_SHELL` for most."""
        return str(self.header.get("subshell_id") or MAIN_SHELL)


@dataclass(frozen=True)
class Question:
    """A request that a shell answers after everything that it has begun before.

    began, waiting: the executions of that shell that had begun when it was asked, and the others.
    """

    kernel_id: str
    shell: str
    began: tuple[str, ...]
    waiting: tuple[str, ...]


@dataclass
class _Kernel:
    unfinished: dict[str, Unfinished] = field(default_factory=dict)
    finished: dict[str, None] = field(default_factory=dict)
    open_questions: set[str] = field(default_factory=set)


class Running:
    """The unfinished executions of all kernels.

    last_change: when an execution was last asked for, begun or ended.
    """

    def __init__(self) -> None:
        self.last_change: datetime | None = None
        self._kernels: dict[str, _Kernel] = {}

    def requested(self, kernel_id: str, header: dict[str, Any]) -> None:
        """Note a client's request to execute something."""
        kernel = self._of(kernel_id)
        if header["msg_id"] not in kernel.finished:
            kernel.unfinished.setdefault(header["msg_id"], Unfinished(header))
            self.last_change = datetime.now(UTC)

    def published(self, kernel_id: str, message: dict[str, Any]) -> None:
        """Note what a kernel published, on behalf of any client."""
        header = message.get("parent_header") or {}
        if header.get("msg_type") != "execute_request" or "msg_id" not in header:
            return
        kind = message["header"]["msg_type"]
        state = message["content"].get("execution_state") if kind == "status" else None
        if state == "idle":
            self._finish(kernel_id, header["msg_id"])
        elif state == "busy" or kind == "execute_input":
            self.requested(kernel_id, header)
            if execution := self._of(kernel_id).unfinished.get(header["msg_id"]):
                execution.began = True

    def replied(self, kernel_id: str, msg_id: str) -> None:
        """Note that the kernel replied to a request to execute something."""
        self._finish(kernel_id, msg_id)

    def process_ended(self, kernel_id: str) -> list[Unfinished]:
        """Note that a kernel's process ended; the executions that it left unfinished.

        Those that it had begun are first. The others were in its sockets and are lost; should a
        request reach the next process all the same, that will say so.
        """
        kernel = self._of(kernel_id)
        cut_off = sorted(kernel.unfinished.values(), key=lambda each: not each.began)
        for execution in cut_off:
            if execution.began:
                self._finish(kernel_id, execution.msg_id)
        kernel.unfinished.clear()
        kernel.open_questions.clear()
        return cut_off

    def removed(self, kernel_id: str) -> None:
        """Forget a kernel."""
        self._kernels.pop(kernel_id, None)

    def unfinished(self, kernel_id: str) -> list[Unfinished]:
        """The unfinished executions of a kernel, in the order in which they became known."""
        return list(self._of(kernel_id).unfinished.values())

    def questions(self, kernel_id: str) -> list[Question]:
        """What to ask a kernel now: one question for each shell that seems to run something.

        A shell that has not answered yet is not asked again. Each question must be put to the
        kernel, and `answered` called when the kernel replies.
        """
        kernel = self._of(kernel_id)
        shells = {execution.shell for execution in kernel.unfinished.values()}
        asked = shells - kernel.open_questions
        kernel.open_questions |= asked
        return [self._question(kernel_id, shell) for shell in sorted(asked)]

    def answered(self, question: Question) -> None:
        """Conclude which executions are over, from the answer of their shell."""
        kernel = self._of(question.kernel_id)
        if question.shell not in kernel.open_questions:
            return  # asked of a process that has ended
        kernel.open_questions.discard(question.shell)
        for msg_id in question.began:
            kernel.unfinished.pop(msg_id, None)
        for msg_id in question.waiting:
            # What has begun meanwhile may have begun after the answer: messages of different
            # channels overtake each other. The next question will tell.
            if (execution := kernel.unfinished.get(msg_id)) and not execution.began:
                execution.overtaken += 1
                if execution.overtaken >= OVERTAKEN:
                    del kernel.unfinished[msg_id]

    def _question(self, kernel_id: str, shell: str) -> Question:
        here = [e for e in self.unfinished(kernel_id) if e.shell == shell]
        return Question(
            kernel_id,
            shell,
            began=tuple(e.msg_id for e in here if e.began),
            waiting=tuple(e.msg_id for e in here if not e.began),
        )

    def _finish(self, kernel_id: str, msg_id: str) -> None:
        kernel = self._of(kernel_id)
        if kernel.unfinished.pop(msg_id, None):
            self.last_change = datetime.now(UTC)
        kernel.finished[msg_id] = None
        if len(kernel.finished) > FINISHED:
            del kernel.finished[next(iter(kernel.finished))]

    def _of(self, kernel_id: str) -> _Kernel:
        return self._kernels.setdefault(kernel_id, _Kernel())
