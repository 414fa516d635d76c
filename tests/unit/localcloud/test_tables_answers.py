"""Tables in this process answer as the stand-in does over HTTP: the same requests through both."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud.tables import RESOURCES, definitions, tables
from localcloud.testing import LocalCloud

Request = tuple[str, dict[str, Any]]
Outcome = dict[str, Any]

NOTEBOOKS = "ramon-local-notebooks"


def notebook(n: int) -> dict[str, Any]:
    return {"id": {"S": f"nb_{n}"}, "account_id": {"S": "acc_1"}, "n": {"N": str(n)}}


def key(n: int) -> dict[str, Any]:
    return {"TableName": NOTEBOOKS, "Key": {"id": {"S": f"nb_{n}"}}}


def together(*writes: Request) -> Request:
    return "TransactWriteItems", {"TransactItems": [{kind: write} for kind, write in writes]}


PUT = {"TableName": NOTEBOOKS, "Item": notebook(1) | {"raw": {"B": b"\0\xff"}, "f": {"N": "1.50"}}}
NEW = {"ConditionExpression": "attribute_not_exists(id)"}
THERE = {"ConditionExpression": "attribute_exists(id)"}
TELL = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
ONE = {"ExpressionAttributeValues": {":one": {"N": "1"}}}
ADD = key(1) | ONE | {"UpdateExpression": "ADD n :one SET f = if_not_exists(f, :one)"}
MISTYPED = key(1) | ONE | {"UpdateExpression": "ADD account_id :one"}
OF_ACCOUNT = {
    "TableName": NOTEBOOKS,
    "IndexName": "by_account",
    "KeyConditionExpression": "account_id = :a",
    "ExpressionAttributeValues": {":a": {"S": "acc_1"}},
}
LARGE = OF_ACCOUNT | {
    "FilterExpression": "n > :n",
    "ExpressionAttributeValues": {":a": {"S": "acc_1"}, ":n": {"N": "3"}},
}
PUTS = [{"PutRequest": {"Item": notebook(n)}} for n in range(2, 9)]

SINGLE: list[Request] = [
    ("PutItem", PUT | NEW | {"ReturnConsumedCapacity": "INDEXES"}),
    ("PutItem", PUT | NEW),
    ("PutItem", PUT | NEW | TELL),
    ("PutItem", PUT | {"ReturnValues": "ALL_OLD"}),
    ("PutItem", {"TableName": NOTEBOOKS, "Item": {"account_id": {"S": "acc_1"}}}),
    ("PutItem", {"TableName": NOTEBOOKS, "Item": {"id": {"N": "1"}}}),
    ("GetItem", key(1) | {"ReturnConsumedCapacity": "TOTAL"}),
    ("GetItem", key(2)),
    ("GetItem", key(1) | {"TableName": "ramon-local-nothing"}),
    ("UpdateItem", ADD | {"ReturnValues": "ALL_NEW"}),
    ("UpdateItem", ADD | THERE | {"ReturnConsumedCapacity": "TOTAL"}),
    ("UpdateItem", MISTYPED),
    ("UpdateItem", ADD | key(2) | THERE),
    ("DeleteItem", key(1) | {"ReturnValues": "ALL_OLD"}),
    ("DeleteItem", key(1) | THERE),
]
MANY: list[Request] = [
    ("BatchWriteItem", {"RequestItems": {NOTEBOOKS: PUTS}}),
    ("BatchGetItem", {"RequestItems": {NOTEBOOKS: {"Keys": [key(2)["Key"], key(99)["Key"]]}}}),
    ("Query", OF_ACCOUNT),
    ("Query", OF_ACCOUNT | {"Limit": 3, "ScanIndexForward": False}),
    (
        "Query",
        OF_ACCOUNT | {"ExclusiveStartKey": {k: notebook(4)[k] for k in ("id", "account_id")}},
    ),
    ("Query", LARGE | {"Limit": 6}),
    ("Query", LARGE | {"Select": "COUNT"}),
    ("Query", OF_ACCOUNT | {"IndexName": "none"}),
    ("Scan", {"TableName": NOTEBOOKS, "ProjectionExpression": "id"}),
]
TRANSACTIONS: list[Request] = [
    together(("Put", PUT | NEW), ("Update", ADD | key(2)), ("Delete", key(3))),
    together(("Put", PUT | NEW), ("Update", ADD | key(2) | THERE), ("Delete", key(4))),
    together(("Put", PUT | NEW | TELL), ("ConditionCheck", key(3) | THERE), ("Delete", key(4))),
    together(("Update", MISTYPED), ("Delete", key(4))),
    together(("Update", ADD), ("Delete", key(1))),
    ("TransactGetItems", {"TransactItems": [{"Get": key(1)}, {"Get": key(3)}, {"Get": key(4)}]}),
    ("TransactWriteItems", {"TransactItems": []}),
]
KNOWN = together(("Put", PUT), ("Update", ADD | key(2)))[1] | {"ClientRequestToken": "token-1"}
REPEATED: list[Request] = [
    ("TransactWriteItems", KNOWN),
    ("UpdateItem", ADD),
    ("TransactWriteItems", KNOWN),
    ("TransactGetItems", {"TransactItems": [{"Get": key(1)}, {"Get": key(2)}]}),
    ("TransactWriteItems", KNOWN | together(("Delete", key(4)))[1]),
]
SCENARIO = SINGLE + MANY + TRANSACTIONS + REPEATED


def outcome(asked: BaseClient, operation: str, request: dict[str, Any]) -> Outcome:
    """What a caller sees, without what differs from one time to the next."""
    call = vars(BaseClient)["_make_api_call"]  # asked at each time: it is what is exchanged
    try:
        answer: Outcome = call(asked, operation, request)
    except ClientError as error:
        answer = error.response | {"raised": type(error).__name__, "said": str(error)}
    return answer | {"ResponseMetadata": answer["ResponseMetadata"]["HTTPStatusCode"]}


def outcomes(endpoint: str, access_key: str, secret_key: str) -> list[Outcome]:
    asked = botocore.session.get_session().create_client(
        "dynamodb",
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        # As PynamoDB has it: what is wrong with a request is for DynamoDB to say.
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )
    return [outcome(asked, *request) for request in SCENARIO]


@pytest.fixture(scope="module")
def over_http(cloud: LocalCloud) -> Iterator[list[Outcome]]:
    administrator = cloud.client("dynamodb")
    made = list(definitions(RESOURCES, "local"))
    for definition in made:
        administrator.create_table(**definition)
    keys = cloud.endpoint["credentials"]
    yield outcomes(
        cloud.endpoint["aws_endpoint_url"], keys["access_key_id"], keys["secret_access_key"]
    )
    for definition in made:
        administrator.delete_table(TableName=definition["TableName"])


@pytest.fixture(scope="module")
def in_process() -> list[Outcome]:
    with tables():
        return outcomes("http://127.0.0.1:1", "test", "test")


@pytest.mark.parametrize("step", range(len(SCENARIO)), ids=lambda n: f"{n}-{SCENARIO[n][0]}")
def test_a_request_has_the_same_outcome_in_both(
    step: int, over_http: list[Outcome], in_process: list[Outcome]
) -> None:
    assert in_process[step] == over_http[step]


def test_the_requests_meet_every_kind_of_outcome(in_process: list[Outcome]) -> None:
    raised = {each.get("raised") for each in in_process}

    assert raised == {
        None,
        "ConditionalCheckFailedException",
        "IdempotentParameterMismatchException",
        "ClientError",
        "ResourceNotFoundException",
        "TransactionCanceledException",
    }
