"""What Batch knows, in memory and on disk.

Every change is on disk before it is answered: compute environments, queues and job definitions in
one small file, each job in a file of its own. A file is replaced in one step, so that SIGKILL at
any time leaves either the old or the new one.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from localcloud.api_model import Record
from localcloud.batch.errors import ClientError
from localcloud.batch.names import Names, last_part
from localcloud.files import write_json

ENDED = ("SUCCEEDED", "FAILED")


@dataclass
class Job:
    """A job: its record as DescribeJobs gives it, and what the engine needs to know besides."""

    record: Record
    number: int
    """Jobs of a queue start in the order of their numbers."""

    parent: str | None = None
    """The id of the array that the job is a child of."""

    environment: str | None = None
    """The compute environment whose room the job takes, by name."""

    instance: str | None = None
    address: str | None = None

    termination: str | None = None
    """Why somebody wants the job's end, once they said so."""

    @property
    def id(self) -> str:
        """Such as `9b1f…`, and `9b1f…:3` for a child of an array."""
        return str(self.record["jobId"])

    @property
    def file_name(self) -> str:
        """The id in the form in which files are called."""
        return self.id.replace(":", "_")

    @property
    def status(self) -> str:
        """Such as RUNNABLE."""
        return str(self.record["status"])

    @property
    def ended(self) -> bool:
        """Whether the job came to its end."""
        return self.status in ENDED

    @property
    def is_array(self) -> bool:
        """Whether the job only stands for its children."""
        return "size" in self.record.get("arrayProperties", {})

    @property
    def queue(self) -> str:
        """The name of its queue."""
        return last_part(self.record["jobQueue"])

    @property
    def attempt(self) -> int:
        """The number of the attempt that runs or comes next, from 1."""
        return len(self.record["attempts"]) + 1

    def needs(self, kind: str) -> float:
        """How much of VCPU, MEMORY (MiB) or GPU it asks for."""
        wanted = self.record["container"]["resourceRequirements"]
        return next((float(each["value"]) for each in wanted if each["type"] == kind), 0.0)


@dataclass
class Store:
    """All records; keys are names (environments, queues), name:revision, and job ids."""

    directory: Path
    names: Names
    environments: dict[str, Record] = field(default_factory=dict)
    queues: dict[str, Record] = field(default_factory=dict)
    definitions: dict[str, Record] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    last_number: int = 0

    KINDS = ("environments", "queues", "definitions", "revisions")

    def load(self) -> None:
        """Read what an earlier run left behind."""
        if self._resources_file.exists():
            saved = json.loads(self._resources_file.read_text())
            for kind in self.KINDS:
                getattr(self, kind).update(saved[kind])
        found = [Job(**json.loads(file.read_text())) for file in self._jobs.glob("*.json")]
        self.jobs = {job.id: job for job in sorted(found, key=lambda job: job.number)}
        self.last_number = max((job.number for job in found), default=0)

    def save_resources(self) -> None:
        """Write everything but the jobs."""
        write_json(self._resources_file, {kind: getattr(self, kind) for kind in self.KINDS})

    def save_job(self, job: Job) -> None:
        """Write one job, and know it from now on."""
        self.jobs[job.id] = job
        write_json(self._job_file(job), asdict(job))

    def forget_job(self, job: Job) -> None:
        """Drop a job that ended long ago."""
        del self.jobs[job.id]
        self._job_file(job).unlink(missing_ok=True)

    def next_number(self) -> int:
        """The number of a new job."""
        self.last_number += 1
        return self.last_number

    def find_queue(self, reference: str) -> Record:
        """The queue of a name or ARN; raises ClientError."""
        queue = self.queues.get(last_part(reference))
        if queue is None:
            raise ClientError(f"JobQueue {reference} not found.")
        return queue

    def jobs_in(self, queue: str) -> Iterator[Job]:
        """The jobs of a queue in the order of their submission, ended ones too."""
        return (job for job in self.jobs.values() if job.queue == queue)

    def children(self, array: Job) -> list[Job]:
        """The children of an array, by index."""
        return [job for job in self.jobs.values() if job.parent == array.id]

    def placed_in(self, environment: str) -> list[Job]:
        """The jobs that take room of a compute environment."""
        return [job for job in self.jobs.values() if job.environment == environment]

    def has_running_jobs(self) -> bool:
        """Whether jobs run or are about to."""
        return any(job.environment for job in self.jobs.values())

    @property
    def _resources_file(self) -> Path:
        return self.directory / "resources.json"

    @property
    def _jobs(self) -> Path:
        return self.directory / "jobs"

    def _job_file(self, job: Job) -> Path:
        return self._jobs / f"{job.file_name}.json"
