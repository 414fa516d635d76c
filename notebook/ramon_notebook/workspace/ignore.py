"""Which paths of the workspace are not kept."""

from __future__ import annotations

from pathlib import Path

import pathspec

IGNORE_FILE = ".ramonignore"
"""The user's own rules, as in a .gitignore; ``!pattern`` takes a default back."""

DEFAULT_RULES = (
    # What programs make again by themselves.
    ".ipynb_checkpoints/",
    "__pycache__/",
    ".cache/",
    ".mypy_cache/",
    ".pytest_cache/",
    ".ruff_cache/",
    # Full of links to this machine's programs; a lock file in the workspace brings them back.
    ".venv/",
    "node_modules/",
    # Halves of files: editors' and Jupyter's own, before the rename.
    "*.tmp~",
    ".~*",
    ".nfs*",
    # The wastebasket.
    ".Trash-*/",
)


class IgnoreRules:
    """The rules in force; asking twice about one path costs a dictionary lookup."""

    def __init__(self, root: Path) -> None:
        self._file = root / IGNORE_FILE
        self._source: bytes | None = None
        self._spec = pathspec.GitIgnoreSpec.from_lines(DEFAULT_RULES)
        self._known: dict[str, bool] = {}

    def refresh(self) -> None:
        """Read the user's file again, if it changed."""
        try:
            source = self._file.read_bytes()
        except OSError:
            source = b""
        if source == self._source:
            return
        self._source = source
        lines = source.decode("utf-8", "replace").splitlines()
        try:
            self._spec = pathspec.GitIgnoreSpec.from_lines([*DEFAULT_RULES, *lines])
        except ValueError:
            # A rule that makes no sense must not cost anybody their files.
            self._spec = pathspec.GitIgnoreSpec.from_lines(DEFAULT_RULES)
        self._known.clear()

    def ignores(self, path: str, *, is_dir: bool = False) -> bool:
        """Whether `path`, relative to the workspace, is left out."""
        key = path + "/" if is_dir else path
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._spec.match_file(key)
        return known
