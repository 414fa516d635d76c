"""Array jobs: the parent only stands for its children, and ends when the last of them does."""

from collections import Counter
from dataclasses import dataclass

from localcloud.batch import records
from localcloud.batch.journal import Journal
from localcloud.batch.store import ENDED, Job
from localcloud.clock import CLOCK

STATES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", *ENDED)

CHILD_FAILED = "Array Child Job failed"
"""Batch's own words."""


@dataclass(frozen=True)
class Arrays:
    """Makes children, and keeps parents up to date."""

    journal: Journal

    def make_children(self, array: Job) -> list[Job]:
        """The children of an array that is PENDING; those that are there already too."""
        store = self.journal.store
        for index in range(array.record["arrayProperties"]["size"]):
            record = records.new_child(store.names, array.record, index)
            if record["jobId"] not in store.jobs:
                self.journal.changed(Job(record, store.next_number(), parent=array.id))
        return store.children(array)

    def child_changed(self, child: Job) -> None:
        """End the parent with its last child."""
        if child.parent is None or not child.ended:
            return
        array = self.journal.store.jobs[child.parent]
        states = {each.status for each in self.journal.store.children(array)}
        if array.ended or not states <= set(ENDED):
            return
        array.record["status"] = "FAILED" if "FAILED" in states else "SUCCEEDED"
        if "FAILED" in states:
            array.record.setdefault("statusReason", CHILD_FAILED)
        array.record["stoppedAt"] = records.milliseconds(CLOCK.time())
        self.journal.changed(array)

    def summary(self, array: Job) -> dict[str, int]:
        """How many children are in which state."""
        counted = Counter(child.status for child in self.journal.store.children(array))
        return {state: counted[state] for state in STATES}
