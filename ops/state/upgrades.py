"""The ways from each version of the state to the next. CONTRIBUTING.md tells how to add one.

An upgrade runs after the new stack is deployed, while the service is in use: until it has come to
its end, the code reads records of both shapes. It can be cut off anywhere and runs again from the
beginning; so what is done already is left as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.cloud import Cloud

Item = dict[str, Any]
"""A row as DynamoDB gives it: `{"id": {"S": "nb_…"}}`."""

_PAGE = 500
"""Rows that are read at a time; one request gives 1 MB at most."""


@dataclass(frozen=True)
class Place:
    """Where an upgrade works: the tables and the bucket of one stage."""

    cloud: Cloud
    stage: str
    say: Callable[[str], None]
    """Prints a line for the person who waits."""

    def table(self, entity: str) -> str:
        """The name of an entity's table, such as `ramon-prod-notebooks`."""
        return f"ramon-{self.stage}-{entity}"

    def rows(self, entity: str) -> Iterator[Item]:
        """All rows of a table, page by page; consistent reads."""
        pages = self.cloud.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(
            TableName=self.table(entity),
            ConsistentRead=True,
            PaginationConfig={"PageSize": _PAGE},
        ):
            yield from page["Items"]


@dataclass(frozen=True)
class Upgrade:
    """The way from one version to the next."""

    says: str
    """What changes, for the person who waits: `servers know their payer`."""

    run: Callable[[Place], None]
    """Does it. Idempotent: it may be cut off anywhere, and be run again."""


UPGRADES: Mapping[int, Upgrade] = {}
"""Each upgrade, by the version that it starts from."""


def run(place: Place, versions: Iterable[int]) -> None:
    """Upgrade from each of these versions to the next."""
    for version in versions:
        upgrade = UPGRADES[version]
        place.say(f"state: from version {version} to {version + 1}: {upgrade.says}")
        upgrade.run(place)
