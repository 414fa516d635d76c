"""The same calls on a cluster and on a pool of threads, and on two clients of Dask.

What differs has to be in the tables of docs/clusters.md, by the names of the functions here, and
what is there has to differ. See test_same_calls.py.
"""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import asyncio
import concurrent.futures as cf
import functools
import inspect
import itertools
import operator
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import dask.array
import distributed
from inside.helpers import until

import ramon

# As what a notebook defines: workers can't import it.
__name__ = "__main__"

DOCS = Path(sys.argv[1]) if sys.argv[1:] else Path()
SECTION = "## What differs from `concurrent.futures` and from Dask's client"

CLUSTER = ramon.Cluster(2, name="same", cpu=1, memory="1 GiB")


class Custom(Exception):
    """Takes more than it tells."""

    def __init__(self, what: str, *, code: int) -> None:
        super().__init__(what)
        self.code = code


class Base(BaseException):
    """Is no Exception."""


class Point:
    """Has a method, and can be compared."""

    def __init__(self, x: int) -> None:
        self.x = x

    def plus(self, y: int) -> int:
        """Add."""
        return self.x + y


def _fail(error: BaseException) -> None:
    raise error


def _slow(seconds: float, result: Any = None) -> Any:
    time.sleep(seconds)
    return result


class OnAPool:
    """Calls of an executor: each is given one, and what it returns or raises is compared."""

    def map_has_a_deadline(self, pool: cf.Executor) -> Any:
        """First, while the pool has nothing else to do."""
        return _taken(pool.map(_slow, [0, 4], timeout=2.5))

    def submit_gives_the_result(self, pool: cf.Executor) -> Any:
        return pool.submit(divmod, 7, 4).result()

    def submit_takes_arguments_by_name(self, pool: cf.Executor) -> Any:
        return pool.submit(dict, a=1, fn=2, key=3, self=4).result()

    def submit_takes_a_lambda(self, pool: cf.Executor) -> Any:
        return pool.submit(lambda x: x + 1, 1).result()

    def submit_takes_a_closure(self, pool: cf.Executor) -> Any:
        outer = [1, 2, 3]
        return pool.submit(lambda: sum(outer)).result()

    def submit_takes_a_partial(self, pool: cf.Executor) -> Any:
        return pool.submit(functools.partial(operator.add, 1), 2).result()

    def submit_takes_a_method(self, pool: cf.Executor) -> Any:
        return pool.submit(Point(1).plus, 2).result()

    def submit_gives_none(self, pool: cf.Executor) -> Any:
        return pool.submit(lambda: None).result()

    def submit_gives_a_function(self, pool: cf.Executor) -> Any:
        return pool.submit(lambda: lambda x: x * 2).result()(4)

    def submit_gives_an_error_as_a_value(self, pool: cf.Executor) -> Any:
        return repr(pool.submit(Custom, "what", code=3).result())

    def submit_runs_each_time(self, pool: cf.Executor) -> Any:
        return pool.submit(time.time_ns).result() == pool.submit(time.time_ns).result()

    def submit_wants_a_function(self, pool: cf.Executor) -> Any:
        return pool.submit()  # type: ignore[call-arg]  # that is tried

    def submit_of_what_is_no_function(self, pool: cf.Executor) -> Any:
        return pool.submit(5).result()  # type: ignore[arg-type]  # that is tried

    def submit_raises(self, pool: cf.Executor) -> Any:
        return pool.submit(operator.truediv, 1, 0).result()

    def submit_raises_an_error_of_ones_own(self, pool: cf.Executor) -> Any:
        error = pool.submit(lambda: _fail(Custom("no", code=7))).exception()
        return type(error), str(error), error.code  # type: ignore[union-attr]  # it has one

    def submit_raises_what_is_no_exception(self, pool: cf.Executor) -> Any:
        return pool.submit(lambda: _fail(Base("base"))).result()

    def submit_raises_system_exit(self, pool: cf.Executor) -> Any:
        error = pool.submit(sys.exit, 3).exception()
        return type(error), error.code  # type: ignore[union-attr]  # it has one

    def submit_raises_stop_iteration(self, pool: cf.Executor) -> Any:
        error = pool.submit(next, iter(())).exception()
        return type(error), str(error)

    def submit_raises_a_group(self, pool: cf.Executor) -> Any:
        group = ExceptionGroup("both", [ValueError("a"), KeyError("b")])
        error: Any = pool.submit(lambda: _fail(group)).exception()
        return repr(error), repr(error.exceptions)

    def submit_raises_with_a_cause(self, pool: cf.Executor) -> Any:
        def fails() -> None:
            try:
                _fail(KeyError("first"))
            except KeyError as error:
                raise ValueError("second") from error

        error = pool.submit(fails).exception()
        assert error
        return repr(error), repr(error.__cause__), "fails" in str(traceback.extract_tb(
            error.__traceback__))  # fmt: skip

    def an_argument_is_the_same_object(self, pool: cf.Executor) -> Any:
        given: list[int] = []
        pool.submit(given.append, 1).result()
        return given

    def a_lock_is_an_argument(self, pool: cf.Executor) -> Any:
        return pool.submit(lambda lock: lock.locked(), threading.Lock()).result()

    def a_generator_is_a_result(self, pool: cf.Executor) -> Any:
        return list(pool.submit(lambda: (x for x in range(3))).result())

    def a_coroutine_function_is_called(self, pool: cf.Executor) -> Any:
        async def double(x: int) -> int:
            return 2 * x

        result: Any = pool.submit(double, 4).result()
        if inspect.iscoroutine(result):
            result.close()
            return "a coroutine"
        return result

    def a_future_is_done(self, pool: cf.Executor) -> Any:
        future = pool.submit(abs, -1)
        return future.result(), future.done(), future.cancelled(), future.running()

    def a_future_without_an_error_has_none(self, pool: cf.Executor) -> Any:
        return pool.submit(abs, -1).exception()

    def a_result_is_waited_for_only_so_long(self, pool: cf.Executor) -> Any:
        return pool.submit(_slow, 1).result(timeout=0.05)

    def an_error_is_waited_for_only_so_long(self, pool: cf.Executor) -> Any:
        return pool.submit(_slow, 1).exception(timeout=0.05)

    def what_has_not_begun_can_be_cancelled(self, pool: cf.Executor) -> Any:
        slow = [pool.submit(_slow, 0.5) for _ in range(4)]
        last = pool.submit(abs, -1)
        cancelled = last.cancel(), last.cancelled(), last.done()
        cf.wait(slow)
        return cancelled

    def what_is_cancelled_says_so(self, pool: cf.Executor) -> Any:
        slow = [pool.submit(_slow, 0.5) for _ in range(4)]
        last = pool.submit(abs, -1)
        last.cancel()
        cf.wait([*slow, last])
        return last.result()

    def what_runs_can_not_be_cancelled(self, pool: cf.Executor) -> Any:
        future = pool.submit(_slow, 1)
        time.sleep(0.3)
        return future.cancel()

    def what_is_done_can_not_be_cancelled(self, pool: cf.Executor) -> Any:
        future = pool.submit(abs, -1)
        return future.result(), future.cancel(), future.cancelled()

    def what_runs_says_so(self, pool: cf.Executor) -> Any:
        future = pool.submit(_slow, 0.7)
        time.sleep(0.4)
        return future.running()

    def callbacks_are_called(self, pool: cf.Executor) -> Any:
        called: list[Any] = []
        future = pool.submit(abs, -1)
        future.add_done_callback(lambda done: called.append(done.result()))
        future.result()
        until(lambda: called)
        future.add_done_callback(lambda done: called.append(done is future))
        return called

    def as_completed_gives_all(self, pool: cf.Executor) -> Any:
        futures = [pool.submit(abs, -n) for n in range(5)]
        return sorted(future.result() for future in cf.as_completed(futures, timeout=60))

    def wait_gives_the_first(self, pool: cf.Executor) -> Any:
        futures = [pool.submit(_slow, 1.5), pool.submit(abs, -1)]
        done, rest = cf.wait(futures, return_when=cf.FIRST_COMPLETED)
        return [future.result() for future in done], len(rest)

    def map_gives_results_in_order(self, pool: cf.Executor) -> Any:
        return list(pool.map(lambda x: _slow(0.02 * (5 - x), x), range(5)))

    def map_takes_several_iterables(self, pool: cf.Executor) -> Any:
        return list(pool.map(operator.add, [1, 2, 3], range(3)))

    def map_ends_with_the_shortest(self, pool: cf.Executor) -> Any:
        return list(pool.map(operator.add, [1, 2, 3], itertools.count()))[:2], list(
            pool.map(operator.add, range(5), iter([1, 2]))
        )

    def map_of_nothing(self, pool: cf.Executor) -> Any:
        return list(pool.map(abs, [])), list(pool.map(abs))

    def map_takes_a_generator(self, pool: cf.Executor) -> Any:
        return list(pool.map(abs, (-x for x in range(1000))))

    def map_takes_a_size_of_pieces(self, pool: cf.Executor) -> Any:
        return list(pool.map(abs, range(7), chunksize=3))

    def map_takes_no_size_of_pieces(self, pool: cf.Executor) -> Any:
        return list(pool.map(abs, range(7), chunksize=0))

    def map_gives_what_is_before_the_error(self, pool: cf.Executor) -> Any:
        return _taken(pool.map(lambda x: 1 / (3 - x), range(9)))

    def map_ends_after_its_error(self, pool: cf.Executor) -> Any:
        results = pool.map(lambda x: 1 / x, [0, 1])
        return _taken(results), list(results)

    def map_notes_the_item(self, pool: cf.Executor) -> Any:
        try:
            list(pool.map(lambda x: 1 / x, [1, 0]))
        except ZeroDivisionError as error:
            return getattr(error, "__notes__", [])

    def map_raises_stop_iteration(self, pool: cf.Executor) -> Any:
        return _taken(pool.map(next, [iter([1]), iter([])]))

    def map_raises_system_exit(self, pool: cf.Executor) -> Any:
        return _taken(pool.map(sys.exit, [3]))

    def map_of_an_iterator_that_fails(self, pool: cf.Executor) -> Any:
        def source() -> Iterator[int]:
            yield from range(3)
            raise LookupError

        return _taken(pool.map(abs, source()))

    def map_reads_all_of_an_iterator_at_once(self, pool: cf.Executor) -> Any:
        read = itertools.count()
        results = pool.map(lambda x: _slow(0.001, x), (next(read) for _ in range(3000)))
        everything = next(read) == 3000
        results.close()  # type: ignore[attr-defined]  # a generator's, or ours
        return everything

    def map_has_no_time(self, pool: cf.Executor) -> Any:
        return _taken(pool.map(_slow, [1], timeout=0))

    def map_can_be_closed(self, pool: cf.Executor) -> Any:
        results: Any = pool.map(abs, range(100))
        first = next(results)
        results.close()
        return first, list(results)

    def map_that_nobody_asks_runs(self, pool: cf.Executor) -> Any:
        places = pool.submit(lambda: None).result()
        pool.map(abs, range(10))
        return places, pool.submit(abs, -1).result()

    def shutdown_waits_and_then_nothing_is_taken(self, pool: cf.Executor) -> Any:
        """The last one: the pool is gone afterwards."""
        future = pool.submit(_slow, 0.5, 5)
        pool.shutdown()
        return (
            future.done(),
            future.result(),
            _outcome(lambda: pool.submit(abs, 1)),
            _outcome(lambda: pool.map(abs, [1])),
        )


