"""State machines: each file of `stepfunctions/` is one; its steps are the functions it names."""

import re
from pathlib import Path

from infra.cloudformation import (
    Json,
    Resources,
    allow,
    att,
    camel,
    kebab,
    resource,
    role,
    staged,
)

FOLDER = Path(__file__).resolve().parent.parent / "stepfunctions"
_SUFFIX = ".asl.json"
_STEP = re.compile(r"\$\{(\w+)\}")

_DELIVER_LOGS = allow(
    "DeliverLogs",
    [
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    ],
    "*",
)


def names() -> list[str]:
    """Every state machine, by the name of its file: `start_notebook`."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in FOLDER.glob(f"*{_SUFFIX}"))


def steps(machine: str) -> list[str]:
    """The functions that a machine calls, by their logical ids, as it names them."""
    text = (FOLDER / f"{machine}{_SUFFIX}").read_text(encoding="utf-8")
    return list(dict.fromkeys(_STEP.findall(text)))


def resources() -> Resources:
    """The machines, and their role: it may run their steps, and deliver their logs."""
    all_steps = dict.fromkeys(step for machine in names() for step in steps(machine))
    run = allow("RunSteps", "lambda:InvokeFunction", [att(step, "Arn") for step in all_steps])
    return {
        "MachineRole": role("states.amazonaws.com", "steps", [run, _DELIVER_LOGS]),
        **{f"{camel(machine)}Machine": _machine(machine) for machine in names()},
    }


def _machine(machine: str) -> Json:
    log = {"CloudWatchLogsLogGroup": {"LogGroupArn": att("MachineLogs", "Arn")}}
    properties = {
        "StateMachineName": staged(kebab(machine)),
        "RoleArn": att("MachineRole", "Arn"),
        "DefinitionString": f"{FOLDER.name}/{machine}{_SUFFIX}",
        "DefinitionSubstitutions": {step: att(step, "Arn") for step in steps(machine)},
        "LoggingConfiguration": {
            "Level": "ERROR",
            "IncludeExecutionData": False,
            "Destinations": [log],
        },
    }
    return resource("AWS::StepFunctions::StateMachine", properties)
