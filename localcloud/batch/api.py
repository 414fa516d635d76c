"""Puts the parts of Batch together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localcloud.api_model import Record
from localcloud.batch import recovery
from localcloud.batch.arrays import Arrays
from localcloud.batch.capacity import Capacity
from localcloud.batch.definitions import DefinitionOperations
from localcloud.batch.engine import Credentials, Engine
from localcloud.batch.environments import EnvironmentOperations
from localcloud.batch.faults import Faults
from localcloud.batch.jobs import JobOperations
from localcloud.batch.journal import Emit, Journal
from localcloud.batch.logs import LogPump, LogService
from localcloud.batch.names import Names
from localcloud.batch.queues import QueueOperations
from localcloud.batch.scheduler import Scheduler
from localcloud.batch.store import Job, Store
from localcloud.batch.submission import SubmitOperation
from localcloud.batch.surroundings import Places, Specs
from localcloud.batch.tags import TagOperations
from localcloud.batch.wire import Operation, Wire
from localcloud.images import Images


@dataclass(frozen=True)
class Around:
    """What Batch needs of the rest of the stand-in."""

    images: Images
    emit: Emit
    logs: LogService
    credentials: Credentials
    hosts_join: Callable[[Record], bool]
    """Whether hosts of a compute environment would register with its ECS cluster."""


class Batch:
    """The service: `wire` answers requests, `start` and `stop` frame its life."""

    def __init__(self, directory: Path, names: Names, around: Around) -> None:
        places = Places(directory / "jobs", directory / "logs" / "jobs")
        self.faults = Faults()
        self.store = Store(directory / "batch", names)
        self.store.load()
        journal = Journal(self.store, around.emit)
        specs = Specs(places, around.images, names.region)
        logs = LogPump(around.logs, places)
        self.engine = Engine(journal, specs, logs, around.credentials)
        capacity = Capacity(self.store, self.faults, around.hosts_join)
        self.scheduler = Scheduler(self.store, self.engine, capacity)
        arrays = Arrays(journal)
        jobs = JobOperations(self.store, self.engine, journal, arrays)
        self._submission = SubmitOperation(self.store, journal, arrays, self.scheduler)
        self._environments = EnvironmentOperations(
            self.store, self.engine, self.scheduler, capacity
        )
        self._queues = QueueOperations(self.store, jobs, self.scheduler, capacity)
        journal.listeners += [arrays.child_changed, self._room_may_be_free]
        self.wire = Wire(self._operations(jobs))

    def _operations(self, jobs: JobOperations) -> dict[str, Operation]:
        definitions = DefinitionOperations(self.store)
        tags = TagOperations(self.store)
        return {
            "CreateComputeEnvironment": self._environments.create,
            "UpdateComputeEnvironment": self._environments.update,
            "DescribeComputeEnvironments": self._environments.describe,
            "DeleteComputeEnvironment": self._environments.delete,
            "CreateJobQueue": self._queues.create,
            "UpdateJobQueue": self._queues.update,
            "DescribeJobQueues": self._queues.describe,
            "DeleteJobQueue": self._queues.delete,
            "RegisterJobDefinition": definitions.register,
            "DescribeJobDefinitions": definitions.describe,
            "DeregisterJobDefinition": definitions.deregister,
            "SubmitJob": self._submission.submit,
            "DescribeJobs": jobs.describe,
            "ListJobs": jobs.list_,
            "CancelJob": jobs.cancel,
            "TerminateJob": jobs.terminate,
            "TagResource": tags.tag,
            "UntagResource": tags.untag,
            "ListTagsForResource": tags.list_,
        }

    async def start(self) -> None:
        """Settle what an earlier launcher left, and go on with what waits."""
        await recovery.recover(self.store, self.engine)
        self._environments.resume()
        self._queues.resume()
        self._submission.resume()
        self.scheduler.look_soon()

    async def stop(self) -> None:
        """Take all hosts away and wait until nothing runs; what waits stays as it is."""
        self.scheduler.close()
        await self.engine.stop_all()

    def _room_may_be_free(self, job: Job) -> None:
        if job.environment is None:
            self.scheduler.look_soon()
