"""What comes back of a task that fails, or of a result that can't travel; see test_calls.py."""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import asyncio
import concurrent.futures as cf
import contextlib
import dataclasses
import functools
import inspect
import io
import logging
import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import cloudpickle
import joblib
import numpy as np
from inside.helpers import raised
from inside.local import LocalTasks, local

import ramon
from ramon._parallel import Backend

# As what a notebook defines: workers can't import it.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

CLUSTER = local()
WORKER = CLUSTER.get_client().submit(os.getpid, pure=False).result()


class Needs(Exception):
    """Can't be made from its arguments."""

    def __init__(self, what: str, *, code: int) -> None:
        super().__init__(f"{what} is missing")
        self.what, self.code = what, code


class Doubling(Exception):
    """Would say it twice, if it were made from its arguments."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no {what}")


class Holding(LookupError):
    """Has something that belongs to one process."""

    def __init__(self, what: str) -> None:
        super().__init__(what, threading.Lock())
        self.lock, self.code = threading.Lock(), 7


class Slotted(Exception):
    """Has an attribute that is in no dict."""

    __slots__ = ("code",)

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


class Refusing(Exception):
    """Can't be unpickled."""

    def __reduce__(self) -> Any:
        return _refuse, ()


class Closed:
    """Can't be unpickled, and is no error."""

    def __reduce__(self) -> Any:
        return _refuse, ()


