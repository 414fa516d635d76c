"""The error of a task on its way to the kernel, whatever its class is.

Dask sends an error as one pickle, and `Exception(repr(error))` when that fails; SystemExit ends
the worker. Here an error is taken apart on the worker and put together in the kernel: its class,
arguments, attributes, notes, causes and frames each travel by themselves, so that what can't be
pickled costs only itself, and a note says so. Workers import this module too.
"""

# cloudpickle has no types.
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import functools
import io
import pickle
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from ramon import _code

FIRST_FRAMES, LAST_FRAMES = 20, 40
"""Frames of a traceback that are kept; a RecursionError has a thousand."""

MOST_CAUSES = 20
"""Errors of a chain of causes that are kept."""

MOST_BYTES = 16 << 20
"""Bytes of one argument or attribute of an error."""

MOST_TEXT = 500
"""Characters of an error in the workers' logs."""

Frame = tuple[str, str, int, str]
"""File, function, line, module."""


@dataclass
class _Part:
    """An argument or an attribute, pickled; None when it can't be, or is too large."""

    name: str
    text: str
    data: bytes | None


@dataclass
class _Record:
    """An error, in parts.

    kinds: its class and those it derives from, up to the first of Python's own: name, module,
        and their pickle. whole: its own pickle, if its class says how it is to be pickled.
    same: its context is its cause.
    """

    text: str
    kinds: list[tuple[str, str, bytes | None]]
    whole: bytes | None
    args: list[_Part]
    state: list[_Part]
    notes: list[str]
    frames: list[Frame]
    suppress: bool
    same: bool = False
    cause: _Record | None = None
    context: _Record | None = None
    members: list[_Record] = field(default_factory=list)


class Raised(Exception):
    """Carries an error out of a task. Its text is the error's, shortened."""

    def __init__(self, record: Any, text: str) -> None:
        super().__init__(record, text)
        self._made: BaseException | None = None

    @classmethod
    def of(cls, error: BaseException, *, skip: str = "") -> Raised:
        """Take `error` apart. Frames before the first that is not of the file `skip` are cut."""
        record = _recorded(error, skip, MOST_CAUSES, set())
        name = type(error).__name__
        text = f"{name}: {record.text}" if record.text else name
        # Dask sends it as UTF-8: a lone surrogate would end the worker's connection.
        sent = text[:MOST_TEXT].encode(errors="backslashreplace").decode()
        return cls(record, sent)

    def add_note(self, note: str) -> None:
        """Add a note to the error itself."""
        self.args[0].notes.append(note)

    def error(self) -> BaseException:
        """The error, put together: always the same object."""
        if self._made is None:
            self._made = _made(self.args[0])
        return self._made

    def __str__(self) -> str:
        return str(self.args[1])

    __repr__ = __str__

    def __reduce__(self) -> Any:
        return Raised, self.args


def packed(error: BaseException) -> tuple[Callable[[Any], BaseException], tuple[Any]]:
    """How to pickle an error that is no task's own but part of what one returned."""
    return _made, (_recorded(error, "", MOST_CAUSES, set()),)


def shortened(traceback: TracebackType | None, skip: str = "") -> TracebackType | None:
    """A traceback without frames of the file `skip` at its start, and without too many."""
    chain: list[TracebackType] = []
    while traceback is not None:
        if chain or traceback.tb_frame.f_code.co_filename != skip:
            chain.append(traceback)
        traceback = traceback.tb_next
    if len(chain) > FIRST_FRAMES + LAST_FRAMES:
        chain = [*chain[:FIRST_FRAMES], *chain[-LAST_FRAMES:]]
    short: TracebackType | None = None
    for at in reversed(chain):
        short = TracebackType(short, at.tb_frame, at.tb_lasti, at.tb_lineno)
    return short


# --- Taking apart, on the worker -----------------------------------------------------------------


