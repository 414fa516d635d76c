"""Where Jupyter's kernels and connections meet the recorder."""

# Jupyter's own subclasses are partly untyped and change their parents' signatures.
# mypy: allow-untyped-calls, disable-error-code="override"

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import zmq
from jupyter_client.session import Session

from ramon_notebook.execution.asking import AskingKernels
from ramon_notebook.execution.recorder import Recorder
from ramon_notebook.execution.saver import OutputSaver
from ramon_notebook.execution.watch import KernelWatch


class RecordingKernelManager(AskingKernels):
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

        def publish(parts: list[bytes]) -> None:
            _, message = session.feed_identities(parts)
            published = session.deserialize(message)
            kernel.heard(published["header"]["session"])
            self.watch.published(kernel_id, published)
            self.saver.widgets.published(kernel_id, published)
            self.recorder.published(kernel_id, published)
            self.close_ears(kernel_id)

        # ZeroMQ's default is to drop what comes while 1,000 messages wait to be taken in.
        kernel.context.setsockopt(zmq.RCVHWM, 0)
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
        self.ears.close(kernel_id)
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
        self.watch.stopped(kernel_id)
        await self.saver.save_kernel(kernel_id)
        return await super().shutdown_kernel(kernel_id, now=now, **kwargs)

    async def restart_kernel(self, kernel_id: str, now: bool = False) -> Any:
        """Restart, as a person asked for."""
        # Two at a time would start two processes on the same sockets.
        async with self._restarts.setdefault(kernel_id, asyncio.Lock()):
            await self._settled(kernel_id)
            kernel: Any = self.get_kernel(kernel_id)
            kernel.begin_anew()
            try:
                return await super().restart_kernel(kernel_id, now=now)
            finally:
                self.watch.restarted(kernel_id, kernel.died_with)

    async def _settled(self, kernel_id: str) -> None:
        """Wait while a kernel is being started: after its death, for example."""
        while kernel_id in self:
            ready: Any = self.get_kernel(kernel_id).ready
            if ready.done():
                return
            await asyncio.wait([ready])
