"""What is known of the kernels' work: from what they say, and from their processes."""

# Jupyter's classes are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from jupyter_client.session import Session

from ramon_notebook.execution.deaths import (
    Death,
    MemoryKills,
    error_output,
    not_run_output,
    reason,
    stopped_output,
)
from ramon_notebook.execution.outputs import Output
from ramon_notebook.execution.recorder import Recorder
from ramon_notebook.execution.running import MAIN_SHELL, Question, Running, Unfinished

log = logging.getLogger(__name__)

Message = dict[str, Any]
Publish = Callable[[Message], None]


class KernelWatch:
    """Tells which kernels are busy, and what becomes of those that die.

    manager: Jupyter's kernels. recorder: gets what a cell has to show when its kernel died.
    notebook_of: the path of a kernel's notebook in the workspace, or None.
    memory_bytes: the notebook's memory, if it is limited.
    waits_for_nobody: whether an execution (kernel's id, request's id) waits for an input that
    no page can give; it does not count as running then.
    """

    def __init__(
        self,
        manager: Any,
        recorder: Recorder,
        notebook_of: Callable[[str], Awaitable[str | None]],
        memory_bytes: int | None,
    ) -> None:
        self.running = Running()
        self._deaths: dict[str, Death] = {}
        self.waits_for_nobody: Callable[[str, str], bool] = lambda *_: False
        self._manager = manager
        self._recorder = recorder
        self._notebook_of = notebook_of
        self._memory_bytes = memory_bytes
        self._memory_kills = MemoryKills()
        self._pages: dict[str, list[Publish]] = {}
        self._askers: dict[str, _Asker] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def page_connected(self, kernel_id: str, publish: Publish) -> None:
        """A page shows what this kernel publishes; `publish` gives it a message more."""
        self._pages.setdefault(kernel_id, []).append(publish)

    def page_left(self, kernel_id: str, publish: Publish) -> None:
        """That page is gone."""
        pages = self._pages.get(kernel_id, [])
        if publish in pages:
            pages.remove(publish)

    def requested(self, kernel_id: str, header: dict[str, Any]) -> None:
        """A page asks a kernel to execute something: whoever does knows that it had died."""
        if not self.running.unfinished(kernel_id):
            self._memory_kills.begins(kernel_id)
        self.running.requested(kernel_id, header)
        self._deaths.pop(kernel_id, None)

    def published(self, kernel_id: str, message: Message) -> None:
        """Note what a kernel published, on behalf of any client."""
        self.running.published(kernel_id, message)
        if message["header"]["msg_type"] == "execute_input":
            kernel = self._manager.get_kernel(kernel_id)
            self._memory_kills.begins(kernel_id, partial(lives, kernel))

    @property
    def last_death(self) -> Death | None:
        """The last kernel that died, of those in which nobody has run anything since."""
        return max(self._deaths.values(), key=lambda death: death.at, default=None)

    def busy_kernels(self) -> list[str]:
        """The kernels that run something, by id."""
        return [kernel_id for kernel_id in self._manager.list_kernel_ids() if self.busy(kernel_id)]

    def busy(self, kernel_id: str) -> bool:
        """Whether a kernel's process lives and has an unfinished execution."""
        if not lives(self._manager.get_kernel(kernel_id)):
            return False
        unfinished = self.running.unfinished(kernel_id)
        # What is queued behind an execution that waits for nobody waits as well.
        stuck = {e.shell for e in unfinished if e.began and self._waits_for_nobody(kernel_id, e)}
        return any(execution.shell not in stuck for execution in unfinished)

    def ask(self) -> None:
        """Ask every kernel that seems busy; to be called again and again."""
        for kernel_id in self._manager.list_kernel_ids():
            for question in self.running.questions(kernel_id):
                if kernel_id not in self._askers:
                    kernel = self._manager.get_kernel(kernel_id)
                    self._askers[kernel_id] = _Asker(kernel, self.running)
                self._askers[kernel_id].ask(question)

    def restarted(self, kernel_id: str, died_with: int | None = None) -> None:
        """A kernel has another process, as somebody asked for, or failed to get one.

        died_with: the exit code of the process if it had died before it was asked to end.
        """
        self._manager.catch_up(kernel_id)
        cut_off = self.running.process_ended(kernel_id)
        if died_with is None:  # what it ran was interrupted, and says so
            waited = [each for each in cut_off if not each.began]
            self._tell_cells(kernel_id, waited, not_run_output("was restarted"))
        else:
            self._tell_of_death(kernel_id, cut_off, died_with)
        self._manager.interrupted(kernel_id)

    def stopped(self, kernel_id: str) -> None:
        """A kernel is about to be shut down, as somebody asked for."""
        self._manager.catch_up(kernel_id)
        for execution in self.running.process_ended(kernel_id):
            output = stopped_output() if execution.began else not_run_output("was stopped")
            self._tell_cells(kernel_id, [execution], output)

    def died(self, kernel_id: str, *, for_good: bool = False) -> None:
        """A kernel's process has ended although nobody asked for it: tell everybody why.

        for_good: it ended each time that it was started again, and is not started any more.
        """
        kernel = self._manager.get_kernel(kernel_id)
        self._manager.catch_up(kernel_id)
        kernel.begin_anew()
        cut_off = self.running.process_ended(kernel_id)
        exit_code = _exit_code(kernel)
        if cut_off or exit_code != 0:  # one that ended with 0 did as its code said: exit()
            self._tell_of_death(kernel_id, cut_off, exit_code, for_good=for_good)
            self._tell_of_restart(kernel_id)
        self._manager.interrupted(kernel_id)
        kernel.execution_state = "dead" if for_good else "starting"
        if for_good:
            self.removed(kernel_id)

    def removed(self, kernel_id: str) -> None:
        """A kernel was shut down for good."""
        self.running.removed(kernel_id)
        self._memory_kills.forget(kernel_id)
        self._pages.pop(kernel_id, None)
        if asker := self._askers.pop(kernel_id, None):
            asker.close()

    def _tell_of_death(
        self,
        kernel_id: str,
        cut_off: list[Unfinished],
        exit_code: int | None,
        *,
        for_good: bool = False,
    ) -> None:
        """Tell the cells that a dead process left unfinished, and the service."""
        why = reason(
            exit_code,
            out_of_memory=self._memory_kills.happened(kernel_id),
            memory_bytes=self._memory_bytes,
            for_good=for_good,
        )
        log.warning("Kernel %s died: %s", kernel_id, why)
        # One that ends before it can say what it runs was at the first: it takes them in order.
        ran = [each for each in cut_off if each.began] or cut_off[: exit_code != 0]
        self._tell_cells(kernel_id, ran, error_output(why))
        waited = [each for each in cut_off if each not in ran]
        self._tell_cells(kernel_id, waited, not_run_output("died" if exit_code != 0 else "ended"))
        self._spawn(self._note_death(kernel_id, why, len(cut_off)))

    def _waits_for_nobody(self, kernel_id: str, execution: Unfinished) -> bool:
        return self.waits_for_nobody(kernel_id, execution.msg_id)

    def _tell_cells(self, kernel_id: str, cut_off: list[Unfinished], error: Output) -> None:
        kernel = self._manager.get_kernel(kernel_id)
        session = kernel.session
        for execution in cut_off:
            for kind, content in (
                ("error", error),
                ("status", {"execution_state": "idle"}),
            ):
                message = session.msg(kind, content, parent=execution.header)
                # Messages that name another session tell a page that the kernel has changed.
                message["header"]["session"] = kernel.last_heard
                self._recorder.published(kernel_id, message)
                self._publish(kernel_id, message)

    def _tell_of_restart(self, kernel_id: str) -> None:
        """Tell pages that are away; those that are here are told by Jupyter itself."""
        session = self._manager.get_kernel(kernel_id).session
        restarting = session.msg("status", {"execution_state": "restarting"})
        self._manager.keep_for_absent_page(kernel_id, restarting)

    def _publish(self, kernel_id: str, message: Message) -> None:
        for publish in self._pages.get(kernel_id, []):
            publish(message)
        self._manager.keep_for_absent_page(kernel_id, message)

    async def _note_death(self, kernel_id: str, why: str, cut_off: int) -> None:
        at = datetime.now(UTC)
        notebook = await self._notebook_of(kernel_id)
        self._deaths[kernel_id] = Death(at, kernel_id, notebook, why, cut_off)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Asker:
    """A connection to one kernel's shell channel, for questions."""

    def __init__(self, kernel: Any, running: Running) -> None:
        self._session = Session(config=kernel.session.config, key=kernel.session.key)
        self._running = running
        self._open: dict[str, Question] = {}
        self._stream = kernel.connect_shell()
        self._stream.on_recv(self._received)

    def ask(self, question: Question) -> None:
        message = self._session.msg("kernel_info_request")
        if question.shell != MAIN_SHELL:
            message["header"]["subshell_id"] = question.shell
        self._open[message["header"]["msg_id"]] = question
        self._session.send(self._stream, message)

    def close(self) -> None:
        self._stream.close()

    def _received(self, parts: list[bytes]) -> None:
        _, message = self._session.feed_identities(parts)
        parent = self._session.deserialize(message)["parent_header"]
        if question := self._open.pop(parent.get("msg_id", ""), None):
            self._running.answered(question)


def lives(kernel: Any) -> bool:
    """Whether a kernel has a process that has not ended."""
    process = getattr(kernel.provisioner, "process", None)
    return process is not None and process.poll() is None


def _exit_code(kernel: Any) -> int | None:
    process = getattr(kernel.provisioner, "process", None)
    code: int | None = process.poll() if process is not None else None
    return code
