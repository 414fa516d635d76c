"""The adapter to Step Functions: begin a start or a stop, and answer the steps that wait."""

from typing import Any

import msgspec
from botocore.exceptions import ClientError

from chalicelib.core import aws, config


def begin_start(work: dict[str, str]) -> None:
    """Begin to start a server. Asked again for the same server, does nothing."""
    _begin(config.settings().start_machine_arn, work["server_id"], work)


def begin_stop(work: dict[str, str], attempt: str) -> None:
    """Begin to stop a server. Asked again with the same `attempt`, does nothing."""
    _begin(config.settings().stop_machine_arn, f"{work['server_id']}-{attempt}", work)


def _begin(machine_arn: str, name: str, work: dict[str, str]) -> None:
    try:
        aws.client("stepfunctions").start_execution(
            stateMachineArn=machine_arn, name=name, input=msgspec.json.encode(work).decode()
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise


def succeed(token: str, output: dict[str, Any]) -> None:
    """Let a waiting step go on."""
    _answer("send_task_success", taskToken=token, output=msgspec.json.encode(output).decode())


def beat(token: str) -> None:
    """Let a waiting step know that it does not wait in vain."""
    _answer("send_task_heartbeat", taskToken=token)


def fail(token: str, error: str, cause: str) -> None:
    """Let a waiting step fail."""
    _answer("send_task_failure", taskToken=token, error=error, cause=cause[:1000])


def _answer(operation: str, **arguments: Any) -> None:
    try:
        getattr(aws.client("stepfunctions"), operation)(**arguments)
    except ClientError as error:
        # The step has been answered before, or its execution is over: nobody waits any more.
        if error.response["Error"]["Code"] not in (
            "TaskTimedOut",
            "TaskDoesNotExist",
            "InvalidToken",
        ):
            raise
