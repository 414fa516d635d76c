"""The application in this process (Chalice's own client), on the deployed stack's tables."""

import json
import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest
from chalice.test import BaseClient, Client, HTTPResponse

from localcloud.testing import LocalCloud


@dataclass(frozen=True)
class Caller:
    """Somebody who sends requests with these headers."""

    client: Client
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | None = None,
        version: int | None = None,
    ) -> HTTPResponse:
        """One request; `body` is sent as JSON, `raw` as it is."""
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self.headers}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.client.http.request(method, path, headers=headers, body=content)

    def told(
        self, method: str, path: str, body: object = None, *, version: int | None = None
    ) -> Any:
        """One request that must succeed, and what it answers."""
        answer = self.ask(method, path, body, version=version)
        assert answer.status_code < 300, answer.body
        return json.loads(answer.body) if answer.body else None

    def refused(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None
    ) -> tuple[int, str]:
        """One request that must not succeed: its status and the error's code."""
        answer = self.ask(method, path, body, raw=raw)
        assert answer.status_code >= 400, answer.body
        return answer.status_code, str(json.loads(answer.body)["error"]["code"])


@pytest.fixture(scope="package")
def client(cloud: LocalCloud) -> Iterator[Client]:
    """The application, with the settings that its Lambda function has."""
    function = cloud.client("lambda").get_function_configuration(FunctionName="ramon-local-api")
    credentials = cloud.endpoint["credentials"]
    before = dict(os.environ)
    os.environ |= function["Environment"]["Variables"] | {
        "AWS_ENDPOINT_URL": cloud.endpoint["aws_endpoint_url"],
        "AWS_ACCESS_KEY_ID": credentials["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": credentials["secret_access_key"],
    }
    # Tables' names are fixed when the models are imported, so this comes after the settings.
    import app  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch, Client(app.app) as made:
        # It replaces `os.environ` for each request. Two requests side by side would leave a plain
        # dict there, which later tests' processes do not inherit.
        patch.setattr(BaseClient, "_patched_env_vars", lambda *_: nullcontext())
        yield made
    os.environ.clear()
    os.environ |= before


def signed_in(client: Client, github_id: int) -> Caller:
    from chalicelib.accounts import github, service  # noqa: PLC0415  as above

    profile = github.Profile(github_id, f"person-{github_id}", "A Person", None, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(github, "sign_in", lambda *_: profile)
        session = service.sign_in("code", "verifier", "tests")
    return Caller(
        client,
        {
            "Cookie": f"__Host-sid={session}",
            "Sec-Fetch-Site": "same-origin",
            "X-Ramon-Request": "1",
        },
    )


@pytest.fixture(scope="package")
def owner(client: Client) -> Caller:
    """Whose things the tests are about."""
    return signed_in(client, 1)


@pytest.fixture(scope="package")
def stranger(client: Client) -> Caller:
    """Somebody else, signed in."""
    return signed_in(client, 2)


@pytest.fixture(scope="package")
def visitor(client: Client) -> Caller:
    """Nobody in particular."""
    return Caller(client, {"Sec-Fetch-Site": "same-origin", "X-Ramon-Request": "1"})
