"""Whether a command runs in a terminal, or its shell waits at the prompt: from Linux's /proc."""

from __future__ import annotations

import os
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SHELLS = frozenset(
    {"ash", "bash", "csh", "dash", "elvish", "fish", "ksh", "ksh93", "mksh", "nu", "oksh", "osh"}
    | {"pwsh", "rbash", "sh", "tcsh", "xonsh", "yash", "zsh", "zsh5"}
)
"""Shells that a terminal may have beside those that the system lists."""

SHELLS_OF_THE_SYSTEM = Path("/etc/shells")
"""One path a line (shells(5))."""

WAITS_FOR_INPUT = (
    "wait_woken",
    "n_tty_read",
    "tty_read",
    "poll_schedule_timeout",
    "do_select",
    "do_poll",
    "do_sys_poll",
    "ep_poll",
)
"""Begin the names of what Linux sleeps in while a terminal is read, or awaited with poll(2).

In `wait`, or with a job that has no group of its own, a shell sleeps elsewhere.
"""

UNKNOWN = ("", "0")
"""What Linux says where it does not tell in what a process sleeps."""

PROCESSES = Path("/proc")

_LOCAL_MODES = 3
"""Where `termios.tcgetattr` has them."""


@dataclass(frozen=True)
class Process:
    """A process; `state` is Linux's letter: R runs, S sleeps, T is stopped, Z has ended.

    terminal: the number of its terminal, 0 if none; foreground: the group that it has there.
    """

    pid: int
    state: str
    parent: int
    group: int
    session: int
    terminal: int
    foreground: int


def has_job(descriptor: int) -> bool:
    """Whether something runs in the foreground of a terminal, given our end of it.

    The foreground is a group of processes. A shell that waits at its prompt, be it one that was
    started within another, is no job; what it runs in the background is not in the foreground.
    """
    try:
        foreground = os.tcgetpgrp(descriptor)
        passes_keys_on = not termios.tcgetattr(descriptor)[_LOCAL_MODES] & termios.ICANON
    except (OSError, termios.error):  # it has just been closed
        return False
    return _is_busy(foreground, _processes(), passes_keys_on=passes_keys_on)


def _is_busy(group: int, processes: Sequence[Process], *, passes_keys_on: bool) -> bool:
    members = [each for each in processes if each.group == group and each.state != "Z"]
    if len(members) != 1:
        return bool(members)
    inner = _terminals_of(members[0], processes) if passes_keys_on else []
    if inner:
        return any(_is_busy(each.foreground, processes, passes_keys_on=True) for each in inner)
    return not _at_prompt(members[0])


def _terminals_of(process: Process, processes: Sequence[Process]) -> list[Process]:
    """What leads a terminal that a process has opened and shows in its own, as `script` does."""
    return [
        each
        for each in processes
        if each.parent == process.pid
        and each.session == each.pid
        and each.terminal not in (0, process.terminal)
    ]


def _processes() -> list[Process]:
    found = []
    for folder in PROCESSES.glob("[0-9]*"):
        try:
            # The name, in parentheses, may hold anything.
            state, *numbers = (folder / "stat").read_text().rpartition(")")[2].split()
            found.append(Process(int(folder.name), state, *map(int, numbers[:5])))
        except (OSError, ValueError):  # it has ended meanwhile
            continue
    return found


def _at_prompt(process: Process) -> bool:
    """Whether a process is a shell that neither computes nor waits for what it has started."""
    sleeps_in = _read(process, "wchan")
    waits = sleeps_in in UNKNOWN or sleeps_in.startswith(WAITS_FOR_INPUT)
    return process.state == "S" and waits and _is_shell(process)


def _is_shell(process: Process) -> bool:
    program, *arguments = _read(process, "cmdline").split("\0")
    names = [Path(program).name.lstrip("-")]
    if names[0].startswith("python"):  # xonsh is a script of Python's
        names = [Path(each).name for each in arguments if not each.startswith("-")][:1]
    return not SHELLS.isdisjoint(names) or not _listed_shells().isdisjoint(names)


def _listed_shells() -> set[str]:
    try:
        lines = SHELLS_OF_THE_SYSTEM.read_text(errors="replace").splitlines()
    except OSError:
        return set()
    return {Path(line).name for line in lines if line.startswith("/")}


def _read(process: Process, name: str) -> str:
    """What Linux says of a process; nothing if it has ended or may not be asked."""
    try:
        return (PROCESSES / str(process.pid) / name).read_text(errors="replace")
    except OSError:
        return ""
