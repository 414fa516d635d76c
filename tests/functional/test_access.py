"""Who may call what: every operation of the OpenAPI document, for everybody who should not.

Each operation is asked once by somebody without rights, so that a route without its check is found.
What the checks themselves refuse is tried kind by kind, on one operation of each kind of caller.
"""

import json
import re
from dataclasses import dataclass

import pytest
from chalice.test import Client

from tests.functional.clusters import WANTED, recorded_cluster
from tests.functional.conftest import Caller


@dataclass(frozen=True)
class Operation:
    """A row of the OpenAPI document."""

    method: str
    path: str
    security: frozenset[str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _operations() -> list[Operation]:
    with open("docs/openapi.json", encoding="utf-8") as file:  # noqa: PTH123
        paths = json.load(file)["paths"]
    return [
        Operation(
            method.upper(),
            path.removeprefix("/api"),
            frozenset(name for scheme in operation["security"] for name in scheme),
        )
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


OPERATIONS = _operations()
PROTECTED = [operation for operation in OPERATIONS if operation.security]
OF_PROGRAMS = [operation for operation in PROTECTED if operation.security & {"agent", "worker"}]
OF_ACCOUNTS = [operation for operation in PROTECTED if operation not in OF_PROGRAMS]
UNSAFE = [operation for operation in OF_ACCOUNTS if operation.method != "GET"]
ONE_OF_EACH = [
    next(operation for operation in PROTECTED if operation.security == security)
    for security in sorted({operation.security for operation in PROTECTED}, key=sorted)
]
"""An operation for each set of credentials that opens operations."""
OF_ONE_THING = [operation for operation in OF_ACCOUNTS if "{" in operation.path]

BODIES: dict[str, object] = {
    "/notebooks": {"name": "x"},
    "/uploads": {"filename": "a", "size": 1},
    "/me": {"name": "x"},
    "/me/tokens": {"name": "x", "scopes": ["notebooks:read"]},
    "/notebooks/{notebook_id}": {"name": "stolen"},
    "/notebooks/{notebook_id}/keep-running": {"until": None},
    "/notebooks/{notebook_id}/snapshots/{seq}/restore": {"paths": None},
    "/agent/stage": {"name": "booting"},
    "/agent/heartbeat": {
        "last_activity": "2026-01-01T00:00:00Z",
        "busy_kernels": 0,
        "kernels": 0,
        "memory_bytes": 0,
    },
    "/agent/tickets/redeem": {"ticket": "x"},
    "/agent/workspace/downloads": {"sha256": []},
    "/agent/workspace/uploads": {"blobs": []},
    "/agent/workspace/uploads/complete": {
        "sha256": "0" * 64,
        "size": 1,
        "upload_id": "x",
        "etags": ["x"],
    },
    "/agent/workspace/snapshots": {"parent": None},
    "/agent/clusters": WANTED,
    "/agent/clusters/{cluster_id}/scale": {"workers": 1},
    "/agent/clusters/{cluster_id}/report": {"joined": [], "clients": 0, "active": False},
    "/agent/clusters/{cluster_id}/saved": {"results": 0, "bytes": 0},
    "/agent/clusters/{cluster_id}/environment": {"python": "3.11"},
    "/worker/boot": {"job_id": "x"},
    "/worker/failed": {"code": "other", "message": "x"},
}


def _status(caller: Caller, operation: Operation, ids: dict[str, str] | None = None) -> int:
    path = re.sub(r"{(\w+)}", lambda found: (ids or {}).get(found[1], "nb_0"), operation.path)
    body = BODIES.get(operation.path, {})
    answer = caller.ask(operation.method, path, body, version=1)
    status: int = answer.status_code
    if status >= 400:
        assert set(json.loads(answer.body)["error"]) == {"code", "message", "details"}
    return status


@pytest.fixture(scope="module")
def things(owner: Caller) -> dict[str, str]:
    """One of everything that can be named in an address, and the owner's."""
    token = owner.told("POST", "/me/tokens", {"name": "t", "scopes": ["notebooks:read"]})
    session = owner.told("GET", "/me/sessions")["items"][0]
    return {
        "notebook_id": owner.told("POST", "/notebooks", {"name": "Mine"})["id"],
        "token_id": token["id"],
        "session_id": session["id"],
        "cluster_id": recorded_cluster(owner.told("GET", "/me")["id"]),
    }


@pytest.mark.parametrize("operation", PROTECTED, ids=str)
def test_a_signed_out_visitor_is_refused(operation: Operation, visitor: Caller) -> None:
    assert _status(visitor, operation) == 401


@pytest.mark.parametrize("operation", ONE_OF_EACH, ids=str)
@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "__Host-sid=ses_00000000000000000000000000.forged"},
        {"Cookie": "__Host-sid=" + "x" * 5000},
        {"Authorization": "Bearer rmn_forged"},
        {"Authorization": "Bearer srv_00000000000000000000000000.forged"},
        {"Authorization": "Bearer wk_00000000000000000000000000.forged"},
        {"Authorization": "Basic YTpi"},
    ],
    ids=[
        "forged session",
        "endless cookie",
        "forged token",
        "forged agent",
        "forged worker",
        "basic",
    ],
)
def test_forged_credentials_are_refused(
    operation: Operation, headers: dict[str, str], client: Client
) -> None:
    forged = Caller(client, {**headers, "Sec-Fetch-Site": "same-origin", "X-Ramon-Request": "1"})

    assert _status(forged, operation) == 401


