"""Writing executions into their notebook files, and what went wrong with that."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ramon_notebook.errors import FileChanged
from ramon_notebook.execution.execution import Execution
from ramon_notebook.execution.notebook_file import Notary, Written, write_results
from ramon_notebook.execution.widgets import Widgets
from ramon_notebook.notebook_format import NotANotebook

log = logging.getLogger(__name__)

Writing = Callable[[Path], AbstractContextManager[Callable[[os.stat_result], None]]]
"""Surrounds the writing of a file; what it gives is called with the file that was written."""


class Writer:
    """Writes behind the back of pages.

    problems: by file, why its outputs can't be saved, for a person; they are tried again.
    writing: surrounds the writing of a notebook.
    wrote: called with a notebook and the file that it is since it was written.
    notary: signs what is written, where it may.
    """

    def __init__(
        self,
        writing: Writing,
        wrote: Callable[[Path, os.stat_result], None],
        notary: Notary,
        widgets: Widgets,
    ) -> None:
        self.problems: dict[Path, str] = {}
        self._writing = writing
        self._wrote = wrote
        self._notary = notary
        self._widgets = widgets
        self._tried_at: dict[Path, float] = {}

    def seconds_since(self, document: Path) -> float:
        """How long ago this file was last written, or tried to be."""
        return time.monotonic() - self._tried_at.get(document, 0)

    async def write(self, document: Path, executions: list[Execution]) -> None:
        """Write these executions of one notebook, and note in them that they are written.

        A notebook that is gone has nowhere to write to, but may come back, as from a stash; where
        writing fails, they stay unwritten, and `problems` says why.
        """
        self._tried_at[document] = time.monotonic()
        states = [(execution, execution.changes) for execution in executions]
        results = [execution.result for execution in executions]

        def write() -> Written:
            with self._writing(document) as wrote:
                written = write_results(document, results, self._notary, self._widgets)
                if written.changed:
                    wrote(written.file)
            return written

        try:
            written = await asyncio.to_thread(write)
        except FileNotFoundError:
            log.debug("%s is gone; its outputs have nowhere to go.", document)
            return
        except FileChanged as error:
            log.info("%s The outputs are saved in a moment.", error)
            return
        except (OSError, NotANotebook) as error:
            self._note_problem(document, error)
            return
        self.problems.pop(document, None)
        if written.changed:
            self._wrote(document, written.file)
        for execution, changes in states:
            execution.written = changes
            execution.in_file = execution.in_file or execution.cell_id in written.cells

    def _note_problem(self, document: Path, error: OSError | NotANotebook) -> None:
        why = error.strerror if isinstance(error, OSError) else str(error)
        self.problems[document] = f"The outputs of {document.name} can't be saved: {why}."
        log.warning("The outputs of %s could not be saved: %s", document, error)
