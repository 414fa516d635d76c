"""The adapter to ECS on Fargate: one task a server."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.core import aws, config
from chalicelib.core.entry_points import AskAgain
from chalicelib.notebooks import disks
from chalicelib.plans.catalogue import Size

CONTAINER = "notebook"
PORT = 8888


@dataclass(frozen=True, slots=True)
class Task:
    """A task as ECS tells of it. `started_at` and `stopped_at` are ECS's own times, once known."""

    arn: str
    server_id: str
    status: str
    created_at: datetime | None
    stopped_at: datetime | None
    stop_code: str | None
    reason: str | None
    exit_code: int | None
    address: str | None
    started_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.status == "STOPPED"

    @property
    def is_up(self) -> bool:
        """Whether its program runs, as far as ECS knows."""
        return self.status == "RUNNING"


@dataclass(frozen=True, slots=True)
class Launch:
    """What is needed to launch the task of a server."""

    server_id: str
    notebook_id: str
    account_id: str
    size: Size
    disk_gib: int
    environment: dict[str, str]


class LaunchRefused(AskAgain):
    """ECS would not start the task, for a reason that trying again may cure (capacity)."""


def launch(launch: Launch) -> str:
    """Start the task of a server; asked again for the same one, answers the same task's ARN.

    Raises `LaunchRefused` with ECS's reason when there is no capacity.
    """
    settings = config.settings()
    answer = aws.client("ecs").run_task(
        cluster=settings.ecs_cluster,
        taskDefinition=settings.notebook_task_definition,
        launchType="FARGATE",
        count=1,
        clientToken=launch.server_id,
        startedBy=launch.server_id,
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": settings.subnets.split(","),
                "securityGroups": [settings.security_group],
                "assignPublicIp": "ENABLED",
            }
        },
        overrides=_overrides(launch),
        tags=tags(launch),
    )
    if not answer["tasks"]:
        reasons = {str(failure.get("reason")) for failure in answer.get("failures", [])}
        raise LaunchRefused(", ".join(sorted(reasons)) or "no task")
    return str(answer["tasks"][0]["taskArn"])


def _overrides(launch: Launch) -> dict[str, Any]:
    environment = [{"name": k, "value": v} for k, v in sorted(launch.environment.items())]
    overrides: dict[str, Any] = {
        "cpu": launch.size.cpu_units,
        "memory": launch.size.memory_mib,
        "containerOverrides": [{"name": CONTAINER, "environment": environment}],
    }
    if launch.disk_gib > disks.INCLUDED_GIB:
        overrides["ephemeralStorage"] = {"sizeInGiB": launch.disk_gib}
    return overrides


def tags(launch: Launch) -> list[dict[str, str]]:
    """Whose a task is: what AWS's own records of use are grouped by."""
    return [
        {"key": "ramon:account", "value": launch.account_id},
        {"key": "ramon:resource", "value": launch.notebook_id},
        {"key": "ramon:stage", "value": config.stage()},
    ]


def stop(task_arn: str, reason: str) -> None:
    """Ask a task to stop: SIGTERM, and SIGKILL after its `stopTimeout`. Gone ones are no error."""
    try:
        aws.client("ecs").stop_task(
            cluster=config.settings().ecs_cluster, task=task_arn, reason=reason[:255]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidParameterException":
            raise


def find(server_id: str) -> Task | None:
    """The task that was launched for a server, running or lately stopped."""
    for status in ("RUNNING", "STOPPED"):
        arns = aws.client("ecs").list_tasks(
            cluster=config.settings().ecs_cluster, startedBy=server_id, desiredStatus=status
        )["taskArns"]
        found = describe(arns)
        if found:
            return found[0]
    return None


def describe(task_arns: list[str]) -> list[Task]:
    """These tasks, as far as ECS still knows of them (it forgets an hour after the stop)."""
    tasks: list[Task] = []
    for start in range(0, len(task_arns), 100):
        answer = aws.client("ecs").describe_tasks(
            cluster=config.settings().ecs_cluster, tasks=task_arns[start : start + 100]
        )
        tasks += [parse(task) for task in answer["tasks"]]
    return tasks


def running() -> Iterator[Task]:
    """Every task of a notebook that runs or is about to."""
    settings = config.settings()
    family = settings.notebook_task_definition.rpartition("/")[2].partition(":")[0]
    pages = (
        aws.client("ecs")
        .get_paginator("list_tasks")
        .paginate(cluster=settings.ecs_cluster, family=family, desiredStatus="RUNNING")
    )
    for page in pages:
        yield from describe(page["taskArns"])


def parse(task: dict[str, Any]) -> Task:
    """A task from DescribeTasks, or from the `detail` of a task state change event."""
    container: dict[str, Any] = next(
        (c for c in task.get("containers", []) if c.get("name") == CONTAINER), {}
    )
    interfaces = container.get("networkInterfaces") or [{}]
    return Task(
        arn=task["taskArn"],
        server_id=task.get("startedBy", ""),
        status=task.get("lastStatus", ""),
        created_at=_time(task.get("createdAt")),
        stopped_at=_time(task.get("stoppedAt")),
        stop_code=task.get("stopCode"),
        reason=container.get("reason") or task.get("stoppedReason"),
        exit_code=container.get("exitCode"),
        address=interfaces[0].get("privateIpv4Address"),
        started_at=_time(task.get("startedAt")),
    )


def _time(value: datetime | str | None) -> datetime | None:
    # DescribeTasks gives times, events give text.
    return datetime.fromisoformat(value) if isinstance(value, str) else value
