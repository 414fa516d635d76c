"""Boot and restore, in a thread that runs while Jupyter is being imported."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Thread

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
        threads = ThreadPoolExecutor(2, "startup")
        self.booted: Future[Boot] = threads.submit(self.api.boot, patience=BOOT_PATIENCE)
        self.restored: Future[Workspace] = threads.submit(self._restore_when_booted)
        threads.shutdown(wait=False)
        Thread(target=self._report, args=["booting"], daemon=True).start()

    def _restore_when_booted(self) -> Workspace:
        boot = self.booted.result()
        Thread(target=self._report, args=["restoring"], daemon=True).start()
        return self._restore(boot)

    def _restore(self, boot: Boot) -> Workspace:
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
