"""Where Jupyter's kernels and connections meet the recorder."""

# Jupyter's own subclasses are partly untyped and change their parents' signatures.
# mypy: allow-untyped-calls, disable-error-code="override"

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from functools import partial
from typing import Any

from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import IOLoop

from ramon_notebook.execution.answers import ASKED, Answer, Answers
from ramon_notebook.execution.messages import PARTS, V1, by_a_person, of_interest
from ramon_notebook.execution.recorder import Recorder
from ramon_notebook.execution.saver import OutputSaver
from ramon_notebook.execution.watch import KernelWatch

NUDGE_SECONDS = 0.03

HEARS_SECONDS = 10.0
"""Seconds that a page waits at most for the recorder to hear a kernel that publishes nothing."""


class RecordingKernelManager(AsyncMappingKernelManager):
    """Jupyter's kernels, with everything that they publish going to the recorder too."""

    saver: OutputSaver
    watch: KernelWatch

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._restarts: dict[str, asyncio.Lock] = {}

    @property
    def recorder(self) -> Recorder:
        """Where the kernels' messages go."""
        return self.saver.recorder

    def start_watching_activity(self, kernel_id: str) -> None:
        """Listen to a kernel that has just been started."""
        super().start_watching_activity(kernel_id)
        kernel = self._kernels[kernel_id]
        session = Session(config=kernel.session.config, key=kernel.session.key)

        kernel.recorder_hears = asyncio.Event()

        def publish(parts: list[bytes]) -> None:
            kernel.recorder_hears.set()
            _, message = session.feed_identities(parts)
            published = session.deserialize(message)
            kernel.own_session = published["header"]["session"]
            self.watch.running.published(kernel_id, published)
            self.saver.widgets.published(kernel_id, published)
            self.recorder.published(kernel_id, published)

        kernel.recorder_stream = kernel.connect_iopub()
        kernel.recorder_stream.on_recv(publish)
        died = partial(self.watch.died, kernel_id)
        self.add_restart_callback(kernel_id, died, "restart")
        self.add_restart_callback(kernel_id, partial(died, for_good=True), "dead")

    def stop_watching_activity(self, kernel_id: str) -> None:
        """Stop listening: the kernel has ended."""
        super().stop_watching_activity(kernel_id)
        kernel = self._kernels[kernel_id]
        if getattr(kernel, "recorder_stream", None):
            kernel.recorder_stream.close()
            kernel.recorder_stream = None
        self.recorder.kernel_removed(kernel_id)
        self.saver.documents.forget_kernel(kernel_id)
        self.saver.widgets.kernel_ended(kernel_id)
        self.watch.removed(kernel_id)
        self._restarts.pop(kernel_id, None)

    def interrupted(self, kernel_id: str) -> None:
        """Note that nothing runs in a kernel any more: it died, or it was restarted."""
        self.recorder.kernel_interrupted(kernel_id)
        self.saver.widgets.kernel_ended(kernel_id)

    def kernel_model(self, kernel_id: str) -> dict[str, Any]:
        """What the lists of kernels say; busy is what is busy, whatever was said last."""
        model: dict[str, Any] = super().kernel_model(kernel_id)
        if self.watch.busy(kernel_id):
            model["execution_state"] = "busy"
        elif model["execution_state"] == "busy":
            model["execution_state"] = "idle"
        return model

    def keep_for_absent_page(self, kernel_id: str, message: dict[str, Any]) -> None:
        """Let a page that is away (its laptop sleeps) have a message when it is back."""
        if kernel_id in self._kernel_buffers:
            session = self._kernels[kernel_id].session
            parts = session.serialize(message, ident=message["msg_type"].encode())
            self._kernel_buffers[kernel_id]["buffer"].append(("iopub", parts))

    def catch_up(self, kernel_id: str) -> None:
        """Take in what a kernel has published and nobody has looked at yet."""
        kernel: Any = self.get_kernel(kernel_id)
        if stream := getattr(kernel, "recorder_stream", None):
            stream.flush()

    async def shutdown_kernel(self, kernel_id: str, now: bool = False, **kwargs: Any) -> Any:
        """End a kernel; what its cells have put out is in the notebook then."""
        await self._settled(kernel_id)
        self.catch_up(kernel_id)
        await self.saver.save_kernel(kernel_id)
        return await super().shutdown_kernel(kernel_id, now=now, **kwargs)

    async def restart_kernel(self, kernel_id: str, now: bool = False) -> Any:
        """Restart, as a person asked for."""
        # Two at a time would start two processes on the same sockets.
        async with self._restarts.setdefault(kernel_id, asyncio.Lock()):
            await self._settled(kernel_id)
            try:
                return await super().restart_kernel(kernel_id, now=now)
            finally:
                self.watch.restarted(kernel_id)

    async def _settled(self, kernel_id: str) -> None:
        """Wait while a kernel is being started: after its death, for example."""
        while kernel_id in self:
            ready: Any = self.get_kernel(kernel_id).ready
            if ready.done():
                return
            await asyncio.wait([ready])


class PageConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's connection of a page to a kernel; prompt, and noted by the recorder."""

    _noted = False

    def connect(self) -> Any:
        """Connect the page to the kernel's channels."""
        # A cell's answer is several small packets: with Nagle's algorithm, all but the first
        # wait 40 ms for an acknowledgement.
        self.websocket_handler.set_nodelay(True)
        self._answers = Answers(self._saver.widgets, self.kernel_id)
        self._saver.page_connected(self.kernel_id, self.session.session)
        self._watch.page_connected(self.kernel_id, self.publish)
        self._noted = True
        connected = super().connect()
        self._nudge_soon()
        return connected and asyncio.ensure_future(self._connected(connected))

    def disconnect(self) -> None:
        """The page has gone."""
        if self._noted:
            self._noted = False
            self._saver.page_left(self.kernel_id, self.session.session)
            self._watch.page_left(self.kernel_id, self.publish)
        super().disconnect()

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message, bytes or text, on to the kernel."""
        if not incoming_msg:
            return  # in place of a message that was too large; the page told the person
        message = of_interest(incoming_msg, v1=self.subprotocol == V1)
        if message:
            self._note(message)
        if not (message and self._answer(message)):
            super().handle_incoming_message(incoming_msg)

    def _note(self, message: dict[str, Any]) -> None:
        kind = message["header"]["msg_type"]
        if by_a_person(message):
            self.websocket_handler.settings["ramon_agent"].activity.note()
        if kind == "execute_request":
            self._watch.running.requested(self.kernel_id, message["header"])
            self._saver.recorder.requested(self.kernel_id, message, self.session.session)
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
        message["header"]["session"] = self.kernel_manager.own_session
        message["buffers"] = list(answer.buffers)
        stream = self.channels[answer.channel]
        if self.subprotocol == V1:
            parts = [self.session.pack(message[name]) for name in PARTS]
            self._on_zmq_reply(stream, [*parts, *answer.buffers])
        else:
            self._on_zmq_reply(stream, message)

    async def _connected(self, connected: Awaitable[None]) -> None:
        """Let the page send once the recorder hears the kernel too, and misses no first cell."""
        await connected
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.kernel_manager.recorder_hears.wait(), HEARS_SECONDS)

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """Pass a message of the kernel on to the page."""
        if getattr(stream, "channel", None) == "shell":
            _, parts = self.session.feed_identities(outgoing_msg)
            header, parent = (self.session.unpack(part) for part in parts[1:3])
            if header["msg_type"] == "execute_reply":
                self._watch.running.replied(self.kernel_id, parent["msg_id"])
        super().handle_outgoing_message(stream, outgoing_msg)

    def publish(self, message: dict[str, Any]) -> None:
        """Give the page a message as if the kernel had published it."""
        iopub = self.channels.get("iopub")
        if iopub is None or iopub.closed():
            return
        iopub.flush()  # what the kernel itself has published comes first
        parts = self.session.serialize(message, ident=message["msg_type"].encode())
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
            self.session.send(channel, "kernel_info_request")
            IOLoop.current().call_later(NUDGE_SECONDS, nudge)

        nudge()

    @property
    def _is_new(self) -> bool:
        """Whether the kernel has not been heard by everybody yet."""
        kernel = self.kernel_manager
        return kernel.execution_state == "starting" or not kernel.recorder_hears.is_set()
