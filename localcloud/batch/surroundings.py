"""What a job's container gets to run with: environment, directories, command, log."""

from dataclasses import dataclass
from pathlib import Path

from localcloud.batch.names import last_part
from localcloud.batch.store import Job
from localcloud.containers.environment import base_environment, platform_environment, variables
from localcloud.containers.process import ContainerSpec, StartError
from localcloud.images import Images

CONTAINER = "default"
"""What Batch calls the one container of a job."""

STOP_TIMEOUT = 30.0
"""Seconds between SIGTERM and SIGKILL (Batch API reference, TerminateJob)."""


@dataclass(frozen=True)
class Places:
    """Where jobs live: `jobs/<id>-<attempt>` while they run, `logs/<id>-<attempt>.log` longer."""

    jobs: Path
    logs: Path

    def of(self, job: Job) -> Path:
        """The directory of a job's present attempt."""
        return self.jobs / f"{job.file_name}-{job.attempt}"

    def log(self, job: Job) -> Path:
        """The file with the output of a job's present attempt."""
        return self.logs / f"{job.file_name}-{job.attempt}.log"

    def forget(self, job: Job) -> None:
        """Delete the output of all attempts."""
        for file in self.logs.glob(f"{job.file_name}-*.log"):
            file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Specs:
    """Makes the specification of a job's container."""

    places: Places
    images: Images
    region: str

    def of(self, job: Job, granted: dict[str, str]) -> ContainerSpec:
        """The container of the present attempt; `granted` gives it its role's credentials.

        Raises StartError for an image that is not on this machine.
        """
        container = job.record["container"]
        environment = {
            **base_environment(self.images, container["image"]),
            **variables(container),
            **self._platform(job),
            **granted,
        }
        if not container["command"]:
            raise StartError("CannotStartContainerError: no command specified")
        home = Path(environment["HOME"])
        home.mkdir(parents=True, mode=0o700)
        self.places.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        return ContainerSpec(
            name=CONTAINER,
            command=container["command"],
            environment=environment,
            working_directory=home,
            directory=self.places.of(job),
            log=self.places.log(job),
            stop_timeout=STOP_TIMEOUT,
        )

    def _platform(self, job: Job) -> dict[str, str]:
        """What Batch and ECS set."""
        home = self.places.of(job) / "home"
        found = platform_environment(self.region, job.id, job.address or "", home) | {
            "AWS_EXECUTION_ENV": "AWS_ECS_EC2",
            "AWS_BATCH_JOB_ID": job.id,
            "AWS_BATCH_JOB_ATTEMPT": str(job.attempt),
            "AWS_BATCH_CE_NAME": job.environment or "",
            "AWS_BATCH_JQ_NAME": job.queue,
        }
        if job.parent:
            index = job.record["arrayProperties"]["index"]
            found["AWS_BATCH_JOB_ARRAY_INDEX"] = str(index)
        return found


def log_stream(record: dict[str, object], options: dict[str, str], task_arn: str) -> str:
    """`<prefix>/default/<task>`; the prefix is the definition's name where the job doesn't say."""
    definition = last_part(str(record["jobDefinition"])).partition(":")[0]
    prefix = options.get("awslogs-stream-prefix", definition)
    return f"{prefix}/{CONTAINER}/{last_part(task_arn)}"
