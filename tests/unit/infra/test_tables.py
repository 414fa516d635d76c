"""The tables of the stack are those that the models write to and read from."""

import re
from pathlib import Path
from typing import Any

import pytest
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    KeysOnlyProjection,
    LocalSecondaryIndex,
)
from pynamodb.models import Model

import chalicelib
from chalicelib.core import db
from chalicelib.core.attributes import Expiry, Integer, MaybeExpiry, Text
from infra import tables

SERVICE = Path(chalicelib.__path__[0])


def _tables(resources: dict[str, Any]) -> dict[str, Any]:
    """Properties of each table, by the entity in its name."""
    found = {}
    for resource in resources.values():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            name = resource["Properties"]["TableName"]["Fn::Sub"]
            found[name.removeprefix("ramon-${Stage}-")] = resource["Properties"]
    return found


def test_each_table_that_the_code_names_is_in_the_stack(resources: dict[str, Any]) -> None:
    text = "".join(path.read_text() for path in SERVICE.rglob("*.py"))
    named = set(re.findall(r'table_name = db\.table\("(\w+)"\)', text))

    assert len(named) > 20
    assert set(_tables(resources)) == named


def test_each_index_that_the_code_names_is_an_index_of_its_table(
    resources: dict[str, Any],
) -> None:
    text = "".join(path.read_text() for path in SERVICE.rglob("*.py"))
    named = sorted(re.findall(r'index_name = "(\w+)"', text))
    made = [
        index["IndexName"]
        for table in _tables(resources).values()
        for index in table.get("GlobalSecondaryIndexes", [])
    ]

    assert sorted(made) == named


