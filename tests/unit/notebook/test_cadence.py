"""Saving costs less than the notebook, however often its files change; on a clock of the test's."""

import os
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from ramon_notebook.api import AgentApi
from ramon_notebook.workspace.cadence import EVERY, EXTRA, EXTRA_EVERY, Cadence, Timer
from ramon_notebook.workspace.commit import Committer
from ramon_notebook.workspace.ignore import IgnoreRules
from ramon_notebook.workspace.index import Index
from ramon_notebook.workspace.keeper import DEBOUNCE, Keeper
from ramon_notebook.workspace.restore import read_manifest
from ramon_notebook.workspace.transfer import BlobStore
from tests.unit.notebook.fake_service import TOKEN, FakeService, Fault, FaultRule

HOUR = 3600
CALLS_OF_A_SAVE = 2
"""Where to put the content, and the snapshot."""

Happening = Callable[[int], None]


class Clock(Timer):
    """Time that passes only while somebody waits; every second, something may happen."""

    def __init__(self, length: int, each_second: Happening) -> None:
        self.at = 0.0
        self.is_over = False
        self._length = length
        self._each_second = each_second
        self.at_end: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.at

    def wait(self, event: threading.Event, seconds: float) -> None:
        until = self.at + seconds
        while self.at < until and not event.is_set():
            self._step(until)

    def _step(self, until: float) -> None:
        whole = int(self.at) + 1
        self.at = min(until, whole)
        if self.at < whole or self.is_over:
            return
        self._each_second(whole)
        if whole >= self._length:
            self.is_over = True
            self.at_end()


class Kept:
    """A workspace that is kept for so many seconds of that time."""

    def __init__(self, service: FakeService, root: Path) -> None:
        self.service, self.root = service, root
        self.saves: list[float] = []
        """When a snapshot was asked for."""
        self.calls = 0
        self.faults: FaultRule = lambda _method, _path: None

    def run(self, seconds: int, each_second: Happening, save_seconds: float = EVERY) -> None:
        self.clock = Clock(seconds, each_second)
        api = AgentApi(f"{self.service.origin}/api", TOKEN, patience=0)
        store = BlobStore(api)
        head = api.head()
        committer = Committer(api, store, self.root, head, read_manifest(store, head))
        rules = IgnoreRules(self.root)
        cadence = Cadence(save_seconds, self.clock)
        self.keeper = Keeper(self.root, committer, Index(self.root), rules, lambda: None, cadence)
        self.clock.at_end = self.keeper.finish
        self.service.faults = self._count
        self.keeper.run()

    def _count(self, method: str, path: str) -> Fault | None:
        self.calls += path.startswith("/api/")
        if path.endswith("/snapshots"):
            self.saves.append(self.clock.now())
        return self.faults(method, path)

    def append(self, name: str, text: str = "line\n") -> None:
        file = self.root / name
        with file.open("a") as opened:
            opened.write(text)
        # No real time passes until it is looked at, so it has been quiet for as long already.
        written = time.time() - DEBOUNCE
        os.utime(file, (written, written))
        self.keeper.notice([name])


@pytest.fixture
def kept(service: FakeService, tmp_path: Path) -> Kept:
    root = tmp_path / "root"
    root.mkdir()
    return Kept(service, root)


def gaps(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]


def test_a_file_that_grows_each_second_for_an_hour_costs_four_saves_a_minute(kept: Kept) -> None:
    kept.run(HOUR, lambda _: kept.append("log.txt"))

    assert kept.saves[0] <= 3, "a first change is saved within two seconds"
    assert min(gaps(kept.saves)) >= EVERY
    assert max(gaps(kept.saves)) <= EVERY + 2
    assert kept.calls <= CALLS_OF_A_SAVE * (HOUR / EVERY + 1)


def test_all_of_it_is_saved_at_a_stop(kept: Kept) -> None:
    kept.run(100, lambda _: kept.append("log.txt"))
    assert kept.service.content("log.txt") != b"line\n" * 100

    assert kept.keeper.flush(10)

    assert kept.service.content("log.txt") == b"line\n" * 100


