"""Looking at this machine's processes."""

from pathlib import Path

from tests.unit.notebook.parts import Notebook


def schedulers(notebook: Notebook) -> set[int]:
    """The schedulers that this notebook's server has started."""
    return {pid for pid in children(notebook.process.pid) if "clusters.scheduler" in command(pid)}


def command(pid: int) -> str:
    """A process's command line; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> set[int]:
    """The processes that a process has started, and that have not ended."""
    tasks = Path(f"/proc/{pid}/task")
    return {
        int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()
    }


def descendants(pid: int) -> set[int]:
    """What a process has started, and what that has, and so on."""
    try:
        own = children(pid)
    except OSError:  # it has just ended
        return set()
    return own.union(*(descendants(child) for child in own))
