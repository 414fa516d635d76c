"""What is done, told line by line; in a dry run it is told and not done."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Steps:
    """Counts and tells changes, and makes them unless `dry_run`."""

    def __init__(self, say: Callable[[str], None], *, dry_run: bool) -> None:
        self.say = say
        self.dry_run = dry_run
        self.count = 0

    def do(self, what: str, act: Callable[[], T]) -> T | None:
        """Make one change. None in a dry run."""
        self.count += 1
        self.say(f"{'would ' if self.dry_run else ''}{what}")
        return None if self.dry_run else act()
