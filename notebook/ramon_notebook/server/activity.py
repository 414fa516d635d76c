"""What goes on in this notebook, and when somebody last used it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ramon_notebook.execution.deaths import Death


@dataclass(frozen=True)
class Use:
    """What goes on in a notebook at one moment.

    kernels: how many run; busy_kernels: how many of them have an unfinished execution.
    busy_terminals: terminals in which a command runs.
    last_execution: when an execution was last asked for, begun or ended; None before the first.
    death: the last kernel that died. problem: why outputs can't be saved, for a person.
    """

    kernels: int
    busy_kernels: int
    busy_terminals: int
    last_execution: datetime | None
    death: Death | None
    problem: str | None = None

    @property
    def busy(self) -> bool:
        """Whether something runs, so that the notebook is not idle."""
        return self.busy_kernels + self.busy_terminals > 0


class Activity:
    """The time of the last input of a person; what runs is asked for when wanted.

    A page that is merely open is no activity: what it asks for by itself (lists, the state of
    widgets, the memory) is not noted. Neither is what kernels publish: only executions count.
    """

    def __init__(self) -> None:
        self._last_input = datetime.now(UTC)

    def note(self) -> None:
        """A person just did something: ran a cell, saved, opened a file, typed into a terminal."""
        self._last_input = datetime.now(UTC)

    def last(self, use: Use) -> datetime:
        """The last input, or the last begin or end of an execution. What is busy is active now."""
        if use.busy:
            return datetime.now(UTC)
        return max(filter(None, [self._last_input, use.last_execution]))