class OnAClient:
    """Calls of Dask's client, likewise."""

    def submit(self, client: Any) -> Any:
        return client.submit(divmod, 7, 4).result()

    def submit_is_pure(self, client: Any) -> Any:
        return client.submit(abs, -1).key == client.submit(abs, -1).key

    def submit_with_a_key(self, client: Any) -> Any:
        return client.submit(abs, -1, key="mine").key

    def submit_of_futures(self, client: Any) -> Any:
        return client.submit(sum, [client.submit(abs, -n) for n in range(4)]).result()

    def submit_of_a_coroutine_function(self, client: Any) -> Any:
        async def double(x: int) -> int:
            await asyncio.sleep(0)
            return 2 * x

        return client.submit(double, 3).result()

    def submit_raises(self, client: Any) -> Any:
        return client.submit(operator.truediv, 1, 0).result()

    def submit_raises_an_error_of_ones_own(self, client: Any) -> Any:
        error = client.submit(lambda: _fail(Custom("no", code=7))).exception()
        return type(error), str(error), error.code

    def submit_raises_what_is_no_exception(self, client: Any) -> Any:
        return repr(client.submit(lambda: _fail(Base("base"))).exception())

    def a_module_that_is_missing_gets_a_note(self, client: Any) -> Any:
        def needs() -> None:
            import nonesuch  # noqa: F401, PLC0415 - a task does

        return getattr(client.submit(needs).exception(), "__notes__", [])

    def an_error_goes_on_to_dependents(self, client: Any) -> Any:
        return client.submit(abs, client.submit(operator.truediv, 1, 0)).result()

    def a_traceback_is_there(self, client: Any) -> Any:
        return bool(client.submit(_fail, ValueError("x")).traceback())

    def statuses(self, client: Any) -> Any:
        good, bad = client.submit(abs, -1), client.submit(operator.truediv, 1, 0)
        distributed.wait([good, bad])
        # Not the type: Dask does not tell it of a result that was there before.
        return good.status, bad.status, good.done()

    def map_gives_futures(self, client: Any) -> Any:
        return client.gather(client.map(operator.add, range(5), range(5)))

    def map_with_one_argument_for_all(self, client: Any) -> Any:
        return client.gather(client.map(pow, [1, 2], [2, 2], mod=None))

    def gather_of_a_dict(self, client: Any) -> Any:
        return client.gather({"a": client.submit(abs, -1), "b": [client.submit(abs, -2)]})

    def gather_raises(self, client: Any) -> Any:
        return client.gather(client.map(lambda x: 1 / x, [1, 0]))

    def gather_skips(self, client: Any) -> Any:
        return client.gather(client.map(lambda x: 1 / x, [1, 0]), errors="skip")

    def scatter(self, client: Any) -> Any:
        return client.submit(sum, client.scatter([1, 2, 3], hash=False)).result()

    def cancel(self, client: Any) -> Any:
        future = client.submit(_slow, 1)
        future.cancel()
        return future.cancelled(), _outcome(future.result)

    def a_result_is_waited_for_only_so_long(self, client: Any) -> Any:
        return client.submit(_slow, 1, pure=False).result(timeout=0.05)

    def as_completed(self, client: Any) -> Any:
        done = distributed.as_completed(client.map(abs, range(5)), with_results=True)
        return sorted(result for _, result in done)

    def retries(self, client: Any) -> Any:
        return client.submit(operator.truediv, 1, 0, retries=1, pure=False).result()

    def delayed(self, client: Any) -> Any:
        return client.compute(dask.delayed(sum)([1, 2, dask.delayed(abs)(-3)])).result()

    def an_array(self, client: Any) -> Any:
        return float(client.compute(dask.array.ones((100, 100), chunks=50).sum()).result())

    def run(self, client: Any) -> Any:
        return sorted(client.run(lambda: 5).values())

    def run_on_scheduler(self, client: Any) -> Any:
        return client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.workers))

    def a_worker_client(self, client: Any) -> Any:
        def nested() -> Any:
            with distributed.worker_client() as inner:
                return inner.gather(inner.map(abs, [-1, -2]))

        return client.submit(nested).result()

    def a_dataset(self, client: Any) -> Any:
        client.publish_dataset(one=client.submit(abs, -1))
        value = client.get_dataset("one").result()
        client.unpublish_dataset("one")
        return value, tuple(client.list_datasets())

    def a_variable(self, client: Any) -> Any:
        variable = distributed.Variable("mine", client=client)
        variable.set(5)
        return variable.get()

    def workers_run_what_they_are_told(self, client: Any) -> Any:
        (worker, *_) = client.scheduler_info()["workers"]
        where = client.submit(lambda: distributed.get_worker().address, workers=[worker])
        return where.result() == worker


