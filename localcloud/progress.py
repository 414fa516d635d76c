"""Tells the person at the terminal what is being done and how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print `text … 1.2 s` around something that takes a while."""
    started = time.monotonic()
    print(f"{text} … ", end="", flush=True)
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def complain(text: str) -> None:
    """Print an error where errors go."""
    print(text, file=sys.stderr, flush=True)
