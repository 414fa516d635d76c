"""What the authorization of ECS's and Batch's requests has in common.

ministack checks one action on one resource a request; AWS checks more for some.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_actions
from ministack.core.iam_evaluator import enforce

from localcloud.api_model import Record
from localcloud.settings import REGION

Find = Callable[[str, str, dict[str, str], bytes], str]
"""The resource of a request by its method, path, headers and body."""

More = Callable[[bytes], Record]
"""Further condition keys of a request by its body."""


@dataclass(frozen=True)
class Check:
    """Something that the caller must be allowed."""

    action: str
    resource: str
    context: Record = field(default_factory=dict)

    def passes(self, access_key_id: str) -> bool:
        """Whether the caller with this key may do it."""
        service = self.action.partition(":")[0]
        denied = enforce(
            access_key_id,
            self.action,
            service,
            REGION,
            resource_arn=self.resource,
            service_context=self.context,
        )
        return denied is None


def pass_role(role: str, service: str) -> Check:
    """The right to hand a role over; service: such as `ec2`."""
    context = {"iam:PassedToService": f"{service}.amazonaws.com"}
    return Check("iam:PassRole", role, context)


def find_resources_by(service: str, find: Find, more: More | None = None) -> None:
    """Replace ministack's idea of the resource of a service's requests."""
    resource, context = iam_actions.extract_resource_arn, iam_actions.request_tag_context

    def extract_resource_arn(name: str, method: str, path: str, *rest: Any) -> str:
        if name == service:
            return find(method, path, rest[0], rest[1])
        return str(resource(name, method, path, *rest))

    def request_tag_context(name: str, action: str, body: bytes, params: Any) -> Record:
        found: Record = context(name, action, body, params)
        return found | more(body) if more and name == service else found

    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_tag_context
