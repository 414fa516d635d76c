"""The version of the state: of everything that the service stores and will read again.

Each change of a record's shape makes a new version, and brings the upgrade from the one before
(`ops/state/upgrades.py`). `.chalice/state.json` keeps a fingerprint of each table's shape, so that
no change goes unnoticed. CONTRIBUTING.md tells what to do when one is wanted.
"""

import hashlib
import json
from collections.abc import Iterator

import msgspec

from chalicelib.workspaces import schemas as workspaces
from infra import tables
from infra.cloudformation import Json

VERSION = 1
"""The version that the code reads and writes: a whole number, one more for each change."""

RELEASED: dict[int, str] = {}
"""The fingerprint of each version that was released, by its number; an entry never changes.

While VERSION is not in here, shapes may change, and `python -m infra` writes the new ones down;
state of this version with earlier shapes can't be upgraded. That command prints the fingerprint.
"""

_DIGITS = 16
"""Of a fingerprint; 64 bits tell apart far more shapes than there will be."""


def document() -> Json:
    """What `.chalice/state.json` says."""
    return {
        "version": VERSION,
        "released": {str(version): shapes for version, shapes in sorted(RELEASED.items())},
        "documents": {"manifest": _hash(_manifest())},
        "tables": {tables.entity(model): _hash(tables.shape(model)) for model in tables.models()},
    }


def fingerprint(written: Json) -> str:
    """Of all shapes that a document names; `ops.state` computes the same."""
    return _hash({"documents": written["documents"], "tables": written["tables"]})


def frozen(committed: Json | None) -> Iterator[str]:
    """Why the code can't be written down as it is: what was released would change.

    `committed` is the document as it was written last, by which it is told which table changed.
    """
    now = document()
    if VERSION in RELEASED and RELEASED[VERSION] != fingerprint(now):
        changed = ", ".join(_changed(committed or {}, now)) or "which ones, nobody wrote down"
        yield (
            f"the shape of records changed ({changed}), and version {VERSION} of the state is "
            f"released. Set VERSION = {VERSION + 1} in infra/state.py and add the upgrade from "
            f"{VERSION} to ops/state/upgrades.py (CONTRIBUTING.md, “Change a record's shape”)."
        )
    newest = max(RELEASED, default=0)
    if newest + 1 < VERSION:
        yield f"version {VERSION} of the state follows no released one: set VERSION to the next"
    if newest > VERSION:
        yield f"version {newest} of the state was released, and VERSION says {VERSION}"


def _manifest() -> Json:
    """The form of the documents that list a snapshot's files."""
    _, described = msgspec.json.schema_components([workspaces.Manifest])
    return {
        "version": workspaces.MANIFEST_VERSION,
        **{name: _fields(each["properties"]) for name, each in described.items()},
    }


def _fields(properties: Json) -> Json:
    return {name: _type(each) for name, each in properties.items()}


def _type(schema: Json) -> Json:
    """The type of a value, without bounds and defaults."""
    kept: Json = {key: schema[key] for key in ("type", "enum", "$ref") if key in schema}
    if "anyOf" in schema:
        kept["anyOf"] = [_type(each) for each in schema["anyOf"]]
    if "items" in schema:
        kept["items"] = _type(schema["items"])
    return kept


def _changed(before: Json, now: Json) -> list[str]:
    """The names of what two documents say different things about."""
    old = before.get("documents", {}) | before.get("tables", {})
    new = now["documents"] | now["tables"]
    return sorted(name for name in old | new if old.get(name) != new.get(name))


def _hash(value: Json) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
