"""The adapter to Step Functions: begin an execution, and answer the steps that wait.

Which state machines there are, and what they are told, is each feature's (`state_machines.py`).
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from chalicelib.core import aws


def begin(machine_arn: str, name: str, work: Mapping[str, str]) -> None:
    """Begin an execution with this input. Asked again with the same name, does nothing."""
    try:
        aws.client("stepfunctions").start_execution(
            stateMachineArn=machine_arn, name=name, input=msgspec.json.encode(work).decode()
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise


def succeed(token: str, output: Mapping[str, Any] | None = None) -> None:
    """Let a waiting step go on."""
    result = msgspec.json.encode(output or {}).decode()
    _answer("send_task_success", taskToken=token, output=result)


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
