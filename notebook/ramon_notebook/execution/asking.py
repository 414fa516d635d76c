"""Kernels whose cells may ask for input when the page that ran them is gone."""

# Jupyter's own subclasses are partly untyped and change their parents' signatures.
# mypy: allow-untyped-calls, disable-error-code="override"

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol

from jupyter_client.session import Session
from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from ramon_notebook.execution.execution import Execution
from ramon_notebook.execution.inputs import Ears
from ramon_notebook.execution.recorder import Recorder


class Page(Protocol):
    """A page that is connected to a kernel."""

    def ask(self, execution: Execution) -> None:
        """Ask for the input that a cell of its notebook waits for."""


class AskingKernels(AsyncMappingKernelManager):
    """Jupyter's kernels; what they ask is known, and put to the page that shows the cell."""

    @property
    def recorder(self) -> Recorder:
        """Where executions are recorded."""
        raise NotImplementedError

    @cached_property
    def ears(self) -> Ears:
        """What hears in place of pages that are gone."""
        return Ears(self.asked)

    @cached_property
    def pages(self) -> dict[tuple[str, str], Page]:
        """The pages that are connected, by kernel and session."""
        return {}

    def start_buffering(self, kernel_id: str, session_key: str, channels: Any) -> None:
        """Keep messages for a page that may come back; what is asked of it is heard at once."""
        super().start_buffering(kernel_id, session_key, channels)
        if kernel_id not in self._kernel_buffers:
            return
        buffer = self._kernel_buffers[kernel_id]["buffer"]

        def heard(parts: list[bytes]) -> None:
            buffer.append(("stdin", parts))
            self.asked(kernel_id, parts)

        channels["stdin"].on_recv(heard)

    def stop_buffering(self, kernel_id: str) -> None:
        """Give up on a page that has not come back, but not on what its cells may ask yet."""
        if kernel_id in self._kernel_buffers:
            key = self._kernel_buffers[kernel_id]["session_key"]
            self.listen_for(kernel_id, key.removeprefix(f"{kernel_id}:"))
        super().stop_buffering(kernel_id)

    def listen_for(self, kernel_id: str, session: str) -> None:
        """Hear what is asked of a page that is gone, while something that it started runs."""
        mine = (e for e in self.recorder.of_kernel(kernel_id) if e.header["session"] == session)
        if any(execution.unfinished for execution in mine):
            self.ears.open(self.get_kernel(kernel_id), session)

    def asked(self, kernel_id: str, parts: list[bytes], told: str = "") -> None:
        """Take in what a kernel asks a page, and pass it on if another page shows the cell."""
        kernel: Any = self.get_kernel(kernel_id)
        session = Session(config=kernel.session.config, key=kernel.session.key)
        _, message = session.feed_identities(parts)
        request = session.deserialize(message)
        if request["header"]["msg_type"] != "input_request":
            return
        execution = self.recorder.asked(kernel_id, request, told)
        if execution and not told:
            self.tell(kernel_id, execution.owner)

    def tell(self, kernel_id: str, session: str) -> None:
        """Ask a page for the input that its cell waits for, unless it has been asked."""
        page = self.pages.get((kernel_id, session))
        for execution in self.recorder.of_kernel(kernel_id):
            question = execution.question
            if page and question and execution.owner == session != question.told:
                execution.question = replace(question, told=session)
                page.ask(execution)

    async def interrupt_kernel(self, kernel_id: str) -> None:
        """Interrupt what a kernel runs."""
        self.recorder.not_asked_any_more(kernel_id)
        await ensure_async(super().interrupt_kernel(kernel_id))

    def close_ears(self, kernel_id: str) -> None:
        """Nothing more is asked of a page whose cells have ended."""
        for session in self.ears.sessions(kernel_id):
            mine = (e for e in self.recorder.of_kernel(kernel_id) if e.header["session"] == session)
            if not any(execution.unfinished for execution in mine):
                self.ears.close(kernel_id, session)
