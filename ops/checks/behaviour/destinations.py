"""Where Lambda sends what failed: it looks for the right to do so before it takes the setting."""

from collections.abc import Iterator
from typing import Any

from ops.checks.behaviour.template import Template

_SENDS = {"AWS::SQS::Queue": "sqs:SendMessage", "AWS::SNS::Topic": "sns:Publish"}
"""What a function's role must be allowed, by the kind of its destination."""


def functions_may_send_what_failed(template: Template) -> Iterator[str]:
    """A function's role may send to its destination, or the deployment ends there.

    "The function execution role does not have permissions to call SendMessage on SQS."
    """
    for name, config in template.of_type("AWS::Lambda::EventInvokeConfig"):
        destination = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        for target in sorted(template.named_by(destination)):
            action = _SENDS[template.resources[target]["Type"]]
            for role in _roles(template, config["FunctionName"]):
                if not template.allows(role, action, template.text(destination)):
                    yield f"{name} names {target}, but {role} does not allow {action} on it."


def _roles(template: Template, function: Any) -> Iterator[str]:
    for name in sorted(template.named_by(function)):
        yield from template.named_by(template.resources[name]["Properties"]["Role"])
