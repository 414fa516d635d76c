"""The records of jobs, in the shape in which DescribeJobs gives them; times are milliseconds."""

import copy
import re
from uuid import uuid4

from localcloud.api_model import Record
from localcloud.batch.names import Names, new_in_cluster
from localcloud.batch.retries import End
from localcloud.clock import CLOCK

OF_AN_ATTEMPT = ("containerInstanceArn", "taskArn", "logStreamName", "exitCode", "reason")
"""What a job's container shows of its last attempt."""


def new_job(
    names: Names, job_id: str, definition: Record, queue: Record, request: Record
) -> Record:
    """The record of a job that was SUBMITTED."""
    parameters = definition["parameters"] | request.get("parameters", {})
    record: Record = {
        "jobArn": names.job(job_id),
        "jobName": request["jobName"],
        "jobId": job_id,
        "jobQueue": queue["jobQueueArn"],
        "status": "SUBMITTED",
        "attempts": [],
        "createdAt": milliseconds(CLOCK.time()),
        "retryStrategy": _retry_strategy(definition, request),
        "dependsOn": [],
        "jobDefinition": definition["jobDefinitionArn"],
        "parameters": parameters,
        "container": _container(definition, request.get("containerOverrides", {}), parameters),
        "tags": request.get("tags", {}),
        "propagateTags": request.get("propagateTags", definition.get("propagateTags", False)),
        "platformCapabilities": ["EC2"],
    }
    timeout = request.get("timeout", definition.get("timeout"))
    return record | ({"timeout": timeout} if timeout else {})


def new_child(names: Names, array: Record, index: int) -> Record:
    """The record of a child of an array job; it begins PENDING."""
    job_id = f"{array['jobId']}:{index}"
    return copy.deepcopy(array) | {
        "jobArn": names.job(job_id),
        "jobId": job_id,
        "status": "PENDING",
        "createdAt": milliseconds(CLOCK.time()),
        "arrayProperties": {"statusSummary": {}, "index": index},
    }


def begin_attempt(record: Record, cluster: str) -> None:
    """Note where a job that is STARTING runs; cluster: an ARN."""
    for member, kind in (("containerInstanceArn", "container-instance"), ("taskArn", "task")):
        record["container"][member] = new_in_cluster(cluster, kind)
    record["container"]["networkInterfaces"] = []


def end_attempt(record: Record, end: End) -> None:
    """Add an attempt that ended to the job's list."""
    container = record["container"]
    record["stoppedAt"] = milliseconds(end.stopped_at)
    if end.exit_code is not None:
        container["exitCode"] = end.exit_code
    if end.reason:
        container["reason"] = end.reason
    shown = {key: container[key] for key in OF_AN_ATTEMPT if key in container}
    attempt = {
        "container": shown | {"networkInterfaces": []},
        "stoppedAt": record["stoppedAt"],
        "statusReason": end.status_reason,
    }
    if "startedAt" in record:
        attempt["startedAt"] = record["startedAt"]
    record["attempts"].append(attempt)
    record["statusReason"] = end.status_reason


def make_ready_again(record: Record) -> None:
    """Take away what belongs to the attempt that ended: the job is RUNNABLE once more."""
    for key in ("startedAt", "stoppedAt"):
        record.pop(key, None)
    for key in OF_AN_ATTEMPT:
        record["container"].pop(key, None)


def milliseconds(seconds: float) -> int:
    """As Batch tells times."""
    return round(seconds * 1000)


def new_job_id() -> str:
    """As Batch gives."""
    return str(uuid4())


def _retry_strategy(definition: Record, request: Record) -> Record:
    given: Record = request.get("retryStrategy") or definition.get("retryStrategy", {})
    return {"attempts": 1, "evaluateOnExit": []} | given


def _container(definition: Record, overrides: Record, parameters: Record) -> Record:
    """The container that the definition, the overrides and the parameters make together."""
    properties: Record = copy.deepcopy(definition["containerProperties"])
    command: list[str] = overrides.get("command") or properties["command"]
    return properties | {
        "command": [_substitute(part, parameters) for part in command],
        "environment": _merged(properties, overrides, "environment", "name"),
        "resourceRequirements": _merged(properties, overrides, "resourceRequirements", "type"),
    }


def _merged(properties: Record, overrides: Record, member: str, key: str) -> list[Record]:
    """Both lists as one; the override counts where a key is in both."""
    given: list[Record] = overrides.get(member) or []
    both = [*properties[member], *given]
    return list({each.get(key): each for each in both}.values())


def _substitute(part: str, parameters: Record) -> str:
    """`Ref::name` stands for a parameter's value."""
    return re.sub(r"Ref::([A-Za-z0-9_-]+)", lambda m: parameters.get(m[1], m[0]), part)
