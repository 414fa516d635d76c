"""`map` reads as it goes, and stops when it is left; see test_calls.py.

The workers are threads of this process, so that what they do can be counted, and held.
"""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import asyncio
import contextlib
import gc
import itertools
import operator
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from inside.helpers import raised, until
from inside.local import LocalTasks, local

import ramon
from ramon import _ahead, _calls

# Behind what is installed here: it belongs to the Python that tests run with.
sys.path.append(os.environ["TESTS_PACKAGES"])

from hypothesis import given, settings
from hypothesis import strategies as st

THREADS = 2
_calls.ASK_SECONDS = 0.0  # workers look before each call whether it is wanted

CLUSTER = local(workers=1, threads=THREADS, processes=False)


class Bench:
    """What calls share: which began, and a gate at which all from `held` on wait."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.held: int | None = None
        self.gate = threading.Event()

    def reset(self, held: int | None = None) -> None:
        """Begin anew, when what was before has ended."""
        self.gate.set()
        until(_nothing_is_wanted)
        until(_nothing_runs)
        self.begun, self.held = [], held
        self.gate.clear()


BENCH = Bench()


def _double(x: int) -> int:
    """A call: workers import it from here, where they are."""
    BENCH.begun.append(x)
    if BENCH.held is not None and x >= BENCH.held:
        assert BENCH.gate.wait(60)
    return 2 * x


class Source(Iterator[int]):
    """An iterator that counts what is read, and may fail."""

    def __init__(self, end: int | None = None, fails: int | None = None) -> None:
        self.read = 0
        self._end, self._fails = end, fails

    def __next__(self) -> int:
        if self.read == self._fails:
            raise LookupError("the source failed")
        if self.read == self._end:
            raise StopIteration
        self.read += 1
        return self.read - 1


# --- Any iterator, any size of pieces, any point of leaving ---------------------------------------


@settings(max_examples=40, deadline=None, database=None)
@given(
    end=st.integers(0, 60),
    fails=st.none() | st.integers(0, 60),
    wrong=st.none() | st.integers(0, 60),
    sized=st.booleans(),
    chunksize=st.none() | st.integers(1, 9),
    leave=st.none() | st.integers(0, 60),
)
def _yields_what_plain_python_would(
    end: int,
    fails: int | None,
    wrong: int | None,
    sized: bool,
    chunksize: int | None,
    leave: int | None,
) -> None:
    def call(x: int, y: int) -> float:
        return x + 1 / (y if x != wrong else 0)

    def pairs() -> tuple[Any, Any]:
        if sized:
            return range(end), [3] * (end + 2)  # the shorter one counts
        return Source(end, fails), itertools.repeat(3)

    def plainly() -> Iterator[float]:
        for x, y in zip(*pairs(), strict=False):
            yield call(x, y)

    wanted, ended = _taken(plainly(), leave)
    got, how = _taken(CLUSTER.map(call, *pairs(), chunksize=chunksize), leave)
    assert got == wanted
    assert how is ended


def any_map_yields_what_plain_python_would() -> None:
    _yields_what_plain_python_would()


@settings(max_examples=40, deadline=None, database=None)
@given(
    sized=st.booleans(),
    chunksize=st.integers(1, 5),
    pieces=st.integers(0, 6),
    way=st.sampled_from(["break", "close", "forget", "fail"]),
)
def _computes_nothing_more(sized: bool, chunksize: int, pieces: int, way: str) -> None:
    taken = pieces * chunksize
    BENCH.reset(held=taken)
    source: Any = range(200) if sized else Source()
    results = CLUSTER.map(_double, source, chunksize=chunksize)
    if not taken:
        until(lambda: BENCH.begun)
    got = _left(results, taken, way)
    del results
    assert got == [2 * x for x in range(taken)]
    until(_nothing_is_wanted)
    BENCH.gate.set()
    until(_nothing_runs)
    assert len(BENCH.begun) <= taken + THREADS, BENCH.begun
    assert len(set(BENCH.begun)) == len(BENCH.begun)


def nothing_is_computed_after_leaving_but_what_was_under_way() -> None:
    _computes_nothing_more()


# --- Reading --------------------------------------------------------------------------------------


def an_endless_iterator_is_read_a_bounded_way_ahead() -> None:
    BENCH.reset()
    source = Source()
    results = CLUSTER.map(_double, source)
    for given_, result in enumerate(itertools.islice(results, 3000)):
        assert result == 2 * given_
        assert source.read - given_ < 1.5 * _ahead.MOST_CALLS
    results.close()


def an_iterator_is_not_read_on_when_nobody_asks() -> None:
    BENCH.reset(held=0)
    source = Source()
    results = CLUSTER.map(_double, source)
    assert source.read <= _ahead.AHEAD_PER_THREAD * THREADS
    results.close()
    BENCH.gate.set()


def what_has_a_length_is_read_a_bounded_way_ahead_too() -> None:
    for many in (range(10**12), range(10**7)):
        results = CLUSTER.map(abs, many)
        assert next(results) == 0
        results.close()
        until(_nothing_is_wanted)


def a_list_is_sent_at_once_so_that_it_outlives_its_kernel() -> None:
    BENCH.reset(held=0)
    results = CLUSTER.map(_double, range(1000))
    sent = sum(each.calls for each in results._pending)  # noqa: SLF001 - nothing shows it
    assert sent == 1000
    results.close()
    BENCH.gate.set()


def a_slow_iterator_holds_no_result_back() -> None:
    BENCH.reset()
    sent = CLUSTER.get_client().futures

    def slowly(source: Source) -> Iterator[int]:
        for x in source:
            if x:  # what was sent before it has its results by then, however slow this machine is
                until(lambda: all(each.status == "finished" for each in list(sent.values())))
                time.sleep(2 * _ahead.PIECE_SECONDS)
            yield x

    source = Source()
    results = CLUSTER.map(_double, slowly(source))
    for given_ in range(4):
        assert next(results) == 2 * given_
        assert source.read <= given_ + 3
    results.close()


def an_iterator_that_is_interrupted_interrupts_the_map() -> None:
    for at in (0, 3, 500):
        BENCH.reset()

        def source(at: int = at) -> Iterator[int]:
            yield from range(at)
            raise KeyboardInterrupt

        raised(KeyboardInterrupt, lambda source=source: list(CLUSTER.map(_double, source())))
        until(_nothing_is_wanted)


def large_items_are_read_less_far_ahead() -> None:
    source = Source()
    results = CLUSTER.map(len, (os.urandom(8 << 20) for _ in source))
    assert source.read <= 12
    assert next(results) == 8 << 20
    results.close()


def an_item_that_can_not_be_sent_is_named_in_its_place() -> None:
    BENCH.reset()

    def source() -> Iterator[Any]:
        yield from range(3000)
        yield threading.Lock()

    results = CLUSTER.map(_double, source())
    got: list[int] = []
    error = raised(ramon.errors.NotPicklable, lambda: got.extend(_kept(results, got)))
    assert "Item 3000 of the map" in str(error)
    assert got == [2 * x for x in range(3000)]


def a_size_of_pieces_that_makes_no_sense_is_refused() -> None:
    for size in (0, -1):
        raised(ValueError, lambda size=size: CLUSTER.map(abs, [1], chunksize=size))


def results_that_are_there_are_given_after_the_deadline() -> None:
    BENCH.reset(held=2)
    results = CLUSTER.map(_double, range(4), chunksize=1, timeout=0.3)
    assert next(results) == 0
    until(results._pending[0].future.done)  # noqa: SLF001 - nothing shows it
    assert next(results) == 2
    raised(TimeoutError, lambda: next(results))
    assert list(results) == []
    BENCH.gate.set()


# --- Leaving --------------------------------------------------------------------------------------


def one_that_was_never_asked_goes_on() -> None:
    BENCH.reset()
    CLUSTER.map(_double, range(50))
    gc.collect()
    until(lambda: len(BENCH.begun) == 50)


def asynchronous_ones_stop_however_they_are_left() -> None:
    async def check() -> None:
        tasks = LocalTasks(CLUSTER.cluster, asynchronous=True)
        await tasks.get_client()
        for leave in (_by_break, _by_failing, _by_closing, _by_cancelling):
            BENCH.reset(held=4)
            await leave(tasks.map(_double, Source(), chunksize=2))
            await asyncio.to_thread(until, _nothing_is_wanted)
            BENCH.gate.set()
            await asyncio.to_thread(until, _nothing_runs)
            assert len(BENCH.begun) <= 4 + THREADS, (leave, BENCH.begun)
        assert [x async for x in tasks.map(operator.add, range(5), range(9))] == [0, 2, 4, 6, 8]
        await tasks.close()

    asyncio.run(check())


async def _by_break(results: AsyncIterator[int]) -> None:
    async for result in results:
        if result == 6:
            break


async def _by_failing(results: AsyncIterator[int]) -> None:
    with contextlib.suppress(KeyError):
        async for result in results:
            if result == 6:
                raise KeyError


async def _by_closing(results: Any) -> None:
    assert [await anext(results) for _ in range(4)] == [0, 2, 4, 6]
    await results.aclose()
    assert await anext(results, None) is None


async def _by_cancelling(results: AsyncIterator[int]) -> None:
    async def consume() -> None:
        async for _ in results:
            pass

    task = asyncio.create_task(consume())
    await asyncio.to_thread(until, lambda: len(BENCH.begun) >= 5)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


# --- What they have in common ---------------------------------------------------------------------


def _taken(results: Iterator[Any], leave: int | None) -> tuple[list[Any], type | None]:
    """What comes of an iterator, some of it or all, and the class of the error by which it ends."""
    got: list[Any] = []
    try:
        while leave is None or len(got) < leave:
            got.append(next(results))
    except StopIteration:
        return got, None
    except Exception as error:  # noqa: BLE001 - it is looked at
        return got, type(error)
    results.close()  # type: ignore[attr-defined]  # a generator's, or ours
    return got, None


def _kept(results: Iterator[Any], got: list[Any]) -> list[Any]:
    for result in results:
        got.append(result)  # noqa: PERF402 - until it fails
    return []


def _left(results: Any, count: int, way: str) -> list[int]:
    if way == "fail":
        return _left_by_an_error(results, count)
    got = []
    if count or way == "break":
        for result in itertools.islice(results, count):
            got.append(result)  # noqa: PERF402 - a loop is left
    if way == "close" or not count:
        results.close()
    return got


def _left_by_an_error(results: Any, count: int) -> list[int]:
    got: list[int] = []

    def loop() -> None:
        for result in itertools.chain(results):
            got.append(result)
            if len(got) == count:
                raise KeyError

    if count:
        raised(KeyError, loop)
    results.close()
    return got


def _nothing_is_wanted() -> bool:
    """Whether the cluster knows that, workers too."""
    known = [task for each in _workers() for task in each.state.tasks.values()]
    return not CLUSTER.cluster.scheduler.tasks and all(task.state == "cancelled" for task in known)


def _nothing_runs() -> bool:
    return not any(each.state.tasks for each in _workers())


def _workers() -> list[Any]:
    return list(CLUSTER.cluster.workers.values())
