"""What a page tells of itself when it saves a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ramon_notebook.execution.execution import Execution


@dataclass(frozen=True)
class Saving:
    """Which page saves, and the last messages of its kernel that it had taken in by then.

    runs: the requests that it had made or taken over by then, the last of each cell. shows:
    those whose outputs its cells show as they come; None if it does not say.
    """

    kernel_id: str
    session: str
    seen: tuple[str, ...]
    shows: frozenset[str] | None = None
    runs: frozenset[str] = frozenset()

    @classmethod
    def told(cls, told: Any) -> Saving | None:
        """What a page tells with its save; None for a page that does not."""
        match told:
            case {"kernel": str(kernel_id), "session": str(session), "seen": list(seen)}:
                shows, runs = _ids(told.get("shows")), _ids(told.get("runs"))
                return cls(kernel_id, session, tuple(map(str, seen)), shows, runs or frozenset())
        return None

    def is_of_owner(self, execution: Execution) -> bool:
        """Whether the page that saves is the one that ran or took over the execution."""
        return (self.kernel_id, self.session) == (execution.kernel_id, execution.owner)

    def lost_sight_of(self, execution: Execution) -> bool:
        """Whether none of the page's cells shows what the execution puts out any more."""
        return execution.msg_id in self.runs and self.says_nothing_of(execution)

    def has_run_again(self, execution: Execution) -> bool:
        """Whether the page had cleared the cell by then, to run it once more."""
        return bool(execution.run_again_by & (self.runs | (self.shows or frozenset())))

    def says_nothing_of(self, execution: Execution) -> bool:
        """Whether no cell shows the execution: that is lost, or was run after the save began."""
        return self.shows is not None and execution.msg_id not in self.shows


def _ids(told: Any) -> frozenset[str] | None:
    return frozenset(map(str, told)) if isinstance(told, list) else None
