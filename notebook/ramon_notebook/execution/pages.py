"""A page's connection to a kernel: what it says is noted, and some of it answered here."""

# Jupyter's own subclasses are partly untyped and change their parents' signatures.
# mypy: allow-untyped-calls, disable-error-code="override"

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable
from typing import Any

import zmq
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.ioloop import IOLoop

from ramon_notebook.execution.answers import ASKED, Answer, Answers
from ramon_notebook.execution.execution import Execution
from ramon_notebook.execution.messages import PARTS, V1, by_a_person, of_interest
from ramon_notebook.execution.running import MAIN_SHELL
from ramon_notebook.execution.saver import OutputSaver
from ramon_notebook.execution.watch import KernelWatch, lives
from ramon_notebook.kernels.manager import takes_in

NUDGE_SECONDS = 0.03

PRINTED_BYTES = 10_000_000
"""Bytes of text a second that a page is sent, over three seconds; a browser dies of much more.

Jupyter's limit of a tenth of that drops a single message of 3 MB.
"""

TOO_MUCH = (
    "[The page leaves out what comes now: the cell prints more than 10 MB, or 1000 messages, a "
    "second. The cell itself goes on.]"
)

TO_KERNEL = ("shell", "control", "stdin")

MOST_ENDED = 100
"""Requests whose ends were the last that this page was told."""

HEARS_SECONDS = 10.0
"""Seconds that a page waits at most for the recorder to hear a kernel that publishes nothing."""


class PageConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's connection of a page to a kernel; prompt, and noted by the recorder."""

    _noted = False

    def connect(self) -> Any:
        """Connect the page to the kernel's channels."""
        # A cell's answer is several small packets: with Nagle's algorithm, all but the first
        # wait 40 ms for an acknowledgement.
        self.websocket_handler.set_nodelay(True)
        self._ended: deque[str | None] = deque(maxlen=MOST_ENDED)
        self._held: deque[Any] = deque()
        self._heard_of: str | None = None
        self._answers = Answers(self._saver.widgets, self.kernel_id)
        self._saver.page_connected(self.kernel_id, self.session.session)
        self._watch.page_connected(self.kernel_id, self.publish)
        self._noted = True
        connected = super().connect()
        manager: Any = self.multi_kernel_manager
        manager.pages[self.kernel_id, self.session.session] = self
        manager.ears.close(self.kernel_id, self.session.session)
        self._nudge_soon()
        return connected and asyncio.ensure_future(self._connected(connected))

    def disconnect(self) -> None:
        """The page has gone."""
        if self._noted:
            self._noted = False
            self._saver.page_left(self.kernel_id, self.session.session)
            self._watch.page_left(self.kernel_id, self.publish)
            self._leave_ears()
        if self._held:  # the person ran a cell and closed the page: it is run all the same
            self._releasing.add_done_callback(lambda _: super(PageConnection, self).disconnect())
        else:
            super().disconnect()

    def _leave_ears(self) -> None:
        """Something that this page started may ask it for input yet."""
        manager: Any = self.multi_kernel_manager
        key = (self.kernel_id, self.session.session)
        if manager.pages.get(key) is self:
            del manager.pages[key]
        others = any(kernel_id == self.kernel_id for kernel_id, _ in manager.pages)
        if others and self.kernel_id in manager:  # or else its own channel is listened to
            manager.listen_for(*key)

    def ask(self, execution: Execution) -> None:
        """Ask the page for the input that a cell of its notebook waits for."""
        question = execution.question
        if question:
            content = {"prompt": question.prompt, "password": question.password}
            self._send(Answer("stdin", "input_request", content, execution.header))

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message, bytes or text, on to the kernel."""
        if not incoming_msg:
            return  # in place of a message that was too large; the page told the person
        if not self._held and self._is_heard:
            self._pass_on(incoming_msg)
            return
        self._held.append(incoming_msg)
        if len(self._held) == 1:
            self._releasing = asyncio.ensure_future(self._release())

    @property
    def _is_heard(self) -> bool:
        """Whether the recorder and this page, unless closed, hear a process that lives."""
        kernel = self.kernel_manager
        here = not self._noted or self._heard_of == kernel.speaks_as
        hears = here and kernel.recorder_hears.is_set() and lives(kernel)
        return bool(hears) and takes_in(self.channels["shell"])

    async def _release(self) -> None:
        """Pass held messages on when all hear the kernel: it would be asked before, and answer.

        A connection to a new process takes a moment, each of them another one; and what a dead
        process is sent would be lost.
        """
        kernel = self.kernel_manager
        channel = kernel.connect_control()
        until = time.monotonic() + HEARS_SECONDS
        while not self._is_heard and time.monotonic() < until:
            if self.kernel_id not in self.multi_kernel_manager:
                break
            if lives(kernel) and not kernel.shutting_down:
                self.session.send(channel, "kernel_info_request")
            elif kernel.execution_state != "dead":
                until = time.monotonic() + HEARS_SECONDS  # it is about to be started again
            await asyncio.sleep(NUDGE_SECONDS)
        channel.close()
        kernel.recorder_hears.set()
        self._heard_of = kernel.speaks_as
        while self._held:
            incoming = self._held[0]
            if self.kernel_id in self.multi_kernel_manager:
                self._pass_on(incoming)
            self._held.popleft()

    def _pass_on(self, incoming_msg: Any) -> None:
        message = of_interest(incoming_msg, v1=self.subprotocol == V1)
        if message:
            self._note(message)
        if not (message and self._answer(message)):
            super().handle_incoming_message(incoming_msg)
            for channel in TO_KERNEL:
                self.channels[channel].flush(zmq.POLLOUT)  # or the next process might get it

    def _note(self, message: dict[str, Any]) -> None:
        kind = message["header"]["msg_type"]
        if by_a_person(message):
            self.websocket_handler.settings["ramon_agent"].activity.note()
        if kind == "execute_request":
            self._watch.requested(self.kernel_id, message["header"])
            self._saver.recorder.requested(self.kernel_id, message, self.session.session)
        elif kind == "input_reply":
            value = str(message["content"].get("value", ""))
            self._saver.recorder.answered(self.kernel_id, value)
        elif kind == "comm_msg":
            self._saver.widgets.changed_by_page(self.kernel_id, message["content"])

    def _answer(self, message: dict[str, Any]) -> bool:
        """Answer in place of a kernel that runs a cell; whether that was possible."""
        if message["header"]["msg_type"] not in ASKED:
            return False
        running = self._saver.recorder.running(self.kernel_id)
        info = getattr(self.kernel_manager, "_kernel_info_future", None)
        told = self._answers.to(
            message,
            running=running.header if running else None,
            info=info.result() if info and info.done() else {},
        )
        for answer in told or ():
            self._send(answer)
        return told is not None

    def _send(self, answer: Answer) -> None:
        """Send the page a message that looks as if the kernel had sent it."""
        message = self.session.msg(answer.kind, answer.content, parent=answer.parent)
        # A page drops what it has not handled yet when messages name another session.
        message["header"]["session"] = self.kernel_manager.last_heard
        message["buffers"] = list(answer.buffers)
        stream = self.channels[answer.channel]
        if self.subprotocol == V1:
            parts = [self.session.pack(message[name]) for name in PARTS]
            self._on_zmq_reply(stream, [*parts, *answer.buffers])
        else:
            self._on_zmq_reply(stream, message)

    async def _connected(self, connected: Awaitable[None]) -> None:
        """Let the page send once the recorder hears the kernel too, and misses no first cell."""
        process = self.kernel_manager.speaks_as
        await connected
        self._heard_of = self._heard_of or process
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.kernel_manager.recorder_hears.wait(), HEARS_SECONDS)
        manager: Any = self.multi_kernel_manager
        manager.tell(self.kernel_id, self.session.session)

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """Pass a message of the kernel on to the page."""
        channel = getattr(stream, "channel", stream)
        if channel == "stdin":
            manager: Any = self.multi_kernel_manager
            manager.asked(self.kernel_id, outgoing_msg, self.session.session)
        elif channel == "shell":
            _, parts = self.session.feed_identities(outgoing_msg)
            header, parent = (self.session.unpack(part) for part in parts[1:3])
            if header["msg_type"] == "execute_reply":
                self._watch.running.replied(self.kernel_id, parent["msg_id"])
        super().handle_outgoing_message(stream, outgoing_msg)
        if channel == "iopub":
            self._still_busy(outgoing_msg)

    def _still_busy(self, published: list[Any]) -> None:
        """Say that a cell still runs after something else has ended: a widget's message, say.

        A kernel says each time that it is idle, and a page shows what it said last.
        """
        _, parts = self.session.feed_identities(published)
        header = self.session.unpack(parts[1])
        self._heard_of = header["session"]
        if header["msg_type"] != "status":
            return
        parent, content = self.session.unpack(parts[2]), self.session.unpack(parts[4])
        if content.get("execution_state") != "idle":
            return
        self._ended.append(parent.get("msg_id"))
        for execution in self._watch.running.unfinished(self.kernel_id):
            main = execution.began and execution.shell == MAIN_SHELL
            if main and execution.msg_id not in self._ended:
                busy = {"execution_state": "busy"}
                self._send(Answer("iopub", "status", busy, execution.header))
                return

    def write_stderr(self, _: str, parent_header: Any) -> None:
        """Say in plain words that a page is not sent all that a cell prints."""
        super().write_stderr(TOO_MUCH, parent_header)

    def publish(self, message: dict[str, Any]) -> None:
        """Give the page a message as if the kernel had published it."""
        iopub = self.channels.get("iopub")
        if iopub is None or iopub.closed():
            return
        iopub.flush()  # what the kernel itself has published comes first
        # A page drops what it has not handled yet when messages name another session.
        own = {"session": self.kernel_manager.last_heard}
        told = {**message, "header": message["header"] | own}
        parts = self.session.serialize(told, ident=message["msg_type"].encode())
        self.handle_outgoing_message(iopub, parts)

    @property
    def _watch(self) -> KernelWatch:
        watch: KernelWatch = self.multi_kernel_manager.watch
        return watch

    @property
    def _saver(self) -> OutputSaver:
        saver: OutputSaver = self.websocket_handler.settings["ramon_saver"]
        return saver

    def _nudge_soon(self) -> None:
        """Ask a starting kernel for a sign of life more often than Jupyter does (0.5 s)."""
        if not self._is_new:
            return
        channel = self.kernel_manager.connect_control()

        def nudge() -> None:
            if not self._is_new or self.kernel_id not in self.multi_kernel_manager:
                channel.close()
                return
            if not self.kernel_manager.shutting_down:
                self.session.send(channel, "kernel_info_request")
            IOLoop.current().call_later(NUDGE_SECONDS, nudge)

        nudge()

    @property
    def _is_new(self) -> bool:
        """Whether the kernel has not been heard by everybody yet."""
        kernel = self.kernel_manager
        return kernel.execution_state == "starting" or not kernel.recorder_hears.is_set()
