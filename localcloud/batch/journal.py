"""Writes down every change of a job and tells who needs to know."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from localcloud.api_model import Record
from localcloud.batch.store import Job, Store

Emit = Callable[[Record], None]
"""Publishes the state that a job's record shows."""


@dataclass
class Journal:
    """Where changes go."""

    store: Store
    emit: Emit
    listeners: list[Callable[[Job], None]] = field(default_factory=list)

    def changed(self, job: Job) -> None:
        """The job's status changed: it goes to disk, then to the event bus, then to listeners."""
        self.store.save_job(job)
        self.emit(copy.deepcopy(job.record))
        for listener in self.listeners:
            listener(job)
