"""Boot and restore, in a thread that runs while Jupyter is being imported."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ramon_notebook.api import AgentApi, Boot
from ramon_notebook.errors import AgentError
from ramon_notebook.settings import Settings
from ramon_notebook.workspace.commit import Committer
from ramon_notebook.workspace.index import Index
from ramon_notebook.workspace.restore import claim, confirm, read_manifest, restore
from ramon_notebook.workspace.transfer import BlobStore

log = logging.getLogger(__name__)

BOOT_PATIENCE = 60
"""Seconds for which the first call is repeated before the start has failed."""


@dataclass(frozen=True)
class Workspace:
    """A workspace that is restored, and what keeps it from now on."""

    committer: Committer
    index: Index


class Startup:
    """What is under way since the process began; both futures may raise AgentError or worse."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.api = AgentApi(settings.api_url, settings.agent_token)
        self.booted: Future[Boot] = Future()
        self.restored: Future[Workspace] = Future()

    @classmethod
    def begin(cls, settings: Settings) -> Startup:
        """Start the thread."""
        startup = cls(settings)
        threads = ThreadPoolExecutor(2, "startup")
        threads.submit(startup._run, threads)
        return startup

    def _run(self, threads: ThreadPoolExecutor) -> None:
        try:
            boot = self.api.boot(patience=BOOT_PATIENCE)
        except Exception as error:  # the future carries it to whoever waits
            self.booted.set_exception(error)
            self.restored.set_exception(error)
            return
        finally:
            threads.shutdown(wait=False)
        self.booted.set_result(boot)
        try:
            self.restored.set_result(self._restore(boot))
        except Exception as error:  # the future carries it to whoever waits
            self.restored.set_exception(error)

    def _restore(self, boot: Boot) -> Workspace:
        self._report("restoring")
        root, state = self._settings.workspace, self._settings.state
        store = BlobStore(self.api)
        entries = read_manifest(store, boot.workspace)
        index = Index(root)
        if not claim(root, state, boot.notebook_id):
            restore(self.api, store, root, state, entries)
            index.learn(entries)
            confirm(state, boot.notebook_id)
        return Workspace(Committer(self.api, store, root, boot.workspace, entries), index)

    def _report(self, stage: str) -> None:
        try:
            self.api.stage(stage)
        except AgentError as error:
            log.info("Progress was not reported: %s", error)
