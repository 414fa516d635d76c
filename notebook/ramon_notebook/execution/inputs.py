"""What cells ask with `input()`, and who hears it when their page is gone."""

# Jupyter's classes are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HIDDEN = "········"
"""What JupyterLab shows of a password that was typed."""


@dataclass(frozen=True)
class Question:
    """A request for input that has not been answered.

    told: the session of the page that shows it; empty if none does.
    """

    prompt: str
    password: bool
    told: str = ""

    @property
    def note(self) -> dict[str, Any]:
        """What the file says while the cell waits."""
        text = (
            f"{self.prompt}\n"
            "[This cell was waiting for input when it was saved, and nobody was there to give it. "
            "If it still runs, open this notebook and answer; else run it again.]\n"
        )
        return {"output_type": "stream", "name": "stderr", "text": text}

    def answered(self, value: str) -> dict[str, str]:
        """What JupyterLab leaves in the cell after an answer, as the content of a message."""
        return {"name": "stdin", "text": f"{self.prompt} {HIDDEN if self.password else value}\n"}


Heard = Callable[[str, list[bytes]], None]
"""Called with a kernel's id and a message of its stdin channel, in parts."""


class Ears:
    """Hears in place of pages that are gone: kernels ask the page that ran the cell.

    A kernel lets a new connection take the place of an older one of the same name.
    """

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._streams: dict[tuple[str, str], Any] = {}

    def open(self, kernel: Any, session: str) -> None:
        """Listen from now on for what this kernel asks a page."""
        key = (kernel.kernel_id, session)
        if key in self._streams:
            return
        stream = kernel.connect_stdin(identity=session.encode())
        stream.on_recv(lambda parts: self._heard(kernel.kernel_id, parts))
        self._streams[key] = stream

    def sessions(self, kernel_id: str) -> list[str]:
        """The pages of a kernel for which it listens."""
        return [session for kernel, session in self._streams if kernel == kernel_id]

    def close(self, kernel_id: str, session: str | None = None) -> None:
        """Stop listening for this page, or for all pages of the kernel."""
        for key in [key for key in self._streams if key[0] == kernel_id]:
            if session in (None, key[1]):
                stream = self._streams.pop(key)
                if not stream.closed():
                    stream.close()
