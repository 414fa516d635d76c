"""When somebody last used this notebook."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Kernel(Protocol):
    """What Jupyter's kernel manager notes about a kernel."""

    last_activity: datetime
    execution_state: str


class Activity:
    """The time of the last input of a person; what kernels do is asked for when wanted."""

    def __init__(self) -> None:
        self._last_input = datetime.now(UTC)

    def note(self) -> None:
        """A person just did something: saved, opened a file, typed into a terminal."""
        self._last_input = datetime.now(UTC)

    def last(self, kernels: list[Kernel]) -> datetime:
        """The last input or activity of a kernel. A busy kernel is active now.

        A browser that is only connected is no activity: Jupyter does not count the messages
        of a connection being made, and the lists that a page asks for are not noted here.
        """
        if busy(kernels):
            return datetime.now(UTC)
        return max([self._last_input, *(kernel.last_activity for kernel in kernels)])


def busy(kernels: list[Kernel]) -> int:
    """How many kernels are running a cell."""
    return sum(kernel.execution_state == "busy" for kernel in kernels)
