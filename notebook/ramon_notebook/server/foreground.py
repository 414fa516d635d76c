"""Whether a command runs in a terminal, or its shell waits at the prompt: from Linux's /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHELLS = frozenset({"bash", "dash", "fish", "ksh", "sh", "zsh"})
"""Programs that, started without a script, wait at a prompt."""

PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process; `state` is Linux's letter: R runs, S sleeps, T is stopped, Z has ended."""

    pid: int
    state: str
    group: int


def has_job(descriptor: int) -> bool:
    """Whether something runs in the foreground of a terminal, given our end of it.

    The foreground is a group of processes. A shell that waits at its prompt, be it one that was
    started within another, is no job; what it runs in the background is not in the foreground.
    """
    try:
        foreground = os.tcgetpgrp(descriptor)
    except OSError:  # it has just been closed
        return False
    members = [each for each in _processes() if each.group == foreground and each.state != "Z"]
    return bool(members) and not (len(members) == 1 and _at_prompt(members[0]))


def _processes() -> Iterator[Process]:
    for folder in PROCESSES.glob("[0-9]*"):
        try:
            # The name, in parentheses, may hold anything.
            state, _, group, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):  # it has ended meanwhile
            continue
        yield Process(int(folder.name), state, int(group))


def _at_prompt(process: Process) -> bool:
    """Whether a process is a shell that neither computes nor waits for what it has started."""
    name, *arguments = _read(process, "cmdline").removesuffix("\0").split("\0")
    interactive = all(each.startswith("-") and each != "-c" for each in arguments)
    is_shell = Path(name).name.lstrip("-") in SHELLS and interactive
    # In `wait`, or with a job that has no group of its own, a shell sleeps in do_wait.
    waits_for_child = _read(process, "wchan") == "do_wait"
    return is_shell and process.state == "S" and not waits_for_child


def _read(process: Process, name: str) -> str:
    """What Linux says of a process; nothing if it has ended or may not be asked."""
    try:
        return (PROCESSES / str(process.pid) / name).read_text(errors="replace")
    except OSError:
        return ""