def test_a_file_saved_by_hand_does_not_wait_for_one_that_grows(kept: Kept) -> None:
    saved: dict[int, float] = {}

    def happening(second: int) -> None:
        kept.append("log.txt")
        if second % 50 == 0:
            kept.append("work.ipynb", f"{second}\n")
        for written in range(50, second, 50):
            text = f"{written}\n".encode()
            if written not in saved and text in kept.service.blobs.get(newest(kept), b""):
                saved[written] = second - written

    kept.run(600, happening)

    assert len(saved) >= 10
    assert max(saved.values()) <= 2


def newest(kept: Kept) -> str:
    entry = kept.service.entries.get("work.ipynb")
    return str(entry["sha256"]) if entry else ""


@pytest.mark.parametrize("files", [20, 600])
def test_many_files_that_change_in_turns_cost_a_quarter_more_at_most(
    kept: Kept, files: int
) -> None:
    kept.run(600, lambda second: kept.append(f"{second % files}.txt"))

    assert len(kept.saves) <= 600 / EVERY + 600 / (EXTRA_EVERY * EVERY) + EXTRA + 1


def test_without_a_watcher_that_tells_what_changed_it_costs_no_more(kept: Kept) -> None:
    """Where the system can't watch a tree this large, it is scanned each second."""

    def happening(_: int) -> None:
        kept.append("log.txt")
        kept.keeper.notice()

    kept.run(600, happening)

    assert len(kept.saves) <= 600 / EVERY + 1


def test_a_file_that_changes_while_it_is_sent_is_not_sent_again_and_again(kept: Kept) -> None:
    sent: list[str] = []

    def refuse(_method: str, path: str) -> Fault | None:
        if path.startswith("/api/agent/workspace/uploads"):
            sent.append(path)
        return Fault(400) if path.startswith("/blobs/") else None

    kept.faults = refuse

    kept.run(600, lambda _: kept.append("database"))

    assert 2 <= len(sent) <= 600 / EVERY + 1


def test_an_address_that_was_used_before_an_answer_was_lost_says_that_the_file_is_there(
    kept: Kept,
) -> None:
    def answer(_method: str, path: str) -> Fault | None:
        return Fault(412, after=True) if path.startswith("/blobs/") else None

    kept.faults = answer

    kept.run(60, lambda second: kept.append("a.txt") if second == 1 else None)

    assert kept.saves
    assert kept.keeper.status.error is None


def test_what_waits_for_its_turn_is_shown_as_not_saved_yet(kept: Kept) -> None:
    pending: set[tuple[bool, int]] = set()

    def happening(second: int) -> None:
        status = kept.keeper.status
        if second in (1, 5):
            kept.append("log.txt")
        if second in (4, 10, 40):
            pending.add((second == 10, status.pending_files))

    kept.run(60, happening)

    assert pending == {(False, 0), (True, 1)}


def test_a_service_that_is_away_is_asked_again_until_it_is_there(kept: Kept) -> None:
    away: list[float] = []

    def refuse(_method: str, path: str) -> Fault | None:
        if kept.clock.now() < 600:
            away.append(kept.clock.now())
            return Fault(500)
        return None

    kept.faults = refuse

    def happening(second: int) -> None:
        if second == 1:
            kept.append("during.txt")

    kept.run(660, happening)

    assert kept.service.content("during.txt") == b"line\n"
    assert max(gaps(away)) <= 20


def test_a_last_save_is_tried_for_as_long_as_the_process_lives(kept: Kept) -> None:
    """ECS kills it two minutes after it was asked to stop; the service is back just before."""
    kept.run(10, lambda second: kept.append("log.txt") if second == 9 else None)
    stopped = kept.clock.now()
    kept.faults = lambda *_: Fault(500) if kept.clock.now() < stopped + 115 else None
    kept.append("log.txt", "the last line\n")

    assert kept.keeper.flush()

    assert kept.clock.now() > stopped + 110
    assert kept.service.content("log.txt").endswith(b"the last line\n")


def test_how_often_can_be_set(kept: Kept) -> None:
    kept.run(600, lambda _: kept.append("log.txt"), save_seconds=60)

    assert min(gaps(kept.saves)) >= 60
    assert len(kept.saves) >= 9
