"""Installs a notebook's packages again after a start, and keeps the list of them up to date."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ramon_notebook.environment.kept import Kept, differs_from_image, found, read, write
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.waiting import MOST_SECONDS, NOT_HERE, STATE

log = logging.getLogger(__name__)

TICK = 1.0
"""Seconds between looks at the overlay; a change is taken in when it has been quiet for as long."""

PAGE_SECONDS = 60.0
"""How long the page is kept waiting for its parts; then it opens without them."""

MOST_REASON = 500
"""Characters of an installer's words that are told: the service's limit."""

MOST_FAILED = 10
"""Packages that failed and are told by name: the service's limit."""


@dataclass(frozen=True)
class Progress:
    """What is still to be installed again, and what could not be, with the reason."""

    waiting: tuple[Kept, ...] = ()
    failed: tuple[tuple[Kept, str], ...] = ()

    def to_json(self) -> dict[str, object]:
        """As the service wants to know it."""
        failed = [
            {"requirement": kept.requirement[:200], "reason": reason}
            for kept, reason in self.failed[:MOST_FAILED]
        ]
        return {"waiting": len(self.waiting), "failed": failed}


@dataclass
class PackageKeeper:
    """A thread beside the notebook; it is in nobody's way.

    `prepare` is to be called before the first kernel starts, so that imports wait, `begin` when
    the notebook can be used, and `finish` before the last snapshot.
    """

    overlay: Overlay
    workspace: Path
    progress: Progress = field(default_factory=Progress)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _prepared: bool = False
    _installer: subprocess.Popen[str] | None = None
    _prepared_at: float = 0.0

    @property
    def parts_of_page(self) -> list[str]:
        """The packages that JupyterLab's page has parts of, and that it should wait for."""
        if time.monotonic() > self._prepared_at + PAGE_SECONDS:
            return []
        return [each.name for each in self.progress.waiting if each.extends_page]

    def prepare(self) -> None:
        """Find out what is to be installed again, and let imports of it wait."""
        have = {each.requirement for each in self._found() or ()}
        missing = tuple(each for each in read(self.workspace) if each.requirement not in have)
        self._tell(Progress(waiting=missing))
        self._prepared = True
        self._prepared_at = time.monotonic()

    def begin(self) -> None:
        """Install what is missing, then keep the list, until `finish`."""
        threading.Thread(target=self._run, name="packages", daemon=True).start()

    def finish(self) -> None:
        """Write the list for the last time; what is still missing stays on it."""
        self._stopped.set()
        if self._installer:
            self._installer.terminate()
        if self._prepared:  # or else the list has not been read, and must not be replaced
            self._keep()

    def _run(self) -> None:
        if self.progress.waiting:
            self._install(self.progress.waiting)
        kept_at = seen = self._stamp()
        self._keep()
        while not self._stopped.wait(TICK):
            before, seen = seen, self._stamp()
            if seen == before != kept_at:
                kept_at = seen
                self._keep()

    def _install(self, missing: Sequence[Kept]) -> None:
        log.info("Installing again: %s", ", ".join(each.requirement for each in missing))
        failed: list[tuple[Kept, str]] = []
        if self._try(missing) is not None:
            # One of them can't be installed, and keeps the others from it: take each by itself.
            for number, each in enumerate(missing):
                if self._stopped.is_set():
                    return
                if reason := self._try([each]):
                    log.warning("%s could not be installed again: %s", each.requirement, reason)
                    failed.append((each, reason))
                self._tell(Progress(tuple(missing[number + 1 :]), tuple(failed)))
        self._tell(Progress(failed=tuple(failed)))

    def _try(self, packages: Iterable[Kept]) -> str | None:
        """Install; what the installer says if it can't."""
        uv = Path(sys.executable).with_name("uv")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as list_of_all:
            list_of_all.writelines(f"{each.requirement}\n" for each in packages)
            list_of_all.flush()
            command = ["nice", str(uv), "pip", "install", "--no-deps", "--no-progress", "--quiet"]
            command += ["--python", str(self.overlay.python), "--requirements", list_of_all.name]
            return self._said(command)

    def _said(self, command: Sequence[str]) -> str | None:
        try:
            self._installer = subprocess.Popen(
                command,
                cwd=self.workspace,
                env=os.environ | {NOT_HERE: "1", "NO_COLOR": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            said, _ = self._installer.communicate(timeout=MOST_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            if self._installer:
                self._installer.kill()
            return str(error)[:MOST_REASON]
        if self._installer.returncode == 0:
            return None
        return " ".join(said.split())[-MOST_REASON:] or "The installer says nothing."

    def _keep(self) -> None:
        """Write the list as it should be now."""
        with self._lock:
            now = self._found()
            if now is None:
                return
            names = {each.name for each in now}
            listed = {each.requirement for each in read(self.workspace)}
            missing = [*self.progress.waiting, *(kept for kept, _ in self.progress.failed)]
            # Whoever takes a line out of the list does not want that package any more.
            still = [
                each for each in missing if each.requirement in listed and each.name not in names
            ]
            failed = tuple(pair for pair in self.progress.failed if pair[0] in still)
            if failed != self.progress.failed:
                self._tell(Progress(self.progress.waiting, failed))
            try:
                write(self.workspace, [*now, *still])
            except OSError as error:
                log.warning("The list of packages could not be written: %s", error)

    def _found(self) -> list[Kept] | None:
        """What is installed; None in the middle of an installation, when nothing can be said."""
        try:
            return found(self.overlay, self.workspace)
        except (OSError, TypeError, ValueError, KeyError) as error:
            log.info("The packages can't be listed now: %s", error)
            return None

    def _tell(self, progress: Progress) -> None:
        """Let imports, pages and the service know how it goes."""
        self.progress = progress
        state = self.overlay.folder.parent / STATE
        waiting = {
            module: each.requirement
            for each in progress.waiting
            if differs_from_image(each)
            for module in each.modules
        }
        failed = {
            module: (kept.requirement, reason)
            for kept, reason in progress.failed
            for module in kept.modules
        }
        if not waiting and not failed:
            state.unlink(missing_ok=True)
            return
        half = state.with_name(f".~{STATE}")
        half.write_text(json.dumps({"waiting": waiting, "failed": failed}), "utf-8")
        half.replace(state)

    def _stamp(self) -> int:
        """Changes whenever a package is installed or removed."""
        try:
            return self.overlay.packages.stat().st_mtime_ns
        except OSError:
            return 0
