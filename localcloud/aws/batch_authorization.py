"""Which resources a Batch request is about, for IAM.

After the Service Authorization Reference, "Actions, resources, and condition keys for AWS Batch",
and the Batch user guide, "Resource: Restrict to job definition prefix on job submission": the ARN
of a job definition carries its revision. Who makes something with tags must be allowed
`batch:TagResource` too.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import request_scope
from ministack.core.router import extract_access_key_id
from ministack.services import iam, tagging

from localcloud.api_model import Record
from localcloud.aws.authorization import Check, find_resources_by, pass_role
from localcloud.batch import definitions, tags
from localcloud.batch.errors import BatchError
from localcloud.batch.names import last_part
from localcloud.batch.store import Store
from localcloud.batch.wire import Query, Response, Wire, decode, encode_error
from localcloud.settings import ACCOUNT, REGION


class AccessDenied(BatchError):
    """The caller may not do that."""

    code = "AccessDeniedException"
    status = 403


class BatchAuthorization:
    """Replaces ministack's idea of a Batch request's resource, and checks what else it needs."""

    def __init__(self, store: Store, wire: Wire) -> None:
        self._names = store.names
        self._store = store
        self._wire = wire

    def install(self) -> None:
        """Tell ministack what Batch's requests are about, and which tags Batch's resources have."""
        find_resources_by("batch", lambda method, path, _, body: self._find(method, path, body))
        collectors: tuple[dict[str, Any], ...] = (
            tagging._COLLECTORS,
            tagging._RESOURCE_TAG_COLLECTORS,
        )
        for each in collectors:
            each["batch"] = self._all_tags

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: Query
    ) -> Response:
        """Check what ministack did not check, then let Batch answer."""
        access_key_id = extract_access_key_id(headers, query)
        try:
            operation, request = decode(method, path, body, query)
            for check in self.further_checks(operation, request, body):
                if not check.passes(access_key_id):
                    raise AccessDenied(
                        f"The caller is not authorized to perform: {check.action} on resource:"
                        f" {check.resource}"
                    )
        except BatchError as error:
            return encode_error(error)
        return await self._wire.handle(method, path, headers, body, query)

    def resource(self, operation: str, request: Record) -> str:
        """The ARN that a policy's Resource must match; `*` where an operation has none."""
        names = self._names
        arns: dict[str, tuple[str, Callable[[str], str]]] = {
            "CreateComputeEnvironment": ("computeEnvironmentName", names.environment),
            "UpdateComputeEnvironment": ("computeEnvironment", names.environment),
            "DeleteComputeEnvironment": ("computeEnvironment", names.environment),
            "CreateJobQueue": ("jobQueueName", names.queue),
            "UpdateJobQueue": ("jobQueue", names.queue),
            "DeleteJobQueue": ("jobQueue", names.queue),
            "RegisterJobDefinition": ("jobDefinitionName", self._definition_arn),
            "DeregisterJobDefinition": ("jobDefinition", self._definition_arn),
            "SubmitJob": ("jobDefinition", self._with_revision),
            "CancelJob": ("jobId", names.job),
            "TerminateJob": ("jobId", names.job),
        }
        if "resourceArn" in request:
            return str(request["resourceArn"])
        member, arn = arns.get(operation, ("", str))
        return arn(last_part(str(request.get(member)))) if member else "*"

    def further_checks(self, operation: str, request: Record, body: bytes) -> Iterator[Check]:
        """What the caller must be allowed besides the operation on its resource."""
        action = f"batch:{operation}"
        context = iam_actions.request_tag_context("batch", action, body, {})
        if operation == "SubmitJob":
            yield Check(action, self._names.queue(last_part(str(request.get("jobQueue")))), context)
        for each in request.get("computeEnvironmentOrder") or []:
            name = last_part(str(each.get("computeEnvironment")))
            yield Check(action, self._names.environment(name), context)
        if request.get("tags") and operation != "TagResource":
            new = self._names.job("*") if operation == "SubmitJob" else None
            made = new or self.resource(operation, request)
            yield Check("batch:TagResource", made, context)
        yield from _passed_roles(request)

    def _find(self, method: str, path: str, body: bytes) -> str:
        try:
            return self.resource(*decode(method, path, body, {}))
        except BatchError:
            return "*"  # the operation itself says what is wrong

    def _definition_arn(self, name: str) -> str:
        return self._names.arn("job-definition", name)

    def _with_revision(self, reference: str) -> str:
        try:
            arn: str = definitions.find(self._store, reference)["jobDefinitionArn"]
        except BatchError:
            return self._definition_arn(reference)
        return arn

    def _all_tags(self) -> Iterator[tuple[str, list[Record]]]:
        for arn, found in tags.all_tags(self._store):
            yield arn, [{"Key": key, "Value": value} for key, value in found.items()]


def _passed_roles(request: Record) -> Iterator[Check]:
    """The roles that a request hands over, and to whom."""
    resources = request.get("computeResources") or {}
    container = request.get("containerProperties") or {}
    profile = str(resources.get("instanceRole") or "")
    given: list[tuple[Any, str]] = [(role, "ec2") for role in _roles_of_profile(profile)]
    given.append((request.get("serviceRole"), "batch"))
    given.append((resources.get("spotIamFleetRole"), "spotfleet"))
    given += [(container.get(key), "ecs-tasks") for key in ("jobRoleArn", "executionRoleArn")]
    return (pass_role(str(role), service) for role, service in given if role)


def _roles_of_profile(profile: str) -> list[str]:
    """The ARNs of the roles in an instance profile, which is named or given by its ARN."""
    with request_scope(ACCOUNT, REGION):
        found = iam._instance_profiles.get(last_part(profile)) or {"Roles": []}
        return [iam._roles[name]["Arn"] for name in found["Roles"] if name in iam._roles]
