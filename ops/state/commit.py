"""Which commit this checkout is at, as far as git can tell."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from ops.state.version import ROOT

UNKNOWN = "unknown"
"""Without git, or outside of a repository."""

_VERSIONED = ".chalice/state.json"
"""A file that code has which writes versions."""

_SECONDS = 10
"""Longest wait for git."""


def present(root: Path = ROOT) -> str:
    """The commit that is checked out, followed by ` with changes` if files differ from it."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return UNKNOWN
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{commit} with changes" if changed else commit


def before(seconds: float, root: Path = ROOT) -> str:
    """The newest commit of a moment (in seconds since 1970), or `unknown`.

    What had no version was not written by code that has one: then it is the last one without.
    """
    moment = datetime.fromtimestamp(seconds, UTC).isoformat()
    newest = _git(root, "rev-list", "-1", f"--before={moment}", "HEAD")
    if newest and _git(root, "ls-tree", newest, _VERSIONED):
        first = _git(root, "log", "-1", "--diff-filter=A", "--format=%H", "HEAD", "--", _VERSIONED)
        newest = _git(root, "rev-parse", "--verify", f"{first}^")
    return newest or UNKNOWN


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None if it can't."""
    try:
        said = subprocess.run(
            ["git", *arguments],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()