def test_an_expired_session_is_refused(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.core import clock  # noqa: PLC0415  after the settings; see conftest

    moment = clock.seconds()
    monkeypatch.setattr(clock, "seconds", lambda: moment + 91 * 24 * 3600)

    assert owner.refused("GET", "/me")[0] == 401


@pytest.mark.parametrize("operation", OF_ONE_THING, ids=str)
def test_a_stranger_does_not_find_what_is_somebody_elses(
    operation: Operation, stranger: Caller, owner: Caller, things: dict[str, str]
) -> None:
    assert _status(stranger, operation, things) == 404
    assert owner.told("GET", f"/notebooks/{things['notebook_id']}")["name"] == "Mine"


def test_a_route_without_its_check_would_be_found(
    visitor: Caller,
    stranger: Caller,
    owner: Caller,
    things: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A test that can't fail proves nothing: the checks are taken out, and these two fail."""
    from chalicelib.core import access, db, http  # noqa: PLC0415  after the settings; see conftest
    from chalicelib.notebooks import service  # noqa: PLC0415  as above
    from chalicelib.notebooks.models import Notebook  # noqa: PLC0415  as above

    reading = Operation("GET", "/notebooks/{notebook_id}", frozenset({"session", "token"}))
    assert reading in OF_ONE_THING
    with monkeypatch.context() as patch:
        patch.setattr(http, "principal_of", lambda *_, **__: access.Principal("acc_anybody"))
        with pytest.raises(AssertionError):
            test_a_signed_out_visitor_is_refused(reading, visitor)
    with monkeypatch.context() as patch:
        patch.setattr(service, "read", lambda _, id_: db.read(Notebook, id_, "notebook"))
        with pytest.raises(AssertionError):
            test_a_stranger_does_not_find_what_is_somebody_elses(reading, stranger, owner, things)


@pytest.mark.parametrize("operation", OF_PROGRAMS, ids=str)
def test_a_persons_session_opens_no_programs_door(operation: Operation, owner: Caller) -> None:
    assert _status(owner, operation) == 401


@pytest.mark.parametrize("operation", UNSAFE, ids=str)
def test_a_request_of_another_site_changes_nothing(
    operation: Operation, owner: Caller, things: dict[str, str]
) -> None:
    elsewhere = Caller(
        owner.client,
        {
            "Cookie": owner.headers["Cookie"],
            "Sec-Fetch-Site": "cross-site",
            "X-Ramon-Request": "1",
        },
    )

    assert _status(elsewhere, operation, things) == 403
    assert owner.told("GET", f"/notebooks/{things['notebook_id']}")["name"] == "Mine"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-site", "X-Ramon-Request": "1"},
        {"Origin": "https://evil.example", "X-Ramon-Request": "1"},
        {"Sec-Fetch-Site": "same-origin"},
        {},
    ],
    ids=["same-site", "foreign origin", "no header of ours", "nothing"],
)
def test_a_request_that_does_not_show_that_it_is_ours_is_refused(
    headers: dict[str, str], owner: Caller
) -> None:
    elsewhere = Caller(owner.client, {"Cookie": owner.headers["Cookie"], **headers})

    assert elsewhere.refused("POST", "/notebooks", {"name": "x"})[0] == 403


def test_public_operations_are_the_ones_that_must_be() -> None:
    assert {str(operation) for operation in OPERATIONS if not operation.security} == {
        "GET /auth/github/callback",
        "GET /auth/github/start",
        "GET /docs",
        "GET /health",
        "GET /openapi.json",
        "GET /plans",
        "POST /webhooks/github",
        "POST /webhooks/stripe",
    }
