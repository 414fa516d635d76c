"""The adapter to Step Functions: begin to start or stop a cluster, and let a waiting step go on."""

import msgspec
from botocore.exceptions import ClientError

from chalicelib.core import aws, config


def begin_start(cluster_id: str, attempt: str) -> None:
    """Begin to start a cluster's workers. Asked again with the same `attempt`, does nothing."""
    _begin(config.settings().start_cluster_machine_arn, cluster_id, attempt)


def begin_stop(cluster_id: str, attempt: str) -> None:
    """Begin to stop a cluster. Asked again with the same `attempt`, does nothing."""
    _begin(config.settings().stop_cluster_machine_arn, cluster_id, attempt)


def _begin(machine_arn: str, cluster_id: str, attempt: str) -> None:
    work = msgspec.json.encode({"cluster_id": cluster_id}).decode()
    try:
        aws.client("stepfunctions").start_execution(
            stateMachineArn=machine_arn, name=f"{cluster_id}-{attempt}", input=work
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise


def succeed(token: str) -> None:
    """Let a waiting step go on."""
    try:
        aws.client("stepfunctions").send_task_success(taskToken=token, output="{}")
    except ClientError as error:
        # The step has been answered before, or its execution is over: nobody waits any more.
        if error.response["Error"]["Code"] not in (
            "TaskTimedOut",
            "TaskDoesNotExist",
            "InvalidToken",
        ):
            raise
