"""Whatever fits the OpenAPI document, or just doesn't, is answered as the document says."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from chalice.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from localcloud.testing import LocalCloud
from tests.functional.clusters import recorded_cluster, recorded_worker
from tests.functional.conftest import Caller, signed_in

SCHEMA = schemathesis.openapi.from_path("docs/openapi.json")
CHECKS = [
    not_a_server_error,
    response_schema_conformance,
    content_type_conformance,
    status_code_conformance,
]
ENDS_THE_SESSION = "/api/auth/sign-out"


@pytest.fixture(scope="module")
def somebody(client: Client) -> Caller:
    """An account of their own, because everything is done to it."""
    return signed_in(client, 500)


@pytest.fixture(scope="module")
def agent(somebody: Caller) -> Iterator[dict[str, str]]:
    """The headers of an agent whose server is on record."""
    from chalicelib.core import ids  # noqa: PLC0415  after the settings; see conftest
    from chalicelib.notebooks import lifecycle, service  # noqa: PLC0415

    notebook_id = somebody.told("POST", "/notebooks", {"name": "Fuzzed"})["id"]
    notebook = service.read(somebody.told("GET", "/me")["id"], notebook_id)
    secret = ids.new_secret()
    server = lifecycle.admit(notebook, 10, ids.digest(secret))
    yield {"Authorization": f"Bearer {server.id}.{secret}"}
    lifecycle.ended(lifecycle.read_server(server.id), None)


@pytest.fixture(scope="module")
def worker(somebody: Caller) -> dict[str, str]:
    """The headers of a worker whose job is on record."""
    account_id = somebody.told("GET", "/me")["id"]
    _, token = recorded_worker(account_id, recorded_cluster(account_id, is_live=True))
    return {"Authorization": f"Bearer {token}"}


@SCHEMA.exclude(path_regex=f"^{ENDS_THE_SESSION}").parametrize()
@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_operation_answers_as_its_document_says(
    case: schemathesis.Case[Any],
    cloud: LocalCloud,
    somebody: Caller,
    agent: dict[str, str],
    worker: dict[str, str],
) -> None:
    of_programs = {"agent": agent, "worker": worker}
    headers = of_programs.get(case.path.split("/")[2], somebody.headers)

    case.call_and_validate(
        base_url=cloud.app_origin, headers=headers, checks=CHECKS, allow_redirects=False
    )
