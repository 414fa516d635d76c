"""The `ECS Task State Change` event.

Its shape is in the ECS developer guide, "Amazon ECS task state change events": the task as
DescribeTasks gives it, without tags, times as text.
"""

from datetime import UTC, datetime

from localcloud.api_model import Record

TIMES = (
    "connectivityAt",
    "createdAt",
    "executionStoppedAt",
    "pullStartedAt",
    "pullStoppedAt",
    "startedAt",
    "stoppedAt",
    "stoppingAt",
    "updatedAt",
)
"""Members of a task that are points in time."""


def task_state_change(record: Record) -> Record:
    """The event as an entry of PutEvents, its `Detail` not yet JSON."""
    detail = {key: value for key, value in record.items() if key != "tags"}
    for name in TIMES:
        if name in detail:
            detail[name] = _iso(detail[name])
    if not detail["startedBy"]:
        del detail["startedBy"]
    detail["attachments"] = [
        attachment | {"type": "eni", "status": attachment["status"]}
        for attachment in detail["attachments"]
    ]
    return {
        "Source": "aws.ecs",
        "DetailType": "ECS Task State Change",
        "Resources": [record["taskArn"]],
        "Detail": detail,
    }


def _iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
