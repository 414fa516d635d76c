"""Running Python programs as ECS tasks."""

from typing import Any

from localcloud.testing import LocalCloud
from tests.unit.localcloud.waiting import eventually

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
WAIT_FOREVER = "import time\nwhile True: time.sleep(60)"
STUBBORN = f"""
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
{WAIT_FOREVER}
"""


class Tasks:
    """A cluster of its own and short ways to run programs in it."""

    def __init__(self, cloud: LocalCloud, cluster: str) -> None:
        self.ecs = cloud.client("ecs")
        self._logs = cloud.state_dir / "logs" / "tasks"
        self.cluster = cluster
        self.ecs.create_cluster(clusterName=cluster)

    def define(self, program: str, **container: Any) -> str:
        """Register a task definition that runs a Python program; gives its ARN."""
        definition = self.ecs.register_task_definition(
            family=f"{self.cluster}-program",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": "main",
                    "image": "ramon/python:test",
                    "command": ["python", "-c", program],
                    "portMappings": [{"containerPort": 8888}],
                    "stopTimeout": 5,
                }
                | container
            ],
        )
        return str(definition["taskDefinition"]["taskDefinitionArn"])

    def run(self, program: str, container: dict[str, Any] | None = None, **request: Any) -> str:
        """Run a Python program as a task; gives the task's ARN."""
        definition = self.define(program, **(container or {}))
        return self.run_definition(definition, **request)

    def run_definition(self, definition: str, **request: Any) -> str:
        """Run a task definition; gives the task's ARN."""
        answer = self.ecs.run_task(
            cluster=self.cluster,
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration=NETWORK,
            **request,
        )
        return str(answer["tasks"][0]["taskArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        """The task as DescribeTasks gives it, with tags."""
        answer = self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn], include=["TAGS"])
        task: dict[str, Any] = answer["tasks"][0]
        return task

    def wait_for(self, arn: str, status: str, seconds: float = 90.0) -> dict[str, Any]:
        """The task once it has the status."""

        def look() -> dict[str, Any] | None:
            task = self.describe(arn)
            return task if task["lastStatus"] == status else None

        task: dict[str, Any] = eventually(look, seconds)
        return task

    def output(self, arn: str) -> str:
        """What the task's program printed so far."""
        log = self._logs / f"{arn.rsplit('/', 1)[-1]}-main.log"
        return log.read_text() if log.exists() else ""

    def stop(self, arn: str) -> None:
        """Ask a task to stop."""
        self.ecs.stop_task(cluster=self.cluster, task=arn, reason="enough")
