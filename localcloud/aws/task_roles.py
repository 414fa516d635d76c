"""Credentials of ECS tasks and Batch jobs, by the container credentials endpoint of every SDK.

What runs with a role that has no policy gets none at all: such a role could do nothing anyway, and
the code in a notebook finds no credentials to try.
"""

import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ministack.core.responses import request_scope
from ministack.services import iam

from localcloud.aws.sessions import Session
from localcloud.batch.store import Job
from localcloud.ecs.store import Task
from localcloud.settings import ACCOUNT, REGION

PATH = "/_localcloud/task-credentials/"
LIFETIME = 3600.0
"""Seconds that credentials are valid."""

RENEWED_BEFORE = 900.0
"""Seconds before their end at which new ones are given: SDKs ask from 15 minutes before on."""


@dataclass
class Grant:
    """A role that a container may use for as long as it runs."""

    role: str
    has_ended: Callable[[], bool]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: Session | None = None


class TaskRoles:
    """Grants roles and answers at the credentials endpoint."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._grants: dict[str, Grant] = {}

    def of_task(self, task: Task) -> dict[str, str]:
        """What an ECS task needs to find the credentials of its role."""
        override: str = task.record["overrides"].get("taskRoleArn", "")
        role = override or str(task.definition.get("taskRoleArn", ""))
        return self._environment(task.id, Grant(role, lambda: task.stopped))

    def of_job(self, job: Job) -> dict[str, str]:
        """What a Batch job needs to find the credentials of its role."""
        role = str(job.record["container"].get("jobRoleArn", ""))
        return self._environment(job.file_name, Grant(role, lambda: job.ended))

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        """Status and body of a request to the endpoint."""
        holder = path.removeprefix(PATH)
        grant = self._grants.get(holder)
        if grant is None or grant.has_ended() or not _same(grant.token, authorization):
            return 403, b'{"code": "AccessDenied", "message": "not a running task of this cloud"}'
        session = _renewed(grant, holder)
        return 200, json.dumps(session.document() | {"RoleArn": grant.role}).encode()

    def _environment(self, holder: str, grant: Grant) -> dict[str, str]:
        if not _has_policies(grant.role):
            return {}
        self._grants[holder] = grant
        return {
            "AWS_ENDPOINT_URL": self._endpoint_url,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self._endpoint_url}{PATH}{holder}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": grant.token,
        }


def _same(token: str, given: str) -> bool:
    return hmac.compare_digest(token.encode(), given.encode())


def _renewed(grant: Grant, holder: str) -> Session:
    """The grant's session, a new one if its end is near."""
    session = grant.session
    if session is None or (session.expires_at or 0) < time.time() + RENEWED_BEFORE:
        session = grant.session = Session.of_role(grant.role, holder, LIFETIME)
    return session


def _has_policies(role: str) -> bool:
    with request_scope(ACCOUNT, REGION):
        found = iam._roles.get(role.rsplit("/", 1)[-1]) or {}
    return bool(found.get("AttachedPolicies") or found.get("InlinePolicies"))
