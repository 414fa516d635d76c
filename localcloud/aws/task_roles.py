"""Credentials of ECS tasks, by the container credentials endpoint that every SDK knows.

A task whose role has no policy gets none at all: such a role could do nothing anyway, and the
code in a notebook finds no credentials to try.
"""

import hmac
import json
import secrets
import time

from ministack.core.responses import request_scope
from ministack.services import iam

from localcloud.aws.sessions import Session
from localcloud.ecs.store import Task
from localcloud.settings import ACCOUNT, REGION

PATH = "/_localcloud/task-credentials/"
LIFETIME = 3600.0
"""Seconds that credentials are valid."""

RENEWED_BEFORE = 900.0
"""Seconds before their end at which new ones are given: SDKs ask from 15 minutes before on."""


class TaskRoles:
    """Grants tasks their roles and answers at the credentials endpoint."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._granted: dict[str, tuple[str, Task]] = {}
        self._sessions: dict[str, Session] = {}

    def environment(self, task: Task) -> dict[str, str]:
        """What a task needs to find the credentials of its role."""
        if not self._has_policies(task):
            return {}
        token = secrets.token_urlsafe(32)
        self._granted[task.id] = (token, task)
        return {
            "AWS_ENDPOINT_URL": self._endpoint_url,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self._endpoint_url}{PATH}{task.id}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
        }

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        """Status and body of a request to the endpoint."""
        task_id = path.removeprefix(PATH)
        token, task = self._granted.get(task_id, ("", None))
        if task is None or task.stopped or not hmac.compare_digest(token, authorization):
            return 403, b'{"code": "AccessDenied", "message": "not a running task of this cloud"}'
        session = self._session(task)
        return 200, json.dumps(session.document() | {"RoleArn": role_of(task)}).encode()

    def _session(self, task: Task) -> Session:
        session = self._sessions.get(task.id)
        if session is None or (session.expires_at or 0) < time.time() + RENEWED_BEFORE:
            session = Session.of_role(role_of(task), task.id, LIFETIME)
            self._sessions[task.id] = session
        return session

    def _has_policies(self, task: Task) -> bool:
        with request_scope(ACCOUNT, REGION):
            role = iam._roles.get(role_of(task).rsplit("/", 1)[-1]) or {}
        return bool(role.get("AttachedPolicies") or role.get("InlinePolicies"))


def role_of(task: Task) -> str:
    """The ARN of the role a task runs with, "" if it has none."""
    override: str = task.record["overrides"].get("taskRoleArn", "")
    return override or str(task.definition.get("taskRoleArn", ""))
