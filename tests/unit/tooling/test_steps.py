"""Setup does what is out of date, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ops.setup import steps
from ops.setup.progress import StepFailed, run
from ops.setup.steps import Step


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setattr(steps, "STAMPS", tmp_path / ".venv" / "stamps")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.txt").write_text("a")
    return tmp_path


def _step(checkout: Path, *facts: str, make: Callable[[], None] | None = None) -> Step:
    made = checkout / "made"
    return Step(
        name="a thing",
        makes=made,
        run=make or made.touch,
        sources=(checkout / "sources",),
        facts=facts,
    )


def test_a_step_that_was_done_is_current(checkout: Path) -> None:
    step = _step(checkout)
    assert not step.is_current()
    step.do()
    assert step.is_current()


def test_a_changed_an_added_and_a_removed_source_are_each_noticed(checkout: Path) -> None:
    step = _step(checkout)
    source = checkout / "sources" / "a.txt"
    for change in (
        lambda: source.write_text("b"),
        (checkout / "sources" / "b.txt").touch,
        source.unlink,
    ):
        step.do()
        change()
        assert not step.is_current()


def test_another_version_of_a_tool_is_noticed(checkout: Path) -> None:
    _step(checkout, "tool 1").do()
    assert not _step(checkout, "tool 2").is_current()


def test_what_was_made_and_then_deleted_is_made_again(checkout: Path) -> None:
    step = _step(checkout)
    step.do()
    step.makes.unlink()
    assert not step.is_current()


def test_what_a_build_leaves_in_its_sources_is_no_change(checkout: Path) -> None:
    step = _step(checkout)
    step.do()
    for folder in ("node_modules", "dist", "__pycache__", "x.egg-info"):
        (checkout / "sources" / folder).mkdir()
        (checkout / "sources" / folder / "file").touch()
    assert step.is_current()


def test_a_step_that_failed_is_not_current_even_if_it_was_before(checkout: Path) -> None:
    _step(checkout).do()

    def fail() -> None:
        raise StepFailed("no disk left")

    with pytest.raises(StepFailed):
        _step(checkout, make=fail).do()
    assert not _step(checkout).is_current()


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="ended with 3:\nno such package"):
        run(["sh", "-c", "echo no such package >&2; exit 3"], cwd=tmp_path, env={})
