"""Finds what CloudFormation refuses of tables that exist: more than one change of their indexes.

DynamoDB makes or deletes one global index of a table at a time, and CloudFormation does not take
them in turn: "Cannot perform more than one GSI creation or deletion in a single update"
(aws-cloudformation/cloudformation-coverage-roadmap#881). A table that is made has any number.
"""

import json
from collections.abc import Iterator
from typing import Any

_TABLE = "AWS::DynamoDB::Table"


def refused(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What can't be deployed at once over a stack with the resources `before`: a sentence each."""
    for name, table in after.items():
        old = before.get(name, {})
        if not _is_table(table) or not _is_table(old):
            continue
        changes = list(_changes(_indexes(old), _indexes(table)))
        if len(changes) > 1:
            yield (
                f"{name}: {', '.join(changes)}. CloudFormation makes or deletes one index of a "
                "table in a deployment: deploy them one after the other."
            )


def _is_table(resource: dict[str, Any]) -> bool:
    return resource.get("Type") == _TABLE


def _indexes(table: dict[str, Any]) -> dict[str, str]:
    """What each index is like, by its name."""
    found = table["Properties"].get("GlobalSecondaryIndexes", [])
    return {index["IndexName"]: json.dumps(index, sort_keys=True) for index in found}


def _changes(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """Each deletion and creation. An index that is changed is deleted and made again."""
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            if name in before:
                yield f"{name} is deleted"
            if name in after:
                yield f"{name} is made"
