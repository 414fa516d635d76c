"""What checks have in common."""

import time
from collections.abc import Callable
from typing import Any


def raised(kind: Any, call: Callable[[], object]) -> Any:
    """The error of this kind that `call` raises."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
