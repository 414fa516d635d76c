"""Finds processes of a task that lost even their shim, by the mark in their environment."""

import contextlib
import os
import signal
from pathlib import Path

MARK = "LOCALCLOUD_TASK"
"""Environment variable that every process of a task inherits; its value is the task's id."""


def kill_strays(task_ids: set[str]) -> int:
    """Kill every process that carries the mark of one of the tasks; returns how many."""
    pids = [pid for pid, task_id in _marked().items() if task_id in task_ids]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.kill(pid, signal.SIGKILL)
    return len(pids)


def _marked() -> dict[int, str]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            task_id = _mark_of(entry)
            if task_id:
                found[int(entry.name)] = task_id
    return found


def _mark_of(entry: Path) -> str | None:
    prefix = f"{MARK}=".encode()
    try:
        variables = (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return None  # not ours to read, or gone
    for variable in variables:
        if variable.startswith(prefix):
            return variable.removeprefix(prefix).decode()
    return None
