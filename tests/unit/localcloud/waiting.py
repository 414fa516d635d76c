"""Waiting for something to become true, with a deadline."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def eventually(look: Callable[[], Any], seconds: float = 90.0) -> Any:
    """What `look` gives as soon as it is true; an AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {look}"
        time.sleep(0.02)


def parent_of(pid: int) -> int:
    """The process that started a process that runs."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # the latter, if it ends while one reads
        return False
    return state != "Z"
