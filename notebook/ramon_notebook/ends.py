"""How a process ended, as far as can be known, in words for a person."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable
from pathlib import Path

KILL_COUNTERS = (
    Path("/sys/fs/cgroup/memory.events"),
    Path("/sys/fs/cgroup/memory/memory.oom_control"),
)
"""Where Linux counts the processes of this container that it killed for want of memory.

The first is that of cgroup v2, the second that of v1.
"""

CRASHES = {
    signal.SIGSEGV: "segmentation fault",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "arithmetic error",
    signal.SIGILL: "illegal instruction",
    signal.SIGABRT: "abort",
}
"""Signals that a process gets for a fault of its own."""


def memory_kills(counters: Iterable[Path] = KILL_COUNTERS) -> int | None:
    """How many processes of this container were killed for want of memory; None if not known."""
    for counter in counters:
        try:
            found = re.search(r"^oom_kill (\d+)$", counter.read_text(), re.MULTILINE)
        except OSError:
            continue
        if found:
            return int(found[1])
    return None


def signal_of(exit_code: int | None) -> signal.Signals | None:
    """The signal that ended a process; a shell around it says 128 and the signal's number."""
    if exit_code is None:
        return None
    number = -exit_code if exit_code < 0 else exit_code - 128
    return signal.Signals(number) if number in set(signal.Signals) else None


def how(what: str, exit_code: int | None) -> str:
    """How `what` ended: a sentence. Of a kill, memory is not blamed: see `memory_kills`.

    exit_code: of its process, minus the signal's number for one that a signal ended; None if it is
        not known.
    """
    number = signal_of(exit_code)
    if number == signal.SIGKILL:
        return f"{what} was killed (signal 9)."
    if number in CRASHES:
        fault = f"{CRASHES[number]}, signal {number}"
        return f"{what} crashed ({fault}), most often in a compiled library."
    if number is not None:
        return f"{what} was ended by {number.name} (signal {number})."
    if exit_code is None:
        return f"{what} ended, and nothing says why."
    return f"{what} ended by itself, with exit code {exit_code}."
