"""A name of a grant says all that it gives, and one that nobody knows is refused."""

from typing import Any

import pytest

from infra import grants
from infra.functions import functions
from infra.grants import UnknownGrant, statements


def _rights(grant: str) -> list[tuple[Any, Any]]:
    return [(each["Action"], each["Resource"]) for each in statements(grant)]


def test_operations_on_a_table_are_granted_on_that_table_alone() -> None:
    assert _rights("get, update servers") == [
        (["dynamodb:GetItem", "dynamodb:UpdateItem"], {"Fn::GetAtt": ["ServersTable", "Arn"]})
    ]


def test_an_index_is_granted_without_its_table() -> None:
    assert _rights("query servers.idle") == [
        (["dynamodb:Query"], {"Fn::Sub": "${ServersTable.Arn}/index/idle"})
    ]


def test_keeping_a_table_does_not_include_reading_all_of_it_at_once() -> None:
    ((actions, _),) = _rights("keep notebooks")

    assert "dynamodb:Scan" not in actions
    assert len(actions) == 7


def test_an_execution_is_granted_of_one_state_machine() -> None:
    (((action, resource)),) = _rights("execute stop_notebook")

    assert action == "states:StartExecution"
    assert resource["Fn::Sub"].endswith(":stateMachine:ramon-${Stage}-stop-notebook")


@pytest.mark.parametrize(
    ("grant", "hint"),
    [
        ("terminate job", "terminate jobs"),
        ("get server", "Did you mean servers"),
        ("query servers.by_notebooks", "servers has: by_live, by_notebook, idle, leases"),
        ("read servers", "there is no read. There are: keep, batch-get"),
        ("execute stop_everything", "There are: start_cluster"),
        ("GET servers", "There is no grant"),
        ("", "There is no grant"),
    ],
)
def test_an_unknown_grant_is_refused_with_what_there_is(grant: str, hint: str) -> None:
    with pytest.raises(UnknownGrant, match=hint):
        statements(grant)


def test_no_two_named_grants_share_the_name_of_a_statement() -> None:
    names = [each["Sid"] for granted in grants.NAMED.values() for each in granted]

    assert len(names) == len(set(names))


def test_every_named_grant_is_asked_for_by_somebody() -> None:
    asked = {right for function in functions() for right in function.declared.may}

    assert set(grants.NAMED) <= asked
