"""Why a kernel or a scheduler died: memory is named for certain only if Linux says so."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ramon_notebook.clusters.process import why_lost
from ramon_notebook.ends import memory_kills
from ramon_notebook.execution.deaths import MemoryKills, reason

V2 = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"
V1 = "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n"


@pytest.mark.parametrize(("said", "count"), [(V2, 2), (V1, 7), ("oom 3\n", None), ("", None)])
def test_the_kills_of_either_cgroup_are_counted(
    tmp_path: Path, said: str, count: int | None
) -> None:
    counter = tmp_path / "counter"
    counter.write_text(said)
    assert memory_kills([tmp_path / "not-there", counter]) == count


def exit_code(code: str) -> int:
    """How a process ends that runs this code."""
    return subprocess.run([sys.executable, "-c", code], check=False).returncode


KILLED = "import os; os.kill(os.getpid(), 9)"


def test_a_kill_that_linux_counted_is_told_with_the_notebooks_memory_and_what_to_do() -> None:
    told = reason(exit_code(KILLED), out_of_memory=True, memory_bytes=4 << 30)
    assert told.startswith("The kernel ran out of memory and was killed (signal 9).")
    assert "The notebook has 4 GiB." in told
    assert "choose a larger size" in told


def test_a_kill_that_linux_did_not_count_is_told_as_likely_and_no_more() -> None:
    told = reason(exit_code(KILLED), out_of_memory=False, memory_bytes=4 << 30)
    assert told.startswith("The kernel was killed (signal 9). Most often")
    assert "ran out of memory" not in told


def test_memory_is_not_blamed_for_another_end_whatever_was_killed_beside_it() -> None:
    for ended in ("import os; os.abort()", "raise SystemExit(3)"):
        told = reason(exit_code(ended), out_of_memory=True, memory_bytes=4 << 30)
        assert "memory ran out" not in told
        assert "ran out of memory" not in told


def test_a_shell_around_the_kernel_hides_no_signal() -> None:
    told = reason(128 + signal.SIGKILL, out_of_memory=True, memory_bytes=None)
    assert told.startswith("The kernel ran out of memory")


class Linux:
    """Counts kills, of whichever process."""

    kills = 0

    def count(self) -> int:
        return self.kills


def test_a_kill_counts_for_the_cell_that_ran_then_and_for_none_that_began_later() -> None:
    linux = Linux()
    kills = MemoryKills(linux.count)
    kills.begins("kernel")
    linux.kills += 1  # of something else, an hour ago
    kills.begins("kernel")
    assert not kills.happened("kernel")
    kills.begins("kernel")
    linux.kills += 1
    kills.begins("another")
    assert kills.happened("kernel")
    assert not kills.happened("another")
    assert not kills.happened("kernel")  # the next process that dies


def test_a_kill_is_not_overlooked_when_the_beginning_is_heard_after_the_death() -> None:
    linux = Linux()
    kills = MemoryKills(linux.count)
    kills.begins("kernel")
    linux.kills += 1
    kills.begins("kernel", lives=lambda: False)
    assert kills.happened("kernel")


@pytest.mark.parametrize(
    ("code", "before", "now", "told"),
    [
        (-9, 2, 2, "was killed (signal 9). Its"),
        (-9, 2, 3, "because the notebook ran out of memory"),
        (-9, None, None, "was killed (signal 9). Perhaps the notebook ran out of memory."),
        (-9, None, 3, "Perhaps"),
        (-11, 2, 3, "crashed (segmentation fault, signal 11)"),
        (-15, 2, 3, "was ended by SIGTERM (signal 15)"),
        (1, 2, 3, "ended by itself, with exit code 1"),
        (None, 2, 2, "ended, and nothing says why"),
    ],
)
def test_a_scheduler_that_died_is_told_of_by_what_linux_says(
    code: int | None, before: int | None, now: int | None, told: str
) -> None:
    said = why_lost(code, before, now)
    assert said.startswith("The cluster's scheduler ")
    assert told in said
    assert "Its results are lost. Start the cluster again" in said
    assert ("memory" in said) == (code == -9 and (before is None or now != before))