def test_every_key_has_a_type_and_every_typed_attribute_is_a_key(
    resources: dict[str, Any],
) -> None:
    for name, table in _tables(resources).items():
        schemas = [table["KeySchema"]]
        schemas += [index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", [])]
        keys = {key["AttributeName"] for schema in schemas for key in schema}
        typed = [each["AttributeName"] for each in table["AttributeDefinitions"]]

        assert keys == set(typed), name
        assert len(typed) == len(set(typed)), name
        for schema in schemas:
            assert [key["KeyType"] for key in schema] in (["HASH"], ["HASH", "RANGE"]), name


def test_what_expires_by_its_own_attribute_is_forgotten_by_its_table(
    resources: dict[str, Any],
) -> None:
    expiring = {
        name
        for name, table in _tables(resources).items()
        if table.get("TimeToLiveSpecification") == {"AttributeName": "expires_at", "Enabled": True}
    }

    assert expiring == {"sessions", "api_tokens", "rate_limits", "tickets", "uploads", "claims"}


def test_every_table_can_be_restored_and_outlives_the_stack(resources: dict[str, Any]) -> None:
    for resource in resources.values():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            recovery = resource["Properties"]["PointInTimeRecoverySpecification"]

            assert recovery == {"PointInTimeRecoveryEnabled": True}
            assert resource["DeletionPolicy"] == {"Ref": "DataDeletionPolicy"}
            assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> type[Model]:
    """A class that somebody adds to a feature's models."""

    class RowsOfDay(GlobalSecondaryIndex["Row"]):
        class Meta(db.BaseMeta):
            index_name = "by_day"
            projection = KeysOnlyProjection()

        day = Text(hash_key=True)
        at = Integer(range_key=True)

    class RowsOfOwner(GlobalSecondaryIndex["Row"]):
        class Meta(db.BaseMeta):
            index_name = "by_owner"
            projection = AllProjection()

        owner = Text(hash_key=True)

    class Row(Model):
        class Meta(db.BaseMeta):
            table_name = db.table("added_rows")
            point_in_time_recovery = False

        group = Text(hash_key=True, attr_name="g")
        at = Integer(range_key=True)
        day = Text()
        owner = Text()
        gone_at = MaybeExpiry()

        by_day = RowsOfDay()
        by_owner = RowsOfOwner()

    monkeypatch.setattr(tables, "models", lambda: [Row])
    return Row


def test_adding_a_table_is_adding_one_class(added: type[Model]) -> None:
    (made,) = tables.resources().items()

    assert made[0] == "AddedRowsTable"
    assert made[1]["Properties"] == {
        "TableName": {"Fn::Sub": "ramon-${Stage}-added_rows"},
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "g", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
            {"AttributeName": "day", "AttributeType": "S"},
            {"AttributeName": "owner", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "g", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_day",
                "KeySchema": [
                    {"AttributeName": "day", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "by_owner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            },
        ],
        "TimeToLiveSpecification": {"AttributeName": "gone_at", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False},
        "SSESpecification": {"SSEEnabled": True},
    }


def test_a_table_with_two_times_to_live_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Row(Model):
        class Meta(db.BaseMeta):
            table_name = db.table("twice")

        id = Text(hash_key=True)
        first = Expiry()
        second = Expiry()

    monkeypatch.setattr(tables, "models", lambda: [Row])

    with pytest.raises(tables.Unclear, match="twice has first, second"):
        tables.resources()


class _KeptFor(Model):
    """What several tables have in common; no table itself."""

    id = Text(hash_key=True)
    gone_at = Expiry()


def _refuses(monkeypatch: pytest.MonkeyPatch, model: type[Model], why: str) -> None:
    monkeypatch.setattr(tables, "models", lambda: [model])
    with pytest.raises(tables.Unclear, match=why):
        tables.resources()


def test_what_a_model_inherits_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Row(_KeptFor):
        class Meta(db.BaseMeta):
            table_name = db.table("derived")

    monkeypatch.setattr(tables, "models", lambda: [Row])
    (table,) = tables.resources().values()

    assert table["Properties"]["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["Properties"]["TimeToLiveSpecification"]["AttributeName"] == "gone_at"


def test_a_class_without_a_table_makes_none_and_derived_ones_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Row(_KeptFor):
        class Meta(db.BaseMeta):
            table_name = db.table("derived_rows")

    for each in (_KeptFor, Row):
        monkeypatch.setattr(each, "__module__", "chalicelib.added.models")

    found = tables.models()

    assert Row in found
    assert _KeptFor not in found


def test_two_models_of_one_table_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Row(_KeptFor):
        class Meta(db.BaseMeta):
            table_name = db.table("servers")

    monkeypatch.setattr(Row, "__module__", "chalicelib.added.models")

    with pytest.raises(tables.Unclear, match="2 models have the table servers"):
        tables.models()


def test_an_index_by_what_its_model_lacks_or_has_of_another_type_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class ByDay(GlobalSecondaryIndex["Row"]):
        class Meta(db.BaseMeta):
            index_name = "by_day"
            projection = AllProjection()

        day = Text(hash_key=True)

    class Row(Model):
        class Meta(db.BaseMeta):
            table_name = db.table("lacking")

        id = Text(hash_key=True)
        by_day = ByDay()

    class Mistyped(Model):
        class Meta(db.BaseMeta):
            table_name = db.table("mistyped")

        id = Text(hash_key=True)
        day = Integer()
        by_day = ByDay()

    _refuses(monkeypatch, Row, "lacking has no attribute day of the type that its index by_day")
    _refuses(monkeypatch, Mistyped, "mistyped has no attribute day of the type")


def test_a_local_index_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Here(LocalSecondaryIndex["Row"]):
        class Meta(db.BaseMeta):
            index_name = "here"
            projection = AllProjection()

        id = Text(hash_key=True)
        at = Integer(range_key=True)

    class Row(Model):
        class Meta(db.BaseMeta):
            table_name = db.table("local_rows")

        id = Text(hash_key=True)
        at = Integer()
        here = Here()

    _refuses(monkeypatch, Row, "local_rows has a local index")


def test_a_model_without_what_all_tables_share_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Row(Model):
        class Meta:
            table_name = db.table("bare_rows")

        id = Text(hash_key=True)

    monkeypatch.setattr(Row, "__module__", "chalicelib.added.models")

    with pytest.raises(tables.Unclear, match=r"Derive Row\.Meta from db\.BaseMeta"):
        tables.models()
