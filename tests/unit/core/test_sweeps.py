"""A sweep: each item by itself, accounts in turn, side by side, within its time."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import clock, sweep_places, sweeps
from localcloud.tables import tables


@dataclass(frozen=True)
class Item:
    id: str
    account_id: str = "acc_1"


ITEMS = st.lists(
    st.builds(Item, st.integers().map(str), st.sampled_from("abcd")), unique_by=lambda item: item.id
)


@pytest.fixture
def rows() -> Iterator[None]:
    with tables(weighs=False):
        yield


@given(ITEMS, st.integers(0, 20))
def test_everybody_gets_a_turn_before_anybody_gets_a_second(items: list[Item], at: int) -> None:
    since = [items[at % len(items)].id] if items else []

    order = sweeps.in_turns(items, lambda item: item.account_id, since)

    assert sorted(order, key=lambda item: item.id) == sorted(items, key=lambda item: item.id)
    assert not items or order[0].id == since[0]
    for account in {item.account_id for item in items}:
        many = sum(item.account_id == account for item in items)
        own = [place for place, item in enumerate(order) if item.account_id == account]
        for turn, place in enumerate(own[: many - 1]):
            others = [item.account_id for item in order[:place]]
            assert all(others.count(other) <= turn + 1 for other in set(others))


@pytest.mark.usefixtures("rows")
def test_what_a_run_has_no_time_for_comes_first_in_the_next(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    items = [Item(f"{account}{number}", account) for account in "ab" for number in range(3)]
    now, done = [0.0], []
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])

    def work(item: Item) -> None:
        done.append(item.id)
        now[0] += 10

    sweep = sweeps.Sweep("tests", seconds=40)
    sweep.over(items, "an item was not swept", work)
    assert done == ["a0", "b0", "a1", "b1"]
    assert "a sweep had no time for all" in caplog.text
    sweep.over(items, "an item was not swept", work)

    assert done[4:] == ["a2", "b2", "a0", "b0"]
    monkeypatch.setattr(clock, "monotonic", lambda: 0.0)
    sweep.over(items, "an item was not swept", work)
    assert sweep_places.read("tests") == []


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("accounts", [1, 4, 30])
@pytest.mark.parametrize("ended", [1, 3])
def test_a_sweep_goes_on_after_what_ended_meanwhile(
    monkeypatch: pytest.MonkeyPatch, accounts: int, ended: int
) -> None:
    items = [Item(f"i{number:02}", f"a{number % accounts}") for number in range(30)]
    now, done = [0.0], []
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(sweeps, "AT_ONCE", 1)

    def work(item: Item) -> None:
        done.append(item)
        now[0] += 10

    sweep = sweeps.Sweep("tests", seconds=90)
    for _ in range(5):
        now[0] = 0
        sweep.over(items, "an item was not swept", work)
        gone = list(sweep_places.read("tests"))[:ended]
        items = [item for item in items if item.id not in gone]

    assert set(items) <= set(done)


@pytest.mark.usefixtures("rows")
def test_items_are_worked_on_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "AT_ONCE", 4)
    together = threading.Barrier(4, timeout=30)
    items = [Item(str(number)) for number in range(8)]

    failed = sweeps.Sweep("tests").over(items, "it was not swept", lambda _: together.wait())

    assert failed == 0


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("at_once", [1, 4])
def test_items_that_failed_are_counted_and_all_others_are_done(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(sweeps, "AT_ONCE", at_once)
    done: list[str] = []

    def work(item: Item) -> None:
        if item.id in ("2", "3"):
            raise RuntimeError(item)
        done.append(item.id)

    items = [Item(str(number)) for number in range(5)]
    assert sweeps.Sweep("tests").over(items, "it was not swept", work) == 2
    assert sorted(done) == ["0", "1", "4"]


class Killed(BaseException):
    """The process is gone: what comes after it does not happen."""


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("accounts", [1, 5, 40])
@pytest.mark.parametrize("deadly", [0, 3, 20, 39])
def test_an_item_that_kills_each_run_keeps_no_other_from_its_turn(
    monkeypatch: pytest.MonkeyPatch, accounts: int, deadly: int
) -> None:
    items = [Item(f"i{number:02}", f"a{number % accounts}") for number in range(40)]
    done: set[str] = set()
    monkeypatch.setattr(sweeps, "AT_ONCE", 1)

    def work(item: Item) -> None:
        if item == items[deadly]:
            raise Killed
        done.add(item.id)

    for _ in range(3):
        with pytest.raises(Killed):
            sweeps.Sweep("tests").over(items, "an item was not swept", work)

    assert done == {item.id for item in items} - {items[deadly].id}


@pytest.mark.usefixtures("rows")
def test_more_than_a_note_has_names_for_get_their_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [Item(str(number), str(number)) for number in range(20)]
    now, done = [0.0], []
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(sweep_places, "MOST_NAMES", 2)

    def work(item: Item) -> None:
        done.append(item.id)
        now[0] += 10

    monkeypatch.setattr(sweeps, "AT_ONCE", 1)
    for _ in range(5):
        now[0] = 0
        sweeps.Sweep("tests").over(items, "an item was not swept", work)

    assert done == [item.id for item in items]


@pytest.mark.usefixtures("rows")
def test_a_note_that_can_not_be_written_ends_no_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    items = [Item(str(number)) for number in range(20)]
    done: list[Item] = []

    def refuse(*_: object) -> None:
        if len(done) < len(items):
            raise RuntimeError

    monkeypatch.setattr(sweep_places, "write", refuse)

    assert sweeps.Sweep("tests").over(items, "it was not swept", done.append) == 0
    assert sorted(item.id for item in done) == sorted(item.id for item in items)
    assert "a sweep could not note where it is" in caplog.text


@pytest.mark.usefixtures("rows")
def test_items_of_one_account_wait_for_each_other_and_nobody_else_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweeps, "AT_ONCE", 8)
    items = [Item(f"{account}{n}", account) for account in "abc" for n in range(12)]
    together = threading.Barrier(3, timeout=30)
    inside: list[str] = []
    doubled: list[str] = []

    def work(item: Item) -> None:
        if item.account_id in inside:
            doubled.append(item.id)
        inside.append(item.account_id)
        together.wait()  # one of each account is worked on
        inside.remove(item.account_id)
        together.wait()

    sweep = sweeps.Sweep("tests", one_of_an_account=True)

    assert sweep.over(items, "it was not swept", work) == 0
    assert not doubled
