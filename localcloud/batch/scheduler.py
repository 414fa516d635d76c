"""Gives RUNNABLE jobs their place.

Queues are served by priority, their jobs first in first out, environments in the queue's order. A
job that finds no place holds up those behind it, as in Batch.
"""

import asyncio
from collections.abc import Sequence

from localcloud.api_model import Record
from localcloud.batch.capacity import TOO_SMALL, UNFIT, Capacity, Room, none_left
from localcloud.batch.engine import Engine
from localcloud.batch.names import last_part
from localcloud.batch.store import Job, Store


class Scheduler:
    """One for all queues; `look_soon` is called whenever something may have changed."""

    def __init__(self, store: Store, engine: Engine, capacity: Capacity) -> None:
        self._store = store
        self._engine = engine
        self._capacity = capacity
        self._asked = False
        self._closed = False

    def look_soon(self) -> None:
        """Look at all queues once what happens now is over."""
        if not self._asked:
            self._asked = True
            asyncio.get_running_loop().call_soon(self._look)

    def close(self) -> None:
        """Start nothing any more."""
        self._closed = True

    def _look(self) -> None:
        self._asked = False
        if self._closed:
            return
        self._capacity.trouble.clear()
        waiting: dict[str, list[Job]] = {}
        for job in self._store.jobs.values():
            if job.status == "RUNNABLE" and job.environment is None:
                waiting.setdefault(job.queue, []).append(job)
        for name in sorted(waiting, key=self._priority, reverse=True):
            self._serve(self._store.queues[name], waiting[name])

    def _priority(self, queue: str) -> int:
        return int(self._store.queues[queue]["priority"])

    def _serve(self, queue: Record, waiting: list[Job]) -> None:
        for job in sorted(waiting, key=lambda job: job.number):
            if not self._place(queue, job):
                return

    def _place(self, queue: Record, job: Job) -> bool:
        """Give the job to the first environment that has room; otherwise note why none has."""
        environments = [
            self._store.environments[last_part(each["computeEnvironment"])]
            for each in queue["computeEnvironmentOrder"]
        ]
        answers = []
        for environment in environments:
            room = self._capacity.room(job, environment)
            if room is Room.YES:
                self._engine.launch(job, environment, self._capacity.faults.slow_start)
                return True
            answers.append(room)
        self._explain(job, _reason(answers, environments))
        return False

    def _explain(self, job: Job, reason: str | None) -> None:
        if job.record.get("statusReason") == reason:
            return
        job.record.pop("statusReason", None)
        if reason:
            job.record["statusReason"] = reason
        self._store.save_job(job)


def _reason(answers: Sequence[Room], environments: list[Record]) -> str | None:
    """What is wrong with all environments, if none will have room by itself."""
    if Room.LATER in answers:
        return None
    if Room.NONE_LEFT in answers:
        return none_left(environments[answers.index(Room.NONE_LEFT)]["computeResources"])
    return UNFIT if Room.UNFIT in answers else TOO_SMALL
