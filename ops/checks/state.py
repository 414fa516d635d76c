"""Finds changes of stored records that have no version, and versions that have no upgrade."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from infra import state
from infra.__main__ import committed
from ops.checks.finding import Finding
from ops.state.upgrades import UPGRADES

_VERSIONS = "infra/state.py"
_UPGRADES = "ops/state/upgrades.py"


def findings(root: Path, upgrades: Mapping[int, object] = UPGRADES) -> Iterator[Finding]:
    """What is wrong with the version of the state. That its file is stale, `cloud` finds."""
    for what in state.frozen(committed(root / ".chalice")):
        yield Finding(_VERSIONS, 1, what)
    for version in range(1, state.VERSION):
        if version not in upgrades:
            yield Finding(_UPGRADES, 1, f"no upgrade from version {version} to {version + 1}")
    for version in sorted(upgrades):
        if version not in state.RELEASED:
            yield Finding(_UPGRADES, 1, f"an upgrade from {version}, which was never released")
