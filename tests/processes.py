"""The processes of a running cloud, told apart by what they were started with."""

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

KINDS = {
    "ramon_notebook.worker": "worker",
    "ramon_notebook.clusters.scheduler": "scheduler",
    "ramon_notebook.kernels.template": "kernel",
    "ramon-notebook": "agent",
}
"""What a command line holds, and what that process is; the first that fits."""


@dataclass(frozen=True)
class Process:
    """A process that belongs to a notebook or a cluster."""

    pid: int
    parent: int
    kind: str

    def was_given(self, name: str) -> str | None:
        """What a variable of its environment was when it began; None if it has ended meanwhile."""
        try:
            given = Path(f"/proc/{self.pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return None
        prefix = f"{name}=".encode()
        values = (each.removeprefix(prefix) for each in given if each.startswith(prefix))
        return next((value.decode() for value in values), None)

    def kill(self) -> None:
        """End it by SIGKILL; one that has ended already is no error."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def below(root: int) -> list[Process]:
    """The workers, schedulers, kernels and agents among the descendants of a process.

    A kernel is a fork of a template with the same command line, so the template is left out.
    """
    parents, commands = _table()
    descendants = {pid for pid in parents if root in _ancestors(pid, parents)}
    found = [
        Process(pid, parents[pid], kind)
        for pid in sorted(descendants)
        if (kind := _kind(commands[pid])) is not None
    ]
    kernels = {process.pid for process in found if process.kind == "kernel"}
    return [p for p in found if p.kind != "kernel" or p.parent in kernels]


def _table() -> tuple[dict[int, int], dict[int, str]]:
    parents, commands = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            parents[int(entry.name)] = int(status.rpartition(")")[2].split()[1])
            commands[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return parents, commands


def _ancestors(pid: int, parents: dict[int, int]) -> set[int]:
    found: set[int] = set()
    while (pid := parents.get(pid, 0)) and pid not in found:
        found.add(pid)
    return found


def _kind(command: str) -> str | None:
    # The keeper of a container has the command it keeps nowhere in its own command line.
    return next((kind for part, kind in KINDS.items() if part in command), None)
