"""What runs without a request, and what it needs: declared beside the function itself.

    @schedule(EVERY_MINUTE, alarm="notebooks", may=("query servers.idle", "execute stop_notebook"))
    def idle_sweep() -> None:
        "Sweep: stop the servers that nobody used."

`app.py` registers it with a line, and `python -m infra` writes everything else from the
declaration: the function's role, log group, schedule, retries and alarm. `may` lists what it may do
by the names of grants (`infra/grants.py`); nothing is guessed from its code.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, Required, TypedDict, TypeVar, Unpack

from chalicelib.core.observability import log

_P = ParamSpec("_P")
_T = TypeVar("_T")

MEMORY_MIB = 512
"""Memory of a function that declares none. It decides the share of a processor, too."""

TIMEOUT_SECONDS = 55
"""Time for a function that declares none: it is over before a minute's next run begins."""

Rights = tuple[str, ...]
"""Names of grants, such as `get servers` or `run notebook tasks`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Runs by the clock."""

    expression: str
    """As EventBridge writes it, in UTC: `rate(1 minute)`, `cron(30 3 * * ? *)`."""

    seconds: int
    """Longest time between two runs."""


@dataclass(frozen=True, slots=True)
class Event:
    """Runs when a service of AWS tells something."""

    source: str
    detail_type: str


@dataclass(frozen=True, slots=True)
class Step:
    """Runs when a state machine of `stepfunctions/` asks for it."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """Runs when an operator asks for it."""


@dataclass(frozen=True, slots=True)
class Requests:
    """Runs for every request to the API."""


Trigger = Schedule | Event | Step | ByHand | Requests


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a Lambda function is and needs."""

    name: str
    trigger: Trigger
    may: Rights
    alarm: str
    """Which alarm rings when it fails, or takes nearly as long as it may: see `infra/alarms.py`."""

    memory_mib: int = MEMORY_MIB
    timeout_seconds: int = TIMEOUT_SECONDS
    retries: int | None = None
    """How often Lambda tries it again by itself, 2 at most; None where its caller decides that."""

    dead_letters: bool = False
    """Whether what failed at every try is kept in the queue of undelivered events."""


class Needs(TypedDict, total=False):
    """What a decorator below is told; as in `Declaration`. Without a name it is the function's."""

    name: str
    may: Required[Rights]
    alarm: Required[str]
    memory_mib: int
    timeout_seconds: int
    retries: int
    dead_letters: bool


class AskAgain(Exception):
    """What a step waits for is not there yet: its state machine asks again. No alarm rings."""


class EntryPoint(Generic[_P, _T]):
    """A function with its declaration; called like the function."""

    def __init__(self, function: Callable[_P, _T], declared: Declaration) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self.declared = declared

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run the function."""
        return self._function(*args, **kwargs)

    def run(self, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run the function for Lambda, and log what ends it: that is what rings its alarm."""
        try:
            return self._function(*args, **kwargs)
        except AskAgain:
            raise
        except Exception:
            log.exception("a function failed", function=self.declared.name)
            raise


DECLARED: list[EntryPoint[..., Any]] = []
"""Every entry point of the modules imported so far."""

EVERY_MINUTE = Schedule("rate(1 minute)", 60)
EVERY_FIVE_MINUTES = Schedule("rate(5 minutes)", 300)
EVERY_HOUR = Schedule("rate(1 hour)", 3600)
EVERY_DAY = Schedule("rate(1 day)", 86_400)


def daily_at(hour: int, minute: int) -> Schedule:
    """Once a day, at a time in UTC."""
    return Schedule(f"cron({minute} {hour} * * ? *)", 86_400)


def schedule(
    when: Schedule, **needs: Unpack[Needs]
) -> Callable[[Callable[[], _T]], EntryPoint[[], _T]]:
    """Declare a function that runs by the clock. Its next run does what one has not done."""
    return _declare(when, {"retries": 0, **needs})


def on_event(
    source: str, detail_type: str, **needs: Unpack[Needs]
) -> Callable[[Callable[[Any], _T]], EntryPoint[[Any], _T]]:
    """Declare a function that gets the details of events of AWS. None is lost without a trace."""
    return _declare(Event(source, detail_type), {"retries": 2, "dead_letters": True, **needs})


def step(**needs: Unpack[Needs]) -> Callable[[Callable[[Any], _T]], EntryPoint[[Any], _T]]:
    """Declare a step of state machines."""
    return _declare(Step(), needs)


def by_hand(**needs: Unpack[Needs]) -> Callable[[Callable[[Any], _T]], EntryPoint[[Any], _T]]:
    """Declare a function that an operator runs."""
    return _declare(ByHand(), needs)


def _declare(trigger: Trigger, needs: Needs) -> Callable[[Callable[_P, _T]], EntryPoint[_P, _T]]:
    def declare(function: Callable[_P, _T]) -> EntryPoint[_P, _T]:
        given: dict[str, Any] = {"name": function.__name__, **needs}
        declared = Declaration(trigger=trigger, **given)
        entry_point = EntryPoint(function, declared)
        DECLARED.append(entry_point)
        return entry_point

    return declare
