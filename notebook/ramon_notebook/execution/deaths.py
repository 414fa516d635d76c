"""Why a kernel died, as far as can be known, in words for the person whose cell it was."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ramon_notebook.ends import how, memory_kills, signal_of
from ramon_notebook.execution.outputs import Output

NEXT = "Its variables are lost; a new kernel starts by itself. Run the cells that you need again."

NO_NEXT = "It did so each time that it was started again. Restart it when you know why."


@dataclass(frozen=True)
class Death:
    """That a kernel's process ended although nobody asked for it.

    notebook: the path of the notebook that it ran, in the workspace, if there was one.
    cut_off: how many executions it left unfinished.
    """

    at: datetime
    kernel_id: str
    notebook: str | None
    reason: str
    cut_off: int


class MemoryKills:
    """Whether a kernel's process was killed for want of memory, as far as Linux says.

    Linux counts such kills, and does not say whom: one that was counted before the kernel began
    what it ran is not its own. count: asks Linux.
    """

    def __init__(self, count: Callable[[], int | None] = memory_kills) -> None:
        self._count = count
        self._first = count()
        self._before: dict[str, int | None] = {}

    def begins(self, kernel_id: str, lives: Callable[[], bool] = lambda: True) -> None:
        """A kernel begins to run something, unless its own death was counted already."""
        count = self._count()
        if lives():
            self._before[kernel_id] = count

    def happened(self, kernel_id: str) -> bool:
        """Whether any process was killed since; to be asked once for each death."""
        before, now = self._before.get(kernel_id, self._first), self._count()
        self._before[kernel_id] = now
        return (now or 0) > (before or 0)

    def forget(self, kernel_id: str) -> None:
        """A kernel has ended for good."""
        self._before.pop(kernel_id, None)


def reason(
    exit_code: int | None,
    *,
    out_of_memory: bool,
    memory_bytes: int | None,
    for_good: bool = False,
) -> str:
    """Why a kernel died: a sentence.

    exit_code: of its process, minus the signal's number for one that a signal ended.
    out_of_memory: whether Linux says that it killed a process for want of memory meanwhile.
    memory_bytes: the notebook's memory. for_good: whether it is not started again.
    """
    after = NO_NEXT if for_good else NEXT
    was_killed = signal_of(exit_code) == signal.SIGKILL
    if was_killed and out_of_memory:
        size = f" The notebook has {memory_bytes / (1 << 30):.3g} GiB." if memory_bytes else ""
        return (
            f"The kernel ran out of memory and was killed (signal 9).{size} Use less memory at a "
            f"time, or choose a larger size for the notebook. {after}"
        )
    likely = " Most often that is because memory ran out." if was_killed else ""
    return f"{how('The kernel', exit_code)}{likely} {after}"


def error_output(reason: str) -> Output:
    """What a cell shows whose kernel died."""
    return _error("KernelDied", reason)


def stopped_output() -> Output:
    """What a cell shows that ran when its kernel was shut down, or its notebook stopped."""
    return _error("KernelStopped", "The kernel was stopped while this cell ran. Run it again.")


def not_run_output(what: str) -> Output:
    """What a cell shows that waited for its turn. what: what became of its kernel."""
    return _error("NotRun", f"The kernel {what} before this cell was run. Run it again.")


def _error(name: str, text: str) -> Output:
    return {"ename": name, "evalue": text, "traceback": [f"\x1b[0;31m{name}\x1b[0m: {text}"]}