def a_cluster_does_what_a_pool_of_threads_does() -> None:
    client = CLUSTER.get_client()
    with distributed.Client(CLUSTER.scheduler_address, security=CLUSTER.security) as plain:
        _compare(OnAClient(), "Dask's client", client, plain)
    _compare(OnAPool(), "an executor", CLUSTER, cf.ThreadPoolExecutor(2))


def the_list_is_long() -> None:
    assert len(_calls(OnAPool())) >= 40
    assert len(_calls(OnAClient())) >= 25


def _compare(calls: Any, table: str, ours: Any, theirs: Any) -> None:
    differ = {}
    for name, call in _calls(calls):
        mine, other = _outcome(lambda: call(ours)), _outcome(lambda: call(theirs))  # noqa: B023 - now
        if mine != other:
            differ[name] = (mine, other)
    documented = _documented(table)
    assert set(differ) == documented, (
        {name: differ[name] for name in set(differ) - documented},
        f"these don't differ: {documented - set(differ)}",
    )


def _calls(calls: Any) -> list[tuple[str, Callable[[Any], Any]]]:
    names = [name for name in vars(type(calls)) if not name.startswith("_")]
    return [(name, getattr(calls, name)) for name in names]


def _documented(table: str) -> set[str]:
    """The names in the first column of the table, of which the column's head names the kind."""
    lines = DOCS.read_text().partition(SECTION)[2].partition("\n## ")[0].splitlines()
    rows = itertools.dropwhile(lambda line: not line.startswith(f"| on {table} "), lines)
    cells = itertools.takewhile(lambda line: line.startswith("|"), rows)
    return {row.split("`")[1] for row in cells if row.startswith("| `")}


def _taken(results: Iterator[Any]) -> tuple[list[Any], Any]:
    """What comes of an iterator, and the error by which it ends."""
    got: list[Any] = []

    def take() -> None:
        for result in results:
            got.append(result)  # noqa: PERF402 - until it fails

    return got, _outcome(take)


def _outcome(call: Callable[[], Any]) -> Any:
    """What a call returns; or of its error, which of Python's own classes it is, and its text."""
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - it is compared
        words = not isinstance(error, TimeoutError | RuntimeError | TypeError)
        return "raised", _class_of(error), str(error) if words else ""
    return result if not isinstance(result, cf.Future) else "a future"


def _class_of(error: BaseException) -> str:
    kinds = [kind for kind in type(error).__mro__ if not _is_ours(kind)]
    return kinds[0].__name__


def _is_ours(thing: Any) -> bool:
    kind = thing if isinstance(thing, type) else type(thing)
    return kind.__module__.startswith("ramon.")
