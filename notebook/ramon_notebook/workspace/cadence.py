"""How often the workspace is saved: what is new at once, what keeps changing now and then.

A save is two calls of the API and two writes to S3, about 0.003 cents. A file that grows each
second would cost more, saved each second, than a small notebook does, and would push everything
else out of the history.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from math import inf

EVERY = 15.0
"""Seconds between two saves of a path that goes on changing; `RAMON_SAVE_SECONDS` changes it."""

EXTRA = 4
"""Saves of other paths that may come sooner than that after the one before."""

EXTRA_EVERY = 4
"""There is one more of them after so many times as long."""

_GRAIN = 0.01
"""A wait this short, in seconds, is none."""


class Timer:
    """Tells the time in seconds, and waits. A test may have a time of its own."""

    def now(self) -> float:
        """Seconds since some moment; it never goes back."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Wait for an event, for so many seconds at most."""
        event.wait(seconds)


class Cadence:
    """When changed paths are to be saved. Safe to use from several threads.

    A path that was not tried for `every` seconds is due at once: for free if nothing was for as
    long, else as one of the `EXTRA` saves.
    """

    def __init__(self, every: float = EVERY, timer: Timer | None = None) -> None:
        self.timer = timer or Timer()
        self._every = every
        self._lock = threading.Lock()
        self._changed: set[str] = set()
        self._unsure: set[str] = set()
        self._tried: dict[str, float] = {}
        self._last = -inf
        self._extra, self._counted_at = float(EXTRA), self.timer.now()

    @property
    def is_waiting(self) -> bool:
        """Whether anything changed that was not taken up since."""
        return bool(self._changed)

    def changed(self, paths: Iterable[str]) -> None:
        """These may have changed. Where it is not known which did, the path is ""."""
        with self._lock:
            self._changed.update(paths)

    def unsure(self, paths: Iterable[str]) -> None:
        """These were taken as they were; they may change without anybody noticing."""
        with self._lock:
            self._unsure.update(paths)

    def take_up(self) -> None:
        """What changed until now is being looked at."""
        with self._lock:
            self._changed, self._unsure = set(), set()

    def tried(self, paths: Iterable[str]) -> None:
        """These were sent just now, or were tried to be."""
        with self._lock:
            now = self.timer.now()
            recent = {path: at for path, at in self._tried.items() if now - at < self._every}
            self._tried = recent | dict.fromkeys(paths, now)
            is_extra = now - self._last < self._every - _GRAIN
            self._extra, self._counted_at = self._extra_at(now) - is_extra, now
            self._last = now

    def due_in(self, paths: Collection[str] | None = None) -> float | None:
        """Seconds until these paths, or what has changed, are to be saved; None if nothing is."""
        with self._lock:
            wanted = self._changed | self._unsure if paths is None else paths
            if not wanted:
                return None
            now = self.timer.now()
            last = min(self._tried.get(path, -inf) for path in wanted)
            until_extra = (1 - self._extra_at(now)) * (EXTRA_EVERY * self._every)
            seconds = max(
                last + self._every - now, min(self._last + self._every - now, until_extra)
            )
            return seconds if seconds > _GRAIN else 0.0

    def _extra_at(self, now: float) -> float:
        return min(EXTRA, self._extra + (now - self._counted_at) / (EXTRA_EVERY * self._every))
