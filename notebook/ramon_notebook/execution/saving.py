"""What a page tells of itself when it saves a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ramon_notebook.execution.execution import Execution


@dataclass(frozen=True)
class Saving:
    """Which page saves, and the last messages of its kernel that it had taken in by then.

    shows: the requests whose outputs its cells show as they come; None if it does not say.
    """

    kernel_id: str
    session: str
    seen: tuple[str, ...]
    shows: frozenset[str] | None = None

    @classmethod
    def told(cls, told: Any) -> Saving | None:
        """What a page tells with its save; None for a page that does not."""
        match told:
            case {"kernel": str(kernel_id), "session": str(session), "seen": list(seen)}:
                shows = told.get("shows")
                known = frozenset(map(str, shows)) if isinstance(shows, list) else None
                return cls(kernel_id, session, tuple(map(str, seen)), known)
        return None

    def is_of_owner(self, execution: Execution) -> bool:
        """Whether the page that saves is the one that ran or took over the execution."""
        return (self.kernel_id, self.session) == (execution.kernel_id, execution.owner)

    def lost_sight_of(self, execution: Execution) -> bool:
        """Whether none of the page's cells shows what the execution puts out any more."""
        return self.shows is not None and execution.msg_id not in self.shows
