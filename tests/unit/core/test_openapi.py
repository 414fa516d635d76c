"""What programs can rely on in the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

import app as application
from chalicelib.core import openapi

WORDS = (
    "kind", "status", "state", "level", "reason", "purchase", "effective", "change", "method",
)  # fmt: skip
"""Fields whose values are from a closed set. An error's `code` and a catalogue's ids are not:
there are more of them with each feature, and with each thing that is sold."""

SENTENCES = {("KernelDeath", "reason"), ("FailedPackage", "reason")}
"""What is said to a person in free words."""


def test_a_field_with_a_closed_set_of_words_lists_them() -> None:
    schemas = _schemas()

    told = {
        (name, field): _words(schema, schemas)
        for name, one in schemas.items()
        for field, schema in one.get("properties", {}).items()
        if field in WORDS and (name, field) not in SENTENCES
    }

    assert len(told) > 20
    assert [where for where, words in told.items() if not words] == []


def test_a_list_of_scopes_names_those_that_there_are() -> None:
    schemas = _schemas()

    for holder in ("Token", "NewToken", "CreateToken"):
        of = schemas[holder]["properties"]["scopes"]["items"]
        assert "notebooks:write" in _words(of, schemas)


def _schemas() -> dict[str, Any]:
    assert application.app.routes
    schemas: dict[str, Any] = openapi.document()["components"]["schemas"]
    return schemas


def _words(schema: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    return [word for part in _parts(schema, schemas) for word in part.get("enum", ())]


def _parts(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    yield schema
    for one in schema.get("anyOf", ()):
        yield from _parts(one, schemas)
