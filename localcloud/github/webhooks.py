"""Webhooks of the application: signed, and sent once. GitHub does not send them again by itself."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp

from localcloud.github.accounts import WEBHOOK_SECRET, Account
from localcloud.github.repositories import DEFAULT_BRANCH, Repository

ANSWER_SECONDS = 10.0
"""How long GitHub waits for an answer (docs, "Best practices for using webhooks")."""

NOTHING = "0" * 40
"""The id that stands for no commit."""


@dataclass(frozen=True)
class Webhooks:
    """Sends to the application's one address."""

    url: str
    web_base: str
    api_base: str

    async def revoked(self, account: Account) -> str:
        """`github_app_authorization`: somebody took the application's right away."""
        payload = {"action": "revoked", "sender": account.user(self.web_base)}
        return await self.send("github_app_authorization", payload)

    async def ping(self) -> str:
        """`ping`: the hook was made."""
        hook = {"type": "App", "id": 1, "active": True, "events": ["push"]}
        payload = {"zen": "Speak like a human.", "hook_id": 1, "hook": hook}
        return await self.send("ping", payload)

    async def pushed(self, repository: Repository, account: Account) -> str:
        """`push`: the repository's one commit came to its branch."""
        commit = {"id": repository.commit, "message": "Everything", "distinct": True}
        payload = {
            "ref": f"refs/heads/{DEFAULT_BRANCH}",
            "before": NOTHING,
            "after": repository.commit,
            "created": True,
            "deleted": False,
            "forced": False,
            "commits": [commit],
            "head_commit": commit,
            "repository": repository.record(self.api_base, self.web_base),
            "pusher": {"name": account.login, "email": account.email},
            "sender": account.user(self.web_base),
        }
        return await self.send("push", payload)

    async def send(self, event: str, payload: dict[str, Any]) -> str:
        """Send one; gives the answer's status, or what went wrong."""
        body = json.dumps(payload).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/stand-in",
            "X-GitHub-Delivery": str(uuid4()),
            "X-GitHub-Event": event,
            "X-Hub-Signature-256": signature(body),
        }
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.post(self.url, data=body, headers=headers) as answer,
            ):
                return str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"


def signature(body: bytes) -> str:
    """What proves that the body is GitHub's (docs, "Validating webhook deliveries")."""
    return f"sha256={hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()}"
