"""What to do when the state is not one that this code can use."""

import shlex
from pathlib import Path

from ops.state import commit
from ops.state.version import Needed, Refused, State

_UNKNOWN = "COMMIT"
"""Stands for the commit in a command, where nobody knows it."""


def about_folder(folder: Path, why: Refused, there: State | None, wanted: Needed) -> str:
    """For a state directory of the stand-in."""
    wrote = _wrote(there, _last_used(folder))
    which = () if there else ("(by its age it was this commit; take another if you know better)",)
    here = shlex.quote(str(folder))
    return "\n".join(
        (
            f"{folder} holds state that this code can't use. {why}",
            *_both(there, wanted),
            "Nothing in it was changed.",
            "",
            "To get the files of its notebooks, run the code that wrote it beside this one:",
            *which,
            f"  git worktree add ../ramon-before {wrote}",
            f"  STATE_DIR={here} make -C ../ramon-before run",
            "and while that runs, in another terminal here:",
            f"  STATE_DIR={here} .venv/bin/python -m ops.export --stage local --to notebooks",
            "",
            "To begin afresh, move it away, or use another directory:",
            f"  mv {here} {shlex.quote(f'{folder}-before')}",
            "  STATE_DIR=.local-2 make run",
        )
    )


def about_damage(folder: Path, why: str) -> str:
    """For a state directory of the stand-in with a file that is damaged."""
    here = shlex.quote(str(folder))
    return "\n".join(
        (
            f"{folder} is damaged. {why}",
            "Nothing in it was changed.",
            "",
            "If you have a copy of this directory from before, put it back, and start again.",
            "To begin afresh, move it away, or use another directory:",
            f"  mv {here} {shlex.quote(f'{folder}-before')}",
            "  STATE_DIR=.local-2 make run",
            "The contents of the notebooks' files stay in it, under aws/objects.",
        )
    )


def about_stack(stage: str, why: Refused, there: State | None, wanted: Needed) -> str:
    """For a stack on AWS."""
    wrote = _wrote(there, commit.UNKNOWN)
    return "\n".join(
        (
            f"The stack ramon-{stage} holds state that this code can't use. {why}",
            *_both(there, wanted),
            "Nothing was changed: nothing was packaged, uploaded or updated.",
            "",
            "To go on with the code that wrote it:",
            f"  git checkout {wrote}",
            "To get the files of all notebooks (this only reads tables and the bucket):",
            f"  .venv/bin/python -m ops.export --stage {stage} --to notebooks",
            "To begin afresh, deploy another stage, or take this one down first",
            "(docs/operating.md, “Taking it down”).",
        )
    )


def about_kept_tables(stage: str, tables: list[str]) -> str:
    """For a stage without a stack, whose tables were kept."""
    return "\n".join(
        (
            f"There is no stack ramon-{stage}, but {len(tables)} tables of an earlier one:",
            f"  {', '.join(tables[:3])}, …",
            "Nothing was changed: CloudFormation does not make a table that is there.",
            "",
            "To get the files of its notebooks (this only reads tables and the bucket):",
            f"  .venv/bin/python -m ops.export --stage {stage} --to notebooks",
            "To begin afresh, deploy another stage, or delete what was kept",
            "(docs/operating.md, “Taking it down”).",
        )
    )


def _both(there: State | None, wanted: Needed) -> tuple[str, str]:
    """What is there, and what this code needs."""
    found = (
        f"version {there.version} ({there.shapes}), written by commit {there.commit}"
        if there
        else "no version"
    )
    needs = f"version {wanted.version} ({wanted.shapes}), commit {commit.present()}"
    return f"  there:      {found}", f"  this code:  {needs}"


def _wrote(there: State | None, guess: str) -> str:
    """The commit that wrote a state, as git takes it."""
    known = there.commit if there else guess
    return _UNKNOWN if known == commit.UNKNOWN else known.partition(" ")[0]


def _last_used(folder: Path) -> str:
    """The commit that was the newest when a directory was last written to."""
    times = [path.stat().st_mtime for path in (folder / "aws").glob("*") if path.is_file()]
    return commit.before(max(times)) if times else commit.UNKNOWN
