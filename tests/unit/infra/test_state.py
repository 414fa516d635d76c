"""Every change of what is stored changes the fingerprint of its shape, and nothing else does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pynamodb.attributes import ListAttribute, MapAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import Expiry, Instant, Integer, MaybeText, Text
from infra import state, tables
from infra.cloudformation import Json
from ops.state import version


class ByName(GlobalSecondaryIndex[Any]):
    class Meta(db.BaseMeta):
        index_name = "by_name"
        projection = KeysOnlyProjection()

    name = Text(hash_key=True)


class Rates(MapAttribute[str, Any]):
    hourly = Integer()


class OtherRates(MapAttribute[str, Any]):
    daily = Integer()


Made = Callable[[], Any]
"""Makes an attribute: one belongs to one model."""

BASE: dict[str, Made] = {"id": lambda: Text(hash_key=True), "name": Text, "rates": Rates}

CHANGES: dict[str, dict[str, Made]] = {
    "an attribute more": {"note": Text},
    "an attribute that may lack": {"name": MaybeText},
    "another type": {"name": Integer},
    "milliseconds in the place of a number": {"name": Instant},
    "a time to live": {"name": Expiry},
    "a name in the table that is not the code's": {"name": lambda: Text(attr_name="title")},
    "another key": {"id": Text, "name": lambda: Text(hash_key=True)},
    "a sort key": {"name": lambda: Text(range_key=True)},
    "an index": {"by_name": ByName},
    "other things in a map": {"rates": OtherRates},
    "a list in the place of text": {"name": lambda: ListAttribute(of=Rates)},
}


def _model(change: dict[str, Made], **meta: Any) -> type[Model]:
    attributes = {name: make() for name, make in (BASE | change).items()}
    meta = {"table_name": "ramon-local-things", **meta}
    return type("Thing", (Model,), {"Meta": type("Meta", (db.BaseMeta,), meta), **attributes})


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_records_shape_is_noticed(change: str) -> None:
    assert tables.shape(_model(CHANGES[change])) != tables.shape(_model({}))


def test_what_says_nothing_of_a_record_changes_no_shape() -> None:
    base = tables.shape(_model({}))

    assert tables.shape(_model({}, point_in_time_recovery=False)) == base
    assert tables.shape(_model({"__doc__": lambda: "A thing."})) == base
    assert tables.shape(_model({"name": lambda: Text(default="x")})) == base


def test_each_table_and_the_manifest_have_a_fingerprint() -> None:
    document = state.document()

    assert set(document["tables"]) == {tables.entity(model) for model in tables.models()}
    assert set(document["documents"]) == {"manifest"}
    assert len(set(document["tables"].values())) > 25


def test_another_format_of_manifests_is_another_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    before = state.document()["documents"]

    monkeypatch.setattr("chalicelib.workspaces.schemas.MANIFEST_VERSION", 99)

    assert state.document()["documents"] != before


def test_who_deploys_reads_the_fingerprint_that_was_written(tmp_path: Path) -> None:
    document = state.document()
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "state.json").write_text(json.dumps(document))

    read = version.needed(tmp_path)

    assert (read.version, read.shapes) == (state.VERSION, state.fingerprint(document))


def _released(monkeypatch: pytest.MonkeyPatch, number: int, shapes: str | None = None) -> Json:
    """The present shapes as version `number`, released with `shapes`, or with its own."""
    document = state.document()
    monkeypatch.setattr(state, "VERSION", number)
    monkeypatch.setattr(state, "RELEASED", {number: shapes or state.fingerprint(document)})
    return document


def test_while_a_version_is_not_released_its_shapes_may_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state, "RELEASED", {})
    written = state.document()
    written["tables"]["notebooks"] = "other"

    assert list(state.frozen(written)) == []


def test_a_released_version_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    written = _released(monkeypatch, 1)
    assert list(state.frozen(written)) == []

    monkeypatch.setattr(state, "RELEASED", {1: "as it was released"})
    written["tables"]["notebooks"] = "as it was released"
    [said] = state.frozen(written)

    assert "(notebooks)" in said
    assert "VERSION = 2" in said
    assert "ops/state/upgrades.py" in said


def test_a_new_version_may_change_what_the_released_one_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = _released(monkeypatch, 1, "as it was released")
    monkeypatch.setattr(state, "VERSION", 2)

    assert list(state.frozen(written)) == []


@pytest.mark.parametrize("number", [1, 4])
def test_versions_follow_one_another(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    _released(monkeypatch, 2)
    monkeypatch.setattr(state, "VERSION", number)

    [said] = state.frozen(None)

    assert f"{number}" in said
