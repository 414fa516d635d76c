"""What each feature keeps that must be looked after. `make check` finds one that is missing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chalicelib.clusters import audit as clusters_audit
from chalicelib.clusters import kept as clusters_kept
from chalicelib.metering.service import Finding
from chalicelib.notebooks import audit as notebooks_audit
from chalicelib.storage.service import Needed
from chalicelib.workspaces import kept as workspaces_kept


@dataclass(frozen=True, slots=True)
class Feature:
    """The functions of a feature's service that answer for one account.

    contents: hashes of the contents that it needs. Their bytes have one counter (`storage`).
    differing: what differs between its own records and what was billed, in a month ("2026-11").
    """

    name: str
    contents: Callable[[str], Needed] | None = None
    differing: Callable[[str, str], Iterator[Finding]] | None = None


FEATURES = (
    Feature("workspaces", contents=workspaces_kept.contents),
    Feature("notebooks", differing=notebooks_audit.differing),
    Feature("clusters", contents=clusters_kept.contents, differing=clusters_audit.differing),
)
"""Every feature that keeps contents or what is billed."""


def contents(account_id: str) -> Needed:
    """The hashes of all contents of an account that are needed."""
    kept = [feature.contents(account_id) for feature in FEATURES if feature.contents]
    return Needed(
        held=set().union(*(needed.held for needed in kept)),
        in_use=set().union(*(needed.in_use for needed in kept)),
        documents=dict(item for needed in kept for item in needed.documents.items()),
    )


def differing(account_id: str, month: str) -> Iterator[Finding]:
    """What differs between features' own records and what was billed to an account in a month."""
    for feature in FEATURES:
        if feature.differing:
            yield from feature.differing(account_id, month)
