"""Which resource an ECS request is about, for IAM.

After the Service Authorization Reference, "Actions, resources, and condition keys for Amazon
Elastic Container Service". ministack takes the cluster for every request that names one; AWS
checks RunTask on the task definition with the key `ecs:cluster`, StopTask on the task, and
`iam:PassRole` on the roles.
"""

import json
from typing import Any

from ministack.core.router import extract_access_key_id

from localcloud.api_model import Record
from localcloud.aws.authorization import find_resources_by, pass_role
from localcloud.ecs import task_definitions
from localcloud.ecs.errors import EcsError
from localcloud.ecs.names import last_part
from localcloud.ecs.store import Store
from localcloud.ecs.wire import TARGET_PREFIX, Response, Wire, encode

PASSING = ("RunTask", "RegisterTaskDefinition", "CreateService", "UpdateService")
"""Operations that hand roles over to tasks."""


KINDS = {
    "RunTask": "definition",
    "StopTask": "task",
    "DescribeTasks": "task",
    "CreateService": "service",
    "UpdateService": "service",
    "DeleteService": "service",
    "DescribeClusters": "cluster",
    "DeleteCluster": "cluster",
    "TagResource": "any",
    "UntagResource": "any",
    "ListTagsForResource": "any",
}
"""What an operation is authorised on."""


class EcsAuthorization:
    """Replaces ministack's idea of an ECS request's resource, and checks PassRole."""

    def __init__(self, store: Store, wire: Wire) -> None:
        self._store = store
        self._wire = wire

    def install(self) -> None:
        """Take the place of ministack's own idea."""
        find_resources_by(
            "ecs",
            lambda _, __, headers, body: self.resource(_operation(headers), _decode(body)),
            lambda body: {"ecs:cluster": self._cluster_arn(_decode(body))},
        )

    def resource(self, operation: str, request: Record) -> str:
        """The ARN that a policy's Resource must match; `*` where an operation has none."""
        kind = KINDS.get(operation)
        return self._arn(kind, request) if kind else "*"

    def _arn(self, kind: str, request: Record) -> str:
        names, cluster = self._store.names, last_part(str(request.get("cluster") or "default"))
        tasks = [request.get("task"), *(request.get("tasks") or [])]
        service = request.get("service") or request.get("serviceName")
        arns = {
            "cluster": names.cluster(cluster),
            "definition": self._definition_arn(str(request.get("taskDefinition"))),
            "service": names.service(cluster, last_part(str(service))),
            "task": names.task(cluster, last_part(str(next(filter(None, tasks), "*")))),
            "any": str(request.get("resourceArn")),
        }
        return arns[kind]

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: Any
    ) -> Response:
        """Check that the caller may pass the roles, then let ECS answer."""
        if _operation(headers) in PASSING:
            access_key_id = extract_access_key_id(headers, query)
            for role in self._roles(_decode(body)):
                if not pass_role(role, "ecs-tasks").passes(access_key_id):
                    message = f"The caller is not authorized to perform: iam:PassRole on {role}"
                    error = {"__type": "AccessDeniedException", "message": message}
                    return encode(400, error)
        return await self._wire.handle(method, path, headers, body, query)

    def _roles(self, request: Record) -> set[str]:
        sources = [request, request.get("overrides") or {}]
        if "containerDefinitions" not in request and "taskDefinition" in request:
            try:
                definition = task_definitions.find(self._store, str(request["taskDefinition"]))
                sources.append(definition)
            except EcsError:
                pass  # the operation itself says so
        roles = {s.get(key) for s in sources for key in ("taskRoleArn", "executionRoleArn")}
        return {role for role in roles if isinstance(role, str) and role}

    def _definition_arn(self, reference: str) -> str:
        try:
            arn: str = task_definitions.find(self._store, reference)["taskDefinitionArn"]
        except EcsError:
            return self._store.names.arn("task-definition", last_part(reference))
        return arn

    def _cluster_arn(self, request: Record) -> str:
        return self._store.names.cluster(last_part(str(request.get("cluster") or "default")))


def _operation(headers: dict[str, str]) -> str:
    return headers.get("x-amz-target", "").removeprefix(TARGET_PREFIX)


def _decode(body: bytes) -> Record:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}
