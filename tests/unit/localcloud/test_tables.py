"""Tables in this process: what the service asks of DynamoDB, answered without a server."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from pynamodb.exceptions import PutError

from chalicelib.core import clock, db
from chalicelib.notebooks.models import Notebook
from localcloud.settings import PROJECT_ROOT
from localcloud.tables import Call, Tables, tables
from tests.support import free_port

NOTEBOOKS = "ramon-local-notebooks"
KEY = {"id": {"S": "nb_1"}}
KIB = 1024


@pytest.fixture
def dynamodb() -> Iterator[Tables]:
    with tables() as there:
        yield there


def notebook(name: str, *, account: str = "acc_1", title: str = "Notes") -> Notebook:
    now = clock.now().replace(microsecond=0)
    return Notebook(
        id=name,
        account_id=account,
        name=title,
        size="small",
        idle_minutes=60,
        source_kind="empty",
        state="stopped",
        state_since=now,
        created_at=now,
        updated_at=now,
    )


def save_new(*names: str) -> None:
    with db.transaction() as writes:
        for name in names:
            writes.save(name, notebook(name), Notebook.id.does_not_exist())


def client(endpoint: str = "http://127.0.0.1:1") -> Any:
    session = botocore.session.get_session()
    once = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    return session.create_client("dynamodb", endpoint_url=endpoint, config=once)


# --- What the service does with its tables --------------------------------------------------------


def test_an_item_is_found_as_it_was_saved(dynamodb: Tables) -> None:
    saved = notebook("nb_1")

    saved.save(Notebook.id.does_not_exist())

    found = Notebook.get("nb_1", consistent_read=True)
    assert found.attribute_values == saved.attribute_values
    assert [each.id for each in Notebook.by_account.query("acc_1")] == ["nb_1"]


def test_a_condition_that_does_not_hold_refuses_a_write(dynamodb: Tables) -> None:
    notebook("nb_1").save()

    with pytest.raises(PutError) as refused:
        notebook("nb_1", title="Other").save(Notebook.id.does_not_exist())

    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    assert Notebook.get("nb_1").name == "Notes"


def test_a_missing_item_is_told_as_such(dynamodb: Tables) -> None:
    with pytest.raises(db.DoesNotExist):
        Notebook.get("nb_1")


def test_a_transaction_is_written_whole(dynamodb: Tables) -> None:
    save_new("nb_1", "nb_2")

    assert {each.id for each in Notebook.scan()} == {"nb_1", "nb_2"}


def test_a_refused_transaction_names_its_writes_and_leaves_nothing(dynamodb: Tables) -> None:
    notebook("nb_2").save()

    with pytest.raises(db.Refused) as refused:
        save_new("nb_1", "nb_2")

    assert refused.value.failed == {"nb_2"}
    assert [each.id for each in Notebook.scan()] == ["nb_2"]


def test_a_repeated_transaction_is_known_by_its_token_though_its_items_have_changed(
    dynamodb: Tables,
) -> None:
    asked, one = client(), {":one": {"N": "1"}}
    add = {"TableName": NOTEBOOKS, "Key": KEY, "UpdateExpression": "ADD n :one"}
    add["ExpressionAttributeValues"] = one
    made = [{"Put": {"TableName": NOTEBOOKS, "Item": KEY | {"n": {"N": "1"}}}}]

    for _ in range(2):
        asked.transact_write_items(TransactItems=made, ClientRequestToken="token")
        asked.update_item(**add)

    assert asked.get_item(TableName=NOTEBOOKS, Key=KEY)["Item"]["n"] == {"N": "3"}


def test_an_item_does_not_change_with_what_it_was_made_of(dynamodb: Tables) -> None:
    tags = [{"S": "one"}]
    asked = client()
    asked.put_item(TableName=NOTEBOOKS, Item=KEY | {"tags": {"L": tags}})

    tags.append({"S": "two"})
    asked.get_item(TableName=NOTEBOOKS, Key=KEY)["Item"]["tags"]["L"].clear()

    assert asked.get_item(TableName=NOTEBOOKS, Key=KEY)["Item"]["tags"] == {"L": [{"S": "one"}]}


def test_threads_do_not_lose_each_others_writes(dynamodb: Tables) -> None:
    notebook("nb_1").save()

    def count() -> None:
        for _ in range(50):
            notebook("nb_1").update([Notebook.files.add(1)])

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Notebook.get("nb_1").files == 200
    assert dynamodb.calls["UpdateItem"] == 200


# --- What it costs --------------------------------------------------------------------------------


def put(asked: Any, name: str, size: int, **more: Any) -> None:
    """An item of `size` bytes that is in no index."""
    text = "x" * (size - len("id") - len(name) - len("text"))
    asked.put_item(TableName=NOTEBOOKS, Item={"id": {"S": name}, "text": {"S": text}}, **more)


@pytest.mark.parametrize(("size", "units"), [(20, 1), (KIB, 1), (KIB + 1, 2), (10 * KIB, 10)])
def test_a_write_costs_a_unit_for_every_kib_begun(
    dynamodb: Tables, size: int, units: float
) -> None:
    put(client(), "nb_1", size)

    assert dynamodb.writes == {("PutItem", NOTEBOOKS): units}


def test_a_smaller_item_costs_what_the_larger_did(dynamodb: Tables) -> None:
    put(client(), "nb_1", 3 * KIB)
    put(client(), "nb_1", 20)

    assert dynamodb.writes == {("PutItem", NOTEBOOKS): 6}


def test_every_index_that_holds_the_item_costs_as_much_again(dynamodb: Tables) -> None:
    notebook("nb_1").save()

    assert dynamodb.writes == {("PutItem", NOTEBOOKS): 2}


def test_a_write_in_a_transaction_costs_double(dynamodb: Tables) -> None:
    items = [{"id": {"S": name}} for name in ("nb_1", "nb_2", "nb_3")]
    writes = [{"Put": {"TableName": NOTEBOOKS, "Item": item}} for item in items]

    client().transact_write_items(TransactItems=writes)

    assert dynamodb.writes == {("TransactWriteItems", NOTEBOOKS): 6}


def test_a_refused_write_costs_what_it_would_have_cost(dynamodb: Tables) -> None:
    put(client(), "nb_1", 3 * KIB)
    once = {"ConditionExpression": "attribute_not_exists(id)"}
    write = {"TableName": NOTEBOOKS, "Item": KEY, **once}

    with pytest.raises(ClientError):
        put(client(), "nb_1", 2 * KIB, **once)
    with pytest.raises(ClientError):
        client().transact_write_items(TransactItems=[{"Put": write}])

    assert dynamodb.writes == {("PutItem", NOTEBOOKS): 6, ("TransactWriteItems", NOTEBOOKS): 6}


@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [(20, True, 1), (20, False, 0.5), (4 * KIB + 1, True, 2), (4 * KIB + 1, False, 1)],
)
def test_a_read_costs_by_four_kib_and_half_if_it_may_be_old(
    dynamodb: Tables, size: int, consistent: bool, units: float
) -> None:
    put(client(), "nb_1", size)

    client().get_item(
        TableName=NOTEBOOKS, Key=KEY, ConsistentRead=consistent, ProjectionExpression="id"
    )

    assert dynamodb.reads == {("GetItem", NOTEBOOKS): units}


def test_reading_nothing_costs_too(dynamodb: Tables) -> None:
    client().get_item(TableName=NOTEBOOKS, Key=KEY)
    list(Notebook.by_account.query("acc_1"))

    assert dynamodb.reads == {("GetItem", NOTEBOOKS): 0.5, ("Query", NOTEBOOKS): 0.5}


def test_a_query_costs_what_it_looks_at_and_not_what_it_gives(dynamodb: Tables) -> None:
    for n in range(10):
        notebook(f"nb_{n}", title="x" * 4 * KIB).save()

    found = list(Notebook.by_account.query("acc_1", filter_condition=Notebook.name == "y"))

    assert found == []
    # Ten names of 4 KiB and some hundred bytes beside each: more than ten units, at half price.
    assert dynamodb.reads == {("Query", NOTEBOOKS): 11 / 2}


def test_an_index_of_keys_is_as_cheap_as_its_keys(dynamodb: Tables) -> None:
    for n in range(10):
        deleted = notebook(f"nb_{n}", title="x" * 4 * KIB)
        deleted.purge_shard, deleted.purge_at = "0", n
        deleted.save()

    assert len(list(Notebook.purgeable.query("0"))) == 10

    assert dynamodb.reads == {("Query", NOTEBOOKS): 0.5}


def test_many_reads_at_once_cost_as_much_as_one_by_one(dynamodb: Tables) -> None:
    for name in ("nb_1", "nb_2"):
        put(client(), name, 5 * KIB)
    gets = [{"Get": {"TableName": NOTEBOOKS, "Key": KEY}}]

    list(Notebook.batch_get(["nb_1", "nb_2"], attributes_to_get=["id"]))
    client().transact_get_items(TransactItems=gets)

    assert dynamodb.reads == {("BatchGetItem", NOTEBOOKS): 2, ("TransactGetItems", NOTEBOOKS): 4}


def test_a_transaction_repeated_with_its_token_reads_and_writes_nothing(dynamodb: Tables) -> None:
    change = {
        "TableName": NOTEBOOKS,
        "Key": KEY,
        "UpdateExpression": "ADD files :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    for _ in range(2):
        client().transact_write_items(
            TransactItems=[{"Update": change}], ClientRequestToken="the same"
        )

    assert client().get_item(TableName=NOTEBOOKS, Key=KEY)["Item"]["files"] == {"N": "1"}
    assert dynamodb.writes == {("TransactWriteItems", NOTEBOOKS): 2}
    assert dynamodb.reads["TransactWriteItems", NOTEBOOKS] == 2


# --- When something goes wrong --------------------------------------------------------------------


def lost(call: Call) -> None:
    if call.operation in ("PutItem", "TransactWriteItems"):
        raise ReadTimeoutError(endpoint_url="dynamodb")


def test_a_request_that_never_arrives_writes_nothing(dynamodb: Tables) -> None:
    dynamodb.before = lost

    with pytest.raises(PutError):
        notebook("nb_1").save()

    assert Notebook.count() == 0
    assert dynamodb.calls["PutItem"] == 0


def test_a_request_whose_answer_is_lost_is_done(dynamodb: Tables) -> None:
    dynamodb.after = lost

    with pytest.raises(PutError):
        notebook("nb_1").save()

    assert Notebook.count() == 1


def test_somebody_else_may_be_faster(dynamodb: Tables) -> None:
    dynamodb.before = lambda call: notebook("nb_1", title="Theirs").save()

    with pytest.raises(PutError) as refused:
        notebook("nb_1", title="Ours").save(Notebook.id.does_not_exist())

    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    assert Notebook.get("nb_1").name == "Theirs"


def test_after_a_reset_all_is_as_at_the_beginning(dynamodb: Tables) -> None:
    notebook("nb_1").save()
    dynamodb.before = lost

    dynamodb.reset()

    assert (dynamodb.reads, dynamodb.writes, dynamodb.calls) == ({}, {}, {})
    assert Notebook.count() == 0
    assert list(Notebook.by_account.query("acc_1")) == []
    notebook("nb_1").save()


# --- Round about it -------------------------------------------------------------------------------


def test_afterwards_clients_ask_the_network_again() -> None:
    asked = client(f"http://127.0.0.1:{free_port()}")
    with tables():
        assert asked.list_tables()["TableNames"]

    with pytest.raises(EndpointConnectionError):
        asked.list_tables()


def test_each_context_begins_with_empty_tables() -> None:
    for _ in range(2):
        with tables():
            assert Notebook.count() == 0
            notebook("nb_1").save()


def test_other_services_are_left_alone(dynamodb: Tables) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    once = Config(retries={"total_max_attempts": 1})
    session = botocore.session.get_session()
    other: Any = session.create_client("s3", endpoint_url=nowhere, config=once)

    with pytest.raises(EndpointConnectionError):
        other.list_buckets()


def test_a_table_whose_name_is_not_understood_is_refused(tmp_path: Path) -> None:
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Fn::Sub": "${Odd}"}}}
    (tmp_path / "resources.json").write_text(json.dumps({"Resources": {"Odd": table}}))

    with (
        pytest.raises(ValueError, match="depends on more than the stage"),
        tables(resources=tmp_path / "resources.json"),
    ):
        pass


def test_it_brings_nothing_but_dynamodb_of_the_stand_in() -> None:
    program = "import sys, localcloud.tables; print(*(m for m in sys.modules if 'stack.' in m))"

    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    services = {name for name in said.stdout.split() if name.startswith("ministack.services.")}
    assert services == {"ministack.services.dynamodb", "ministack.services._dynamodb_keywords"}
    assert "ministack.core.persistence" not in said.stdout
