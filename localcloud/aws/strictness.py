"""Refusals of AWS that ministack lacks.

Step Functions, StartExecution: the name's characters and length, input that is not JSON, and the
same name with the same input while it runs, which succeeds (API reference, "StartExecution").
Secrets Manager, GetSecretValue: a secret that was made without a value has none to give.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager, stepfunctions

Json = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Operation = Callable[[Json], Answer]

_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")


def install() -> None:
    """Make both operations as strict as AWS's."""
    stepfunctions._start_execution = _strict_start(stepfunctions._start_execution)
    secretsmanager._get_secret_value = _strict_value(secretsmanager._get_secret_value)


def _strict_start(start: Operation) -> Operation:
    def checked(request: Json) -> Answer:
        name, text = request.get("name"), request.get("input", "{}")
        if name is not None and not _NAME.fullmatch(name):
            return _refused("InvalidName", f"Invalid Name: '{name}'")
        if not _is_json(text):
            message = "Invalid State Machine Execution Input: not valid JSON"
            return _refused("InvalidExecutionInput", message)
        status, headers, body = start(request)
        if status == 400 and b"ExecutionAlreadyExists" in body:
            return _running_alike(request) or (status, headers, body)
        return status, headers, body

    return checked


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _running_alike(request: Json) -> Answer | None:
    """Success, if an execution of this name runs with the same input."""
    machine = request["stateMachineArn"].replace(":stateMachine:", ":execution:")
    running = stepfunctions._executions.get(f"{machine}:{request['name']}")
    if not running or running["status"] != "RUNNING":
        return None
    if running["input"] != request.get("input", "{}"):
        return None
    answer: Answer = json_response({n: running[n] for n in ("executionArn", "startDate")})
    return answer


def _strict_value(get: Operation) -> Operation:
    def checked(request: Json) -> Answer:
        answer = get(request)
        if answer[0] == 200 and not {"SecretString", "SecretBinary"} & json.loads(answer[2]).keys():
            message = (
                "Secrets Manager can't find the specified secret value for staging label: "
                "AWSCURRENT"
            )
            return _refused("ResourceNotFoundException", message)
        return answer

    return checked


def _refused(code: str, message: str) -> Answer:
    answer: Answer = error_response_json(code, message, 400)
    return answer