def _recorded(error: BaseException, skip: str, depth: int, seen: set[int]) -> _Record:
    seen.add(id(error))
    constructor, args, state = _reduced(error)
    group = isinstance(error, BaseExceptionGroup)
    record = _Record(
        text=_safely(lambda: str(error), "")[: MOST_TEXT * 20],
        kinds=[
            (kind.__qualname__, kind.__module__, _pickled(kind)) for kind in _kinds(type(error))
        ],
        whole=None if group or constructor is None else _pickled(error),
        args=[_part(f"args[{at}]", arg) for at, arg in enumerate(args[:1] if group else args)],
        state=[_part(name, value) for name, value in state.items() if name != "__notes__"],
        notes=[str(note) for note in _safely(lambda: list(error.__notes__), [])],
        frames=_frames(error.__traceback__, skip),
        suppress=error.__suppress_context__,
        same=error.__cause__ is error.__context__,
    )

    def beside(other: BaseException | None) -> _Record | None:
        if other is None or id(other) in seen or not depth:
            return None
        return _recorded(other, "", depth - 1, seen)

    record.cause, record.context = beside(error.__cause__), beside(error.__context__)
    if isinstance(error, BaseExceptionGroup):
        members = (_recorded(each, "", depth - 1, seen) for each in error.exceptions if depth)
        record.members = list(members)
    return record


def _reduced(error: BaseException) -> tuple[Any, Sequence[Any], dict[str, Any]]:
    """How its class wants it to be pickled, None if as all are; its arguments and attributes."""
    kind, base = type(error), _builtin(type(error))
    own = kind.__reduce__ is not base.__reduce__ or kind.__reduce_ex__ is not object.__reduce_ex__
    own = own or getattr(kind, "__getstate__", None) is not getattr(base, "__getstate__", None)
    reduced = _safely(lambda: base.__reduce__(error), ())
    args = reduced[1] if len(reduced) > 1 and isinstance(reduced[1], tuple) else error.args
    state = dict(reduced[2]) if len(reduced) > 2 and isinstance(reduced[2], dict) else {}
    state = {**vars(error), **state}
    for each in kind.__mro__:
        for name in _names(vars(each).get("__slots__", ())):
            with suppress(AttributeError):
                state.setdefault(name, getattr(error, name))
    return (kind if own else None), args, state


def _names(slots: Any) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _builtin(kind: type[BaseException]) -> type[BaseException]:
    """The first class of Python's own that it derives from, or is."""
    return next(each for each in _errors(kind) if each.__module__ == "builtins")


def _errors(kind: type[BaseException]) -> list[type[BaseException]]:
    return [each for each in kind.__mro__ if issubclass(each, BaseException)]


def _kinds(kind: type[BaseException]) -> list[type[BaseException]]:
    errors = _errors(kind)
    return errors[: errors.index(_builtin(kind)) + 1]


def _part(name: str, value: Any) -> _Part:
    text = _safely(lambda: repr(value), f"<{type(value).__name__}>")[:MOST_TEXT]
    return _Part(name, text, _pickled(value))


def _pickled(value: Any) -> bytes | None:
    data: bytes | None = _safely(lambda: _dumped(value), None)
    return data if data is None or len(data) <= MOST_BYTES else None


def _dumped(value: Any) -> bytes:
    file = io.BytesIO()
    with _code.loading():
        _pickler()(file).dump(value)
    return file.getvalue()


@functools.cache
def _pickler() -> Any:
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
        """Pickles errors as their classes say, not as Dask has told the module `copyreg`."""

        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, BaseException):
                return obj.__reduce_ex__(4)
            return super().reducer_override(obj)

    return Pickler


def _frames(traceback: TracebackType | None, skip: str) -> list[Frame]:
    frames = []
    at = shortened(traceback, skip)
    while at is not None:
        code, module = at.tb_frame.f_code, at.tb_frame.f_globals.get("__name__", "")
        frames.append((code.co_filename, code.co_name, at.tb_lineno, str(module)))
        at = at.tb_next
    return frames


# --- Putting together, in the kernel -------------------------------------------------------------


