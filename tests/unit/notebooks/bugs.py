"""Fences of the sweeps, each taken out: a test must find every one."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from chalicelib.core import db, sweeps
from chalicelib.notebooks import tasks
from chalicelib.notebooks.fargate import Task
from chalicelib.notebooks.models import Server

Bug = Callable[[pytest.MonkeyPatch], None]


def without_conditions(patch: pytest.MonkeyPatch) -> None:
    """Deletions, restores and purges write whatever is there."""

    def update_anyhow(model: Any, _condition: object, actions: list[Any]) -> bool:
        model.update(actions)
        return True

    patch.setattr(db, "update_if", update_anyhow)


def the_first_failure_ends_a_sweep(patch: pytest.MonkeyPatch) -> None:
    """Nothing is survived."""

    def each(_what: str, items: Iterable[Any], work: Callable[[Any], object]) -> int:
        for item in items:
            work(item)
        return 0

    patch.setattr(sweeps, "each", each)


def a_bad_row_ends_a_listing(patch: pytest.MonkeyPatch) -> None:
    """Rows are read as if each could be read."""
    patch.setattr(sweeps, "readable", lambda _what, items: iter(items))


def unknown_is_over(patch: pytest.MonkeyPatch) -> None:
    """What ECS does not know has ended."""

    def is_over(_server: Server, task: Task | None) -> bool:
        return task is None or task.is_over

    patch.setattr(tasks, "is_over", is_over)
