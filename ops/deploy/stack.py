"""Creates or updates a CloudFormation stack, and tells what is happening meanwhile."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_NEVER_CREATED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
_GOOD = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"}

Report = Callable[[str], None]
"""Takes a line for the person who waits."""


class DeploymentFailed(Exception):
    """The stack was not deployed; the message names the resources that failed, and why."""


@dataclass(frozen=True)
class Stack:
    """A stack as it is now."""

    id: str
    status: str
    tags: dict[str, str]
    outputs: dict[str, str]

    @property
    def was_created(self) -> bool:
        """Whether it ever came to be; what is left of a failed creation holds nothing."""
        return self.status not in _NEVER_CREATED

    @property
    def is_good(self) -> bool:
        """Whether its newest deployment succeeded."""
        return self.status in _GOOD


@dataclass(frozen=True)
class Deployment:
    """What is to be deployed."""

    name: str
    template_url: str
    parameters: dict[str, str]
    tags: dict[str, str]

    def arguments(self) -> dict[str, Any]:
        """The arguments that CreateStack and UpdateStack have in common."""
        return {
            "StackName": self.name,
            "TemplateURL": self.template_url,
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in self.parameters.items()
            ],
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
            "Capabilities": _CAPABILITIES,
        }


class Stacks:
    """The stacks of one account and region."""

    def __init__(self, cloudformation: Any, report: Report, poll_seconds: float) -> None:
        self._cfn = cloudformation
        self._report = report
        self._poll_seconds = poll_seconds

    def find(self, name: str) -> Stack | None:
        """The stack of that name or id, or None."""
        try:
            found = self._cfn.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
        return Stack(
            id=found["StackId"],
            status=found["StackStatus"],
            tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
            outputs={out["OutputKey"]: out["OutputValue"] for out in found.get("Outputs", [])},
        )

    def resources(self, stack: Stack) -> dict[str, Any]:
        """The resources of the template that a stack was last deployed from, as it was given."""
        given = self._cfn.get_template(StackName=stack.id, TemplateStage="Original")
        body = given["TemplateBody"]
        template = json.loads(body) if isinstance(body, str) else body
        found: dict[str, Any] = template["Resources"]
        return found

    def deploy(self, wanted: Deployment) -> Stack:
        """Create or update, and wait for the end. Raises `DeploymentFailed`."""
        current = self.settled(wanted.name)
        if current and not current.was_created:
            self._remove(current)
            current = None
        if current is None:
            created = self._cfn.create_stack(**wanted.arguments())
            return self._wait(str(created["StackId"]), set())
        seen = {event["EventId"] for event in self._events(current.id, set())}
        return self._wait(current.id, seen) if self._update(wanted) else current

    def _remove(self, stack: Stack) -> None:
        """Delete what a failed creation left; such a stack can't be updated."""
        self._report("removing what an earlier, failed creation left")
        self._cfn.delete_stack(StackName=stack.id)
        left = self.settled(stack.id)
        if left and left.status != "DELETE_COMPLETE":
            raise DeploymentFailed(
                f"The remains of a failed creation can't be deleted: {left.status}."
            )

    def _update(self, wanted: Deployment) -> bool:
        """Start an update. False if nothing differs."""
        try:
            self._cfn.update_stack(**wanted.arguments())
        except ClientError as error:
            if "No updates are to be performed" in error.response["Error"]["Message"]:
                return False
            raise
        return True

    def settled(self, name: str) -> Stack | None:
        """The stack once nothing is in progress any more; somebody else may be deploying."""
        stack = self.find(name)
        while stack and stack.status.endswith("_IN_PROGRESS"):
            self._report(f"waiting for {stack.status}")
            time.sleep(self._poll_seconds)
            stack = self.find(name)
        return stack

    def _wait(self, stack_id: str, seen: set[str]) -> Stack:
        """Report events until the stack is at rest."""
        failures: list[str] = []
        while True:
            stack = self.find(stack_id)
            events = self._events(stack_id, seen)
            seen.update(event["EventId"] for event in events)
            failures += [_reason(e) for e in events if e["ResourceStatus"].endswith("_FAILED")]
            self._report_progress(events)
            if stack is None or stack.is_good or not stack.status.endswith("_IN_PROGRESS"):
                break
            time.sleep(self._poll_seconds)
        if stack is None or not stack.is_good:
            status = stack.status if stack else "gone"
            reasons = [*failures, *self._validation_errors(stack_id, failures)]
            raise DeploymentFailed("\n  ".join([f"The stack is {status}.", *reasons]))
        return stack

    def _validation_errors(self, stack_id: str, failures: list[str]) -> list[str]:
        """What CloudFormation found before it began; its events only point to it."""
        if not any("DescribeEvents" in failure for failure in failures):
            return []
        found = self._cfn.describe_events(StackName=stack_id, Filters={"FailedEvents": True})
        errors = [e for e in found["OperationEvents"] if e["EventType"] == "VALIDATION_ERROR"]
        return [
            f"{error['LogicalResourceId']} ({error['ResourceType']}): "
            f"{error['ValidationStatusReason']}"
            for error in errors
            if error["OperationId"] == errors[0]["OperationId"]  # the newest comes first
        ]

    def _report_progress(self, events: list[Any]) -> None:
        done = [e["LogicalResourceId"] for e in events if e["ResourceStatus"].endswith("_COMPLETE")]
        if done:
            more = f" and {len(done) - 4} more" if len(done) > 4 else ""
            self._report(f"done: {', '.join(done[:4])}{more}")

    def _events(self, stack_id: str, seen: set[str]) -> list[Any]:
        """Events not seen yet, oldest first."""
        fresh = []
        pages = self._cfn.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        for event in (event for page in pages for event in page["StackEvents"]):
            if event["EventId"] in seen:
                break
            fresh.append(event)
        return fresh[::-1]


def _reason(event: Any) -> str:
    why = event.get("ResourceStatusReason", "no reason given")
    return f"{event['LogicalResourceId']} ({event.get('ResourceType', '')}): {why}"
