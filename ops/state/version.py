"""Which state this code needs, which one is there, and whether there is a way."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
"""The checkout."""

_VERSION, _SHAPES = "ramon:state", "ramon:state-shapes"
_UPGRADED_FROM, _COMMIT = "ramon:state-upgraded-from", "ramon:commit"
_DIGITS = 16


class Refused(Exception):
    """The state is not one that this code can use; the message says what there is, and why."""


class Needed(msgspec.Struct, frozen=True):
    """The state that this code reads and writes: `.chalice/state.json`."""

    version: int
    released: dict[int, str]
    """Fingerprints of released versions, by number."""

    documents: dict[str, str]
    tables: dict[str, str]

    @property
    def shapes(self) -> str:
        """The fingerprint of all shapes, as `infra.state.fingerprint` computes it."""
        text = json.dumps({"documents": self.documents, "tables": self.tables}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]

    @property
    def is_released(self) -> bool:
        """Whether this version's shapes stay as they are."""
        return self.version in self.released


class State(msgspec.Struct, frozen=True):
    """The state that is somewhere: who wrote it, and in which shapes."""

    version: int
    shapes: str
    commit: str
    """Of the checkout that wrote it; `unknown` where git did not tell."""

    upgraded_from: int | None = None
    """While an upgrade is under way: the version whose records may still be there."""

    @property
    def tags(self) -> dict[str, str]:
        """How a stack says it."""
        upgraded = {} if self.upgraded_from is None else {_UPGRADED_FROM: str(self.upgraded_from)}
        return {
            _VERSION: str(self.version),
            _SHAPES: self.shapes,
            _COMMIT: self.commit,
            **upgraded,
        }


def needed(root: Path = ROOT) -> Needed:
    """What the code of a checkout needs."""
    return msgspec.json.decode((root / ".chalice" / "state.json").read_bytes(), type=Needed)


def written_by(needed: Needed, commit: str, upgraded_from: int | None = None) -> State:
    """The state that code of a commit writes."""
    return State(needed.version, needed.shapes, commit, upgraded_from)


def from_tags(tags: Mapping[str, str]) -> State | None:
    """What a stack's tags say. None if it was deployed before states had versions."""
    version, upgraded = tags.get(_VERSION, ""), tags.get(_UPGRADED_FROM, "")
    if not version.isdecimal():
        return None
    return State(
        version=int(version),
        shapes=tags.get(_SHAPES, ""),
        commit=tags.get(_COMMIT, "unknown"),
        upgraded_from=int(upgraded) if upgraded.isdecimal() else None,
    )


def steps(there: State | None, wanted: Needed, upgrades: Mapping[int, object]) -> range:
    """The versions from which to upgrade, one after the other; none if all is as it should be.

    `there` is None where nobody wrote down a version. Raises `Refused` if there is no way.
    """
    if there is None:
        raise Refused("It was written before states had versions.")
    if there.version > wanted.version:
        raise Refused("It was written by newer code.")
    first = there.version if there.upgraded_from is None else there.upgraded_from
    if there.version == wanted.version and there.shapes != wanted.shapes:
        raise Refused(
            f"Version {wanted.version} was not released when it was written, and the shapes of its "
            "records have changed since."
        )
    if there.version < wanted.version and wanted.released.get(there.version) != there.shapes:
        raise Refused(f"It is of a form of version {there.version} that was never released.")
    way = range(first, wanted.version)
    if lacking := [version for version in way if version not in upgrades]:
        raise Refused(f"There is no upgrade from version {lacking[0]} to {lacking[0] + 1}.")
    return way