class Unprintable(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise TypeError("no text")


class Stop(BaseException):
    """Is no Exception."""


@dataclasses.dataclass(frozen=True, eq=False)
class Frozen(Exception):
    """Lets nobody set its attributes, those of every error included."""

    what: str


class Incomparable(Exception):
    """Can't be compared."""

    def __eq__(self, other: object) -> bool:
        raise TypeError("no comparison")

    __hash__ = Exception.__hash__


class Stubborn(Exception):
    """Has a traceback of its own."""

    def with_traceback(self, _traceback: Any) -> Any:
        raise TypeError("no traceback")


class Falsy(Exception):
    """Is nothing, in an `if`."""

    def __len__(self) -> int:
        return 0


def _refuse() -> None:
    raise RuntimeError("it can't be made anew")


def _raise(make: Callable[[], BaseException]) -> Callable[..., None]:
    def fails(*_: object) -> None:
        raise make()

    return fails


ERRORS: list[Callable[[], BaseException]] = [
    lambda: ValueError("plain"),
    lambda: KeyError("key"),
    lambda: OSError(2, "No such file", "name"),
    lambda: UnicodeDecodeError("utf-8", b"x", 0, 1, "why"),
    lambda: ImportError("no", name="name", path="path"),
    lambda: ValueError("long" * 100_000),
    lambda: ValueError(np.arange(10)),
    lambda: Stop("stop"),
    lambda: SystemExit(3),
    lambda: SystemExit("said"),
    KeyboardInterrupt,
    lambda: GeneratorExit("gone"),
    lambda: StopIteration(5),
    lambda: StopAsyncIteration("end"),
    lambda: asyncio.CancelledError("no more"),
    cf.CancelledError,
    lambda: Needs("flour", code=4),
    lambda: Doubling("milk"),
    lambda: Holding("eggs"),
    lambda: Slotted(9),
    lambda: Refusing("again"),
    lambda: Unprintable("x"),
    lambda: ValueError("can't read caf\udce9.csv"),
    lambda: Frozen("ice"),
    lambda: Incomparable("x"),
    lambda: Stubborn("x"),
    lambda: ExceptionGroup("both", [Needs("salt", code=1), Holding("oil")]),
]


def errors_of_every_class_come_back_from_submit() -> None:
    for make in ERRORS:
        _same(make(), CLUSTER.submit(_raise(make)).exception(60))


def errors_of_every_class_come_back_from_map() -> None:
    for make in ERRORS:
        call = functools.partial(next, CLUSTER.map(_raise(make), [1]))
        _same(make(), _raised_by_a_generator(make(), call))


def errors_of_every_class_come_back_to_asynchronous_code() -> None:
    async def check() -> None:
        tasks = LocalTasks(CLUSTER.cluster, asynchronous=True)
        await tasks.get_client()
        for make in ERRORS:
            future = tasks.submit(_raise(make))
            await asyncio.to_thread(cf.wait, [future], 60)
            _same(make(), future.exception())
            stops = isinstance(make(), StopIteration | StopAsyncIteration)
            try:
                await anext(tasks.map(_raise(make), [1]))
            except BaseException as error:  # noqa: BLE001 - it is looked at
                _same(make(), error.__cause__ if stops else error)
        await tasks.close()

    asyncio.run(check())


def errors_of_every_class_come_back_from_joblib() -> None:
    backend = Backend(CLUSTER)
    for make in (make for make in ERRORS if not isinstance(make(), Frozen)):
        with joblib.parallel_config(backend=backend):
            call = functools.partial(joblib.Parallel(), [joblib.delayed(_raise(make))()])
            _same(make(), _raised_by_a_generator(make(), call))


def what_joblib_can_not_put_together_is_told_and_ends() -> None:
    # joblib sets its cause, which its class does not allow.
    with joblib.parallel_config(backend=Backend(CLUSTER)):
        call = joblib.delayed(_raise(lambda: Frozen("ice")))()
        error = raised(ramon.errors.NotPicklable, lambda: joblib.Parallel()([call]))
    assert "FrozenInstanceError" in str(error)


def an_error_that_is_false_ends_a_map_as_any_other() -> None:
    results = CLUSTER.map(lambda x: 1 // x if x else _raise(Falsy)(), [1, 0, 1])
    assert next(results) == 1
    raised(Falsy, lambda: next(results))


def no_worker_ended_for_that() -> None:
    assert CLUSTER.submit(os.getpid).result() == WORKER


def an_error_brings_its_frames_causes_and_notes() -> None:
    def inner() -> None:
        raise Holding("first")

    def outer() -> None:
        try:
            inner()
        except Holding as error:
            second = ValueError("second")
            second.add_note("a note")
            raise second from error

    error = raised(ValueError, CLUSTER.submit(outer).result)
    assert error.__notes__ == ["a note"]
    assert "outer" in _functions(error)
    assert isinstance(error.__cause__, Holding)
    assert _functions(error.__cause__)[-2:] == ["outer", "inner"]
    assert error.__context__ is error.__cause__
    shown = "".join(traceback.format_exception(error))
    assert "direct cause" in shown
    assert "During handling" not in shown
    assert "_calls.py" not in shown


def an_error_that_was_raised_while_another_was_handled_has_it_for_its_context() -> None:
    def fails() -> None:
        try:
            raise Holding("first")
        except Holding:
            raise KeyError("second")  # noqa: B904 - as people write it

    error = raised(KeyError, CLUSTER.submit(fails).result)
    assert error.__cause__ is None
    assert isinstance(error.__context__, Holding)


def a_recursion_without_end_comes_back_and_is_short() -> None:
    def deeper(x: int) -> int:
        return deeper(x) + 1

    for call in (
        lambda: CLUSTER.submit(deeper, 1).result(),
        lambda: list(CLUSTER.map(deeper, [1])),
    ):
        error = raised(RecursionError, call)
        assert 20 < len(_functions(error)) < 80


def what_of_an_error_could_not_travel_is_told() -> None:
    error = raised(Holding, CLUSTER.submit(_raise(lambda: Holding("eggs"))).result)
    assert error.code == 7
    (note,) = error.__notes__
    assert "lock" in note


def a_class_that_can_not_travel_is_caught_by_what_it_derives_from() -> None:
    def fails() -> None:
        lock = threading.Lock()

        class Local(KeyError):
            held = lock

        raise Local("here")

    error = raised(KeyError, CLUSTER.submit(fails).result)
    assert type(error).__name__ == "Local"
    assert "here" in str(error)
    assert "Local" in error.__notes__[0]


def a_class_of_the_function_is_the_class_of_the_kernel() -> None:
    class Mine(Exception):
        pass

    def fails() -> None:
        raise Mine("here")

    raised(Mine, CLUSTER.submit(fails).result)
    raised(Mine, lambda: list(CLUSTER.map(lambda _: fails(), [1, 2])))


def results_before_the_one_that_failed_are_given() -> None:
    def inverse(x: int) -> float:
        return 1 / (3 - x)

    for size in (1, 2, 100):
        got = []
        with contextlib.suppress(ZeroDivisionError):
            for result in CLUSTER.map(inverse, range(9), chunksize=size):
                got.append(result)  # noqa: PERF402 - until it fails
        assert got == [1 / 3, 1 / 2, 1.0], (size, got)


UNSENDABLE: list[tuple[Callable[[], Any], str]] = [
    (lambda: (x for x in range(3)), "generator"),
    (threading.Lock, "lock"),
    (lambda: open(os.devnull), "TextIOWrapper"),  # noqa: SIM115, PTH123 - that is the point
    (lambda: open(os.devnull, "rb"), "BufferedReader"),  # noqa: SIM115, PTH123 - as above
    (socket.socket, "socket"),
    (lambda: {"a": [1, threading.Lock()]}, "dict"),
    (inspect.currentframe, "frame"),
    (Closed, "Closed"),
    (lambda: [Closed()], "list"),
]


def a_result_that_can_not_travel_is_named() -> None:
    for make, kind in UNSENDABLE:

        def gives(_: int = 0, make: Callable[[], Any] = make) -> Any:
            return make()

        for call in (
            lambda: CLUSTER.submit(gives).result(),
            lambda: list(CLUSTER.map(gives, range(3))),
            lambda: list(CLUSTER.map(gives, range(3), chunksize=3)),
        ):
            error, said = _quietly(call)
            assert isinstance(error, ramon.errors.NotPicklable), (kind, error)
            assert isinstance(error, TypeError)
            assert "gives()" in str(error), error
            assert kind in str(error) or "unpickled" in str(error), error
            assert not said, said
            assert len("".join(traceback.format_exception(error)).splitlines()) < 40


def one_that_can_not_travel_spoils_no_other() -> None:
    def gives(x: int) -> Any:
        return threading.Lock() if x == 3 else x

    futures = [CLUSTER.submit(gives, x) for x in range(6)]
    kinds = [type(future.exception(60)) for future in futures]
    assert kinds == [type(None)] * 3 + [ramon.errors.NotPicklable] + [type(None)] * 2
    results = CLUSTER.map(gives, range(6), chunksize=6)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert "item 3" in str(raised(ramon.errors.NotPicklable, lambda: next(results)))


def what_dask_can_pickle_comes_back_as_it_was() -> None:
    array = CLUSTER.submit(np.arange, 1_000_000).result()
    array[0] = 5  # it is one's own
    assert array.sum() == sum(range(1_000_000)) + 5
    call = CLUSTER.submit(lambda: lambda x: x + 1).result()
    assert call(1) == 2
    assert isinstance(CLUSTER.submit(lambda: ValueError("returned")).result(), ValueError)
    errors = list(CLUSTER.map(lambda x: Needs("x", code=x), range(3)))
    assert [error.code for error in errors] == [0, 1, 2]


def a_coroutine_is_run() -> None:
    async def double(x: int) -> int:
        await asyncio.sleep(0)
        return 2 * x

    class Doubles:
        async def __call__(self, x: int) -> int:
            return await double(x)

    async def fails() -> None:
        raise Needs("time", code=1)

    assert CLUSTER.submit(double, 4).result() == 8
    assert CLUSTER.submit(lambda: double(4)).result() == 8
    assert CLUSTER.submit(Doubles(), 4).result() == 8
    assert list(CLUSTER.map(double, range(5))) == [0, 2, 4, 6, 8]
    assert raised(Needs, CLUSTER.submit(fails).result).code == 1


def _raised_by_a_generator(wanted: BaseException, call: Callable[[], object]) -> Any:
    """What `call` raises, but for StopIteration: Python's generators make another error of it."""
    if isinstance(wanted, StopIteration):
        return raised(RuntimeError, call).__cause__
    return raised(type(wanted), call)


def _same(wanted: BaseException, got: BaseException | None) -> None:
    assert type(got).__name__ == type(wanted).__name__, (wanted, got)
    assert type(got) is type(wanted), (wanted, got)
    if isinstance(wanted, BaseExceptionGroup):
        assert isinstance(got, BaseExceptionGroup)
        for one, other in zip(wanted.exceptions, got.exceptions, strict=True):
            _same(one, other)
    elif not isinstance(wanted, Unprintable | Holding):
        assert str(got) == str(wanted)
    for name in ("code", "value", "errno", "filename", "name", "path", "what", "reason"):
        assert getattr(got, name, None) == getattr(wanted, name, None), (wanted, name)


def _functions(error: BaseException) -> list[str]:
    return [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]


def _quietly(call: Callable[[], object]) -> tuple[BaseException | None, str]:
    """The error of a call, and what the kernel's cell shows besides."""
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.setLevel(logging.WARNING)
    logging.getLogger("distributed").addHandler(handler)
    try:
        with contextlib.redirect_stderr(shown):
            call()
    except Exception as error:  # noqa: BLE001 - it is looked at
        return error, shown.getvalue()
    finally:
        logging.getLogger("distributed").removeHandler(handler)
    return None, ""
