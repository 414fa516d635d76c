"""`python -m ops.setup`: make or renew whatever is missing or out of date.

With the argument `browser`, make sure of a browser for the tests instead.
"""

import fcntl
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from ops.setup import browser, node, python
from ops.setup.progress import StepFailed, announced
from ops.setup.steps import ROOT, Step


def main(arguments: list[str]) -> int:
    """Run the setup, or `browser`. Returns the exit status."""
    try:
        with _alone():
            browser.ensure() if arguments == ["browser"] else _set_up()
    except StepFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. `make setup` goes on where it was.", file=sys.stderr)
        return 130
    return 0


def _set_up() -> None:
    started = time.monotonic()
    work = _Work()
    work.off(_first())
    with ThreadPoolExecutor() as side_by_side:
        parts = [side_by_side.submit(work.off, steps) for steps in (_notebook(), _node())]
    for part in parts:
        part.result()
    if work.done:
        print(f"Ready after {time.monotonic() - started:.0f} s.")


class _Work:
    """Does what is not current, and says so."""

    def __init__(self) -> None:
        self.done = 0
        self._counting = threading.Lock()

    def off(self, steps: Iterable[Callable[[], Step]]) -> None:
        """Do steps in order, each looked at only when those before it are done."""
        for make_step in steps:
            step = make_step()
            if not step.is_current():
                self._count()
                with announced(step.name):
                    step.do()

    def _count(self) -> None:
        with self._counting:
            if not self.done:
                print("Setting up this checkout (nothing outside of it is changed):", flush=True)
            self.done += 1


def _first() -> Iterator[Callable[[], Step]]:
    """What everything else needs."""
    yield python.environment
    yield partial(python.packages, extra=node.wheel())


def _notebook() -> Iterator[Callable[[], Step]]:
    """What a notebook's task runs."""
    if (python.NOTEBOOK / "requirements.txt").exists():
        yield python.notebook_packages
        yield python.notebook_agent
    if (python.LIBRARY / "pyproject.toml").exists():
        yield python.notebook_library


def _node() -> Iterator[Callable[[], Step]]:
    """Node, its packages, and the web application."""
    yield node.links
    for folder in (ROOT / "ops" / "node", ROOT / "gateway", node.FRONTEND):
        if (folder / "package-lock.json").exists():
            yield partial(node.packages, folder)
    if (node.FRONTEND / "index.html").exists():
        yield node.frontend_build


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other setup is at work in this checkout."""
    checkout = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(checkout, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another setup is at work in this checkout; waiting for it …", flush=True)
            fcntl.flock(checkout, fcntl.LOCK_EX)
        yield
    finally:
        os.close(checkout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
