"""Running Python programs as Batch jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.testing import LocalCloud
from tests.unit.localcloud.tasks import WAIT_FOREVER
from tests.unit.localcloud.waiting import eventually

HOSTS: dict[str, Any] = {
    "type": "EC2",
    "minvCpus": 0,
    "maxvCpus": 8,
    "instanceTypes": ["optimal"],
    "subnets": ["subnet-1"],
    "securityGroupIds": ["sg-1"],
    "instanceRole": "ecsInstanceRole",
}

RETRY_ELSEWHERE: dict[str, Any] = {
    "attempts": 3,
    "evaluateOnExit": [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ],
}

ENDED = ("SUCCEEDED", "FAILED")


class Jobs:
    """An environment and a queue of one name, and short ways to run programs in them."""

    def __init__(self, cloud: LocalCloud, name: str, **hosts: Any) -> None:
        self.batch = cloud.client("batch")
        self.cloud = cloud
        self.name = name
        self.make_environment(name, **hosts)
        self.make_queue(name, name)

    def make_environment(self, name: str, **hosts: Any) -> None:
        """A compute environment that is VALID."""
        self.batch.create_compute_environment(
            computeEnvironmentName=name, type="MANAGED", computeResources=HOSTS | hosts
        )
        self.wait_for_environment(name)

    def make_queue(self, name: str, *environments: str, priority: int = 1) -> None:
        """A queue that is VALID."""
        order = [
            {"order": number, "computeEnvironment": each}
            for number, each in enumerate(environments)
        ]
        self.batch.create_job_queue(
            jobQueueName=name, priority=priority, computeEnvironmentOrder=order
        )
        self.wait_for_queue(name)

    def environment(self, name: str) -> Any:
        """The compute environment of that name, None if there is none."""
        answer = self.batch.describe_compute_environments(computeEnvironments=[name])
        return next(iter(answer["computeEnvironments"]), None)

    def queue(self, name: str) -> Any:
        """The queue of that name, None if there is none."""
        answer = self.batch.describe_job_queues(jobQueues=[name])
        return next(iter(answer["jobQueues"]), None)

    def wait_for_environment(self, name: str) -> None:
        """Wait until it is VALID."""
        eventually(lambda: self.environment(name)["status"] == "VALID")

    def wait_for_queue(self, name: str) -> None:
        """Wait until it is VALID."""
        eventually(lambda: self.queue(name)["status"] == "VALID")

    def define(self, program: str = WAIT_FOREVER, vcpus: str = "1", **container: Any) -> str:
        """Register a job definition that runs a Python program; gives its ARN."""
        answer = self.batch.register_job_definition(
            jobDefinitionName=f"{self.name}-program",
            type="container",
            containerProperties={
                "image": "ramon/python:test",
                "command": ["python", "-u", "-c", program],
                "resourceRequirements": [
                    {"type": "VCPU", "value": vcpus},
                    {"type": "MEMORY", "value": "512"},
                ],
            }
            | container,
        )
        return str(answer["jobDefinitionArn"])

    def submit(self, program: str = WAIT_FOREVER, **request: Any) -> str:
        """Submit a Python program as a job; gives the job's id."""
        definition = request.pop("jobDefinition", None) or self.define(program)
        queue = request.pop("jobQueue", self.name)
        answer = self.batch.submit_job(
            **{"jobName": "job"} | request, jobQueue=queue, jobDefinition=definition
        )
        return str(answer["jobId"])

    def describe(self, job_id: str) -> dict[str, Any]:
        """The job as DescribeJobs gives it."""
        job: dict[str, Any] = self.batch.describe_jobs(jobs=[job_id])["jobs"][0]
        return job

    def wait_for(self, job_id: str, *statuses: str, seconds: float = 30.0) -> dict[str, Any]:
        """The job once it has one of the statuses."""

        def look() -> dict[str, Any] | None:
            job = self.describe(job_id)
            return job if job["status"] in statuses else None

        job: dict[str, Any] = eventually(look, seconds)
        return job

    def end_of(self, job_id: str) -> dict[str, Any]:
        """The job once it ended."""
        return self.wait_for(job_id, *ENDED)

    def lines(self, job: dict[str, Any], group: str = "/aws/batch/job") -> list[str]:
        """What the job's last attempt printed, from CloudWatch Logs."""
        answer = self.cloud.client("logs").get_log_events(
            logGroupName=group, logStreamName=job["container"]["logStreamName"], startFromHead=True
        )
        return [event["message"] for event in answer["events"]]

    def terminate(self, job_id: str) -> None:
        """Ask for the job's end."""
        self.batch.terminate_job(jobId=job_id, reason="enough")

    def disable(self) -> None:
        """Disable the queue and the environment, and wait until they are."""
        self.batch.update_job_queue(jobQueue=self.name, state="DISABLED")
        self.batch.update_compute_environment(computeEnvironment=self.name, state="DISABLED")
        self.wait_for_queue(self.name)
        self.wait_for_environment(self.name)


@contextmanager
def refused(text: str, code: str = "ClientException", status: int = 400) -> Iterator[None]:
    """Expect an error of the API with this code, and this text in its message."""
    with pytest.raises(ClientError) as raised:
        yield
    response = raised.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert text in response["Error"]["Message"]
