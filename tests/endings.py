"""How an operation ends: the same, whichever answer of AWS is lost.

    def a_save() -> Act:
        parent = seeded()
        return lambda: saved(parent, "b.txt")

    ends_the_same_whichever_answer_is_lost(wire, a_save)

A story prepares a world and gives the operation that is tried in it; it is told anew for each
request that the operation makes.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

import msgspec
from pynamodb.models import Model

from chalicelib.core.errors import RamonError
from tests.lost_answers import MARKS, READS, Act, Story, Wire

__all__ = [
    "Act",
    "Story",
    "ends_the_same_cut_off_and_run_again",
    "ends_the_same_whichever_answer_is_lost",
]


@dataclass(frozen=True)
class Told:
    """What became of an operation."""

    outcome: object
    """What it returned, or the error that it raised."""

    rows: dict[str, list[dict[str, Any]]]
    objects: list[str]


def told(wire: Wire, act: Act) -> Told:
    """Do an operation, and say what became of it."""
    try:
        outcome = _plain(act())
    except RamonError as error:
        outcome = (type(error).__name__, str(error))
    return Told(outcome, wire.rows(), wire.objects())


def ends_the_same_whichever_answer_is_lost(wire: Wire, story: Story) -> None:
    """Lose the answer of each write of an operation, one a run, and in one run those of all reads.

    Nothing may differ: neither what it answers nor what there is afterwards.
    """
    undisturbed, requests = _undisturbed(wire, story)
    if any(name.startswith(READS) for name in requests):
        act = wire.prepared(story)
        wire.lose_reads()
        assert _told_alone(wire, act) == undisturbed, "without the first answers of all reads"
        assert wire.lost
    for number, name in _writes(requests):
        act = wire.prepared(story)
        wire.lose(number)
        assert _told_alone(wire, act) == undisturbed, f"without the answer of {number}, {name}"
        assert wire.lost == 1


def ends_the_same_cut_off_and_run_again(wire: Wire, story: Story) -> None:
    """Let the process of an operation die at each write, one a run, and run it once more.

    It may answer something else then; what there is afterwards may not differ.
    """
    undisturbed, requests = _undisturbed(wire, story)
    for number, name in _writes(requests):
        act = wire.prepared(story)
        wire.lose_all_of(number)
        with suppress(Exception):  # whatever it says, its process is dead
            act()
        assert wire.lost
        wire.stop_losing()
        again = told(wire, act)
        assert again.rows == undisturbed.rows, f"cut off at {number}, {name}"
        assert again.objects == undisturbed.objects, f"cut off at {number}, {name}"


def _undisturbed(wire: Wire, story: Story) -> tuple[Told, list[str]]:
    """What becomes of an operation whose answers all arrive, and its requests."""
    told_so = _told_alone(wire, wire.prepared(story))
    assert wire.done, "the operation asks nothing of AWS"
    return told_so, wire.done


def _writes(requests: list[str]) -> list[tuple[int, str]]:
    return [(n, name) for n, name in enumerate(requests) if not name.startswith(READS)]


def _told_alone(wire: Wire, act: Act) -> Told:
    """As `told`; only the operation's own requests are noted, and only their answers lost."""
    requests: list[str] = []

    def noted() -> object:
        wire.done.clear()
        try:
            return act()
        finally:
            requests.extend(wire.done)
            wire.stop_losing()

    result = told(wire, noted)
    wire.done = requests
    return result


def _plain(value: Any) -> object:
    """A value without what differs from run to run: signatures, and the marks of writes."""
    if isinstance(value, Model):
        value = {k: v for k, v in value.to_dynamodb_dict().items() if k not in MARKS}
    elif isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    elif is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    is_signed = isinstance(value, str) and "X-Amz-Signature" in value
    return value.partition("?")[0] if is_signed else value
