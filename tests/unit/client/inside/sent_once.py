"""What is large is sent once, and is gone afterwards; see test_calls.py."""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import functools
import itertools
import sys
import threading
import time
import warnings
from typing import Any

import cloudpickle
import numpy as np
from inside.helpers import raised, until
from inside.local import local

import ramon
from ramon import _calls, _sending

# As what a notebook defines: workers can't import it.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

_sending.LINGER_SECONDS = 2.0
CLUSTER: Any = local(workers=2, threads=1)
LARGE = np.arange(5_000_000)
"""40 MB."""


class Holder:
    """Something of a user's that is large."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __call__(self, x: int) -> int:
        """Use it."""
        return int(self.array[x])


def _sent() -> list[str]:
    return [key for key in CLUSTER.cluster.scheduler.tasks if key.startswith(_calls.SHARED)]


def _calls_and_shared() -> tuple[list[str], int]:
    """What was sent once, and the bytes of all other tasks that were sent."""
    tasks = CLUSTER.cluster.scheduler.tasks
    small = {key: task for key, task in tasks.items() if not key.startswith(_calls.SHARED)}
    return _sent(), len(cloudpickle.dumps([task.run_spec for task in small.values()]))


def _once(results: Any, wanted: list[int]) -> None:
    """`results` came of a map whose calls are all on the cluster now."""
    until(_sent)
    shared, rest = _calls_and_shared()
    assert len(shared) == 1, shared
    assert rest < 1 << 20
    assert list(results) == wanted
    del results
    until(lambda: not CLUSTER.cluster.scheduler.tasks, 60)


def a_large_closure_is_sent_once_and_is_gone_afterwards() -> None:
    array = LARGE + 1

    def closes_over_it(x: int) -> int:
        return int(array[x])

    _once(CLUSTER.map(closes_over_it, range(30)), list(range(1, 31)))


def a_large_bound_method_is_sent_once() -> None:
    _once(CLUSTER.map(Holder(LARGE + 2), range(30)), list(range(2, 32)))


def a_large_partial_is_sent_once() -> None:
    call = functools.partial(lambda array, x: int(array[x]), LARGE + 3)
    _once(CLUSTER.map(call, range(30)), list(range(3, 33)))


def a_large_argument_of_every_item_is_sent_once() -> None:
    call = lambda array, x: int(array[x])  # noqa: E731 - as people write it
    _once(CLUSTER.map(call, itertools.repeat(LARGE + 4), range(30)), list(range(4, 34)))


def a_large_argument_of_many_submits_is_sent_once() -> None:
    array = LARGE + 5
    futures = [CLUSTER.submit(lambda a, x=0, **_: int(a[x]), array, x=x) for x in range(8)]
    more = [CLUSTER.submit(lambda x, a: int(a[x]), x, a=Holder(array).array) for x in range(8)]
    until(_sent)
    assert len(_sent()) == 1
    assert [future.result() for future in futures] == list(range(5, 13))
    assert [future.result() for future in more] == list(range(5, 13))


def what_changed_between_two_calls_is_sent_anew() -> None:
    array = LARGE + 6
    first = CLUSTER.submit(lambda a: int(a[0]), array)
    array[0] = 100
    second = CLUSTER.submit(lambda a: int(a[0]), array)
    array[0] = 200
    assert (first.result(), second.result()) == (6, 100)


def what_changed_after_a_call_is_not_what_it_gets() -> None:
    small, futures = np.zeros(10_000), []
    for x in range(20):
        small[:] = x
        futures.append(CLUSTER.submit(lambda a: float(a.sum()), small))
    assert [future.result() for future in futures] == [x * 10_000 for x in range(20)]


def results_in_an_array_that_calls_use_again_are_each_its_own() -> None:
    array = np.zeros(10_000)

    def fill(x: int) -> Any:
        array[:] = x
        return array

    results = CLUSTER.map(fill, range(40), chunksize=1)
    assert [int(each[0]) for each in results] == list(range(40))


def dask_gives_no_advice_about_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert CLUSTER.submit(len, bytes(20 << 20)).result() == 20 << 20
        assert list(CLUSTER.map(len, [bytes(20 << 20)] * 3)) == [20 << 20] * 3


def it_is_made_again_when_a_worker_is_lost() -> None:
    until(lambda: not _sent())
    array = LARGE + 7

    def slowly(x: int) -> int:
        time.sleep(0.2)
        return int(array[x])

    results = CLUSTER.map(slowly, range(12))
    assert next(results) == 7
    (key,) = _sent()
    (holder, *_) = CLUSTER.cluster.scheduler.tasks[key].who_has
    CLUSTER.get_client().restart_workers([holder.address])
    assert list(results) == list(range(8, 19))


def what_is_needed_again_and_again_stays_a_while() -> None:
    until(lambda: not _sent())
    array = LARGE + 8
    for _ in range(2):
        assert CLUSTER.submit(lambda a: int(a[1]), array).result() == 9
    (key,) = (key for key in _sent() if CLUSTER.cluster.scheduler.tasks[key].who_has)
    assert CLUSTER.submit(lambda a: int(a[2]), array).result() == 10
    assert key in _sent()


def what_can_not_be_sent_is_named_beside_what_is_large() -> None:
    lock = threading.Lock()
    for call in (
        lambda: CLUSTER.submit(max, LARGE, lock),
        lambda: CLUSTER.map(max, [LARGE], [lock]),
    ):
        assert "lock" in str(raised(ramon.errors.NotPicklable, call))
