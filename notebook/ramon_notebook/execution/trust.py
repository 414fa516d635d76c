"""Which notebooks' outputs are trusted: those that were made in this notebook, and no others.

A signature is made with a key that the service keeps for this one notebook and hands to its agent
alone, so no code of another notebook can make one. The signatures lie in the workspace, because
they must survive a stop; without the key, whoever writes that file achieves nothing.
"""

# nbformat is partly untyped.
# mypy: allow-untyped-calls, disable-error-code="no-any-return"

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import os
from collections.abc import Collection
from pathlib import Path
from threading import Lock
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from nbformat import NotebookNode
from nbformat.sign import MemorySignatureStore, NotebookNotary
from nbformat.v4 import nbjson

from ramon_notebook.files import replace_file

log = logging.getLogger(__name__)

FILE = Path(".jupyter", "trusted.json")
"""Where signatures lie in the workspace."""

KEPT = 10
"""Signatures of one file, the newest: a checkpoint or an undone change is trusted again."""

MOST_FILES = 5_000
"""Files whose signatures are kept; beyond, those that were signed longest ago are forgotten."""


class Signatures:
    """Signatures of notebooks, by the path at which each was saved; kept in one small file."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._file = workspace / FILE
        self._lock = Lock()
        self._of_path: dict[str, list[str]] | None = None

    def has(self, signature: str) -> bool:
        """Whether this was signed here, at whichever path: files are moved and copied."""
        with self._lock:
            return any(signature in signatures for signatures in self._read().values())

    def add(self, path: Path, signature: str) -> None:
        """Keep a signature of what was just saved at `path`."""
        with self._lock:
            known = self._read()
            name = os.path.relpath(path, self._workspace)
            others = [each for each in known.pop(name, []) if each != signature]
            known[name] = [*others, signature][-KEPT:]
            while len(known) > MOST_FILES:
                del known[next(iter(known))]
            self._write(known)

    def _read(self) -> dict[str, list[str]]:
        if self._of_path is None:
            self._of_path = {}
            with contextlib.suppress(OSError, ValueError):
                match json.loads(self._file.read_text(encoding="utf-8")):
                    case {"signatures": dict(found)}:
                        self._of_path = {
                            path: list(map(str, signatures))
                            for path, signatures in found.items()
                            if isinstance(signatures, list)
                        }
        return self._of_path

    def _write(self, known: dict[str, list[str]]) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._file, json.dumps({"signatures": known}, indent=0).encode())
        except OSError as error:
            log.warning("Which notebooks are trusted could not be noted: %s", error)


class Notary(NotebookNotary):
    """Signs and checks notebooks with the key of this notebook.

    Until `use` is called nothing is trusted, and nothing is signed.
    """

    _key = b""

    def __init__(self, **kwargs: Any) -> None:
        # Jupyter's own secret would be written into a file; we have none.
        super().__init__(secret=b"", store_factory=MemorySignatureStore, **kwargs)

    def use(self, key: bytes, workspace: Path) -> None:
        """Sign with `key` from now on; signatures are kept in the workspace."""
        self._signatures = Signatures(workspace)
        self._key = key

    def compute_signature(self, nb: dict[str, Any]) -> str:
        """The signature of a notebook of nbformat 4, however its texts are cut into lines."""
        # Reading normalises: lines are joined, and what a page adds to cells is left out.
        normal = nbjson.to_notebook(nb)
        return hmac.new(
            self._key, json.dumps(normal, sort_keys=True).encode(), "sha256"
        ).hexdigest()

    def check_signature(self, nb: NotebookNode) -> bool:
        """Whether this notebook was signed here, or by `jupyter trust` in a terminal."""
        if not self._key or nb.get("nbformat") != 4:
            return False
        return self._signatures.has(self.compute_signature(nb)) or _trusted_by_command(nb)

    def sign_at(self, path: Path, nb: dict[str, Any]) -> None:
        """Trust this notebook, which is being saved at `path`."""
        if self._key and nb.get("nbformat") == 4:
            self._signatures.add(path, self.compute_signature(nb))

    def trusts(self, nb: dict[str, Any], run_here: Collection[str]) -> bool:
        """Whether a notebook may be signed after the cells `run_here` got the outputs they made.

        That is nbformat's own rule: it was signed before, or has no other output that could hold
        a script. Of several cells with one id the first is meant, which keeps it.
        """
        node = nbjson.to_notebook(nb)
        if self.check_signature(node):
            return True
        first = {cell.get("id"): cell for cell in reversed(node.cells)}
        for cell_id in run_here:
            if cell_id in first:
                first[cell_id].metadata["trusted"] = True
        return self.check_cells(node)


def _trusted_by_command(nb: NotebookNode) -> bool:
    """Whether a person ran `jupyter trust` for this notebook here, since the start."""
    folder = Path(jupyter_data_dir())
    if not (folder / "nbsignatures.db").exists():
        return False
    with NotebookNotary(data_dir=str(folder)) as notary:
        return notary.check_signature(nb)
