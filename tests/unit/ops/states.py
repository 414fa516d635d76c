"""States of made-up versions, and what code of such versions needs."""

from typing import Any

from ops.state.version import Needed, State

ONE, TWO, THREE = "shapes-of-1", "shapes-of-2", "shapes-of-3"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def needs(number: int, *, released: bool = True) -> Needed:
    """What code of a version needs, whose predecessors are released."""
    before = {1: ONE, 2: TWO, 3: THREE}
    bare = Needed(number, {}, {}, {"table": f"of-{number}"})
    known = {n: shapes for n, shapes in before.items() if n < number}
    return Needed(
        number, known | ({number: bare.shapes} if released else {}), bare.documents, bare.tables
    )


def wrote(number: int, **more: Any) -> State:
    """The state that such code wrote."""
    return State(number, needs(number).shapes, COMMIT, **more)