def _made(record: _Record) -> BaseException:
    error, lost = _whole(record), []
    if error is None:
        error, lost = _safely(lambda: _from_parts(record), (Exception(record.text), ["its class"]))
    notes = list(record.notes)
    if lost:
        notes.append(f"It could not bring all that it had from its worker: {', '.join(lost)}.")
    # In its own dict, for a class may have closed its attributes.
    with suppress(Exception):
        vars(error).pop("__notes__", None)
        for note in notes:
            error.add_note(note)
    cause = _made(record.cause) if record.cause else None
    context = _made(record.context) if record.context else None
    _set(error, "__cause__", cause)
    _set(error, "__context__", cause if record.same else context)
    _set(error, "__suppress_context__", record.suppress)
    _set(error, "__traceback__", _traceback(record.frames))
    return error


def _set(error: BaseException, name: str, value: Any) -> None:
    """Set what every error has; its class may have closed or changed its own ways to."""
    BaseException.__setattr__(error, name, value)


def _whole(record: _Record) -> BaseException | None:
    made = _loaded(record.whole)
    if isinstance(made, BaseException) and type(made).__qualname__ == record.kinds[0][0]:
        return made
    return None


def _from_parts(record: _Record) -> tuple[BaseException, list[str]]:
    lost: list[str] = []
    kind = _kind(record, lost)
    base = _builtin(kind)
    args = tuple(_value(part, lost) for part in record.args)
    if issubclass(base, BaseExceptionGroup):
        left_out = Exception("Errors that lie deeper are left out.")
        args = (*args[:1], [_made(each) for each in record.members] or [left_out])
    error = base.__new__(kind, *args)
    # Not of its own class, whose arguments may be others than those it was left with.
    with suppress(Exception):
        base.__init__(error, *args)
    for part in record.state:
        value = _value(part, lost)
        with suppress(Exception):
            object.__setattr__(error, part.name, value)
    return error, lost


def _kind(record: _Record, lost: list[str]) -> type[BaseException]:
    """Its class, or one of the same name that derives from the nearest that could be brought."""
    (name, module, data), *bases = record.kinds
    kind = _loaded(data)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        return kind
    lost.append(f"its class {module}.{name}")
    found = (_loaded(data) for _, _, data in bases)
    base = next((each for each in found if isinstance(each, type)), Exception)
    text = record.text

    def said(_: BaseException) -> str:
        return text

    short = name.rpartition(".")[2]
    return type(short, (base,), {"__module__": module, "__qualname__": name, "__str__": said})


def _value(part: _Part, lost: list[str]) -> Any:
    """What it was; its text, where that can't be had."""
    if part.data is None:
        lost.append(f"{part.name} ({part.text})")
        return part.text
    try:
        return pickle.loads(part.data)  # noqa: S301 - our own user's
    except Exception:  # noqa: BLE001 - an object's own unpickling may raise anything
        lost.append(f"{part.name} ({part.text})")
        return part.text


def _loaded(data: bytes | None) -> Any:
    return None if data is None else _safely(lambda: pickle.loads(data), None)  # noqa: S301 - as above


def _traceback(frames: list[Frame]) -> TracebackType | None:
    import tblib

    chain: dict[str, Any] | None = None
    for file, name, line, module in reversed(frames):
        frame = {
            "f_globals": {"__name__": module, "__file__": file},
            "f_code": {"co_filename": file, "co_name": name},
            "f_lineno": line,
        }
        chain = {"tb_frame": frame, "tb_lineno": line, "tb_next": chain}
    if chain is None:
        return None
    made: TracebackType | None = tblib.Traceback.from_dict(chain).as_traceback()
    return made


def _safely(make: Callable[[], Any], otherwise: Any) -> Any:
    """What `make` gives, or `otherwise`: what people wrote may raise anything, or recurse."""
    try:
        return make()
    except (Exception, SystemExit, GeneratorExit):  # noqa: BLE001 - as said
        return otherwise
