"""What a request costs in DynamoDB's units, by the rules of its documentation.

A write unit is 1 KiB of the larger of an item's old and new form, once more for every index that
changes, and double in a transaction. A read unit is 4 KiB of what is read (before any filter or
projection), half of that if the read is eventually consistent, and double in a transaction. A write
that its condition refuses costs what it would have cost the table.

ministack answers with the units of writes; reads it counts by the request, so they are weighed
here. Developer guide: "DynamoDB on-demand capacity mode", "Read and write operations",
"Condition expressions", "Transactions: how it works".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ministack.services import dynamodb

WRITE_UNIT = 1024
READ_UNIT = 4096
REFUSALS = ("ConditionalCheckFailedException", "TransactionCanceledException")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Used:
    """Units that one request took of one table, its indexes included."""

    table: str
    reads: float = 0.0
    writes: float = 0.0


def used(operation: str, request: Json, answer: Json, evaluated: int) -> Iterator[Used]:
    """The units of one request; must be asked for in ministack's scope of the request.

    request and answer: as on the wire; evaluated: bytes that a Query or Scan looked at.
    """
    if "__type" in answer:
        return _of_refused(request) if answer["__type"] in REFUSALS else iter(())
    if operation in ("Query", "Scan"):
        return iter([_read(request["TableName"], evaluated, request)])
    of_read = _READS.get(operation)
    return of_read(request) if of_read else _as_answered(answer)


def entry_bytes(item: Json, table: Json, index: str | None) -> int:
    """The size of an item as a table, or one of its indexes, holds it."""
    return item_bytes(dynamodb._apply_index_projection(item, table, index) if index else item)


def item_bytes(item: Json) -> int:
    """The size of a whole item, names included."""
    size: int = dynamodb._item_size_bytes(item)
    return size


def _read(table: str, size: int, request: Json) -> Used:
    weight = 1.0 if request.get("ConsistentRead") else 0.5
    return Used(table, reads=weight * _started(size, READ_UNIT))


def _of_get(request: Json) -> Iterator[Used]:
    yield _read(request["TableName"], _size(request), request)


def _of_gets(request: Json) -> Iterator[Used]:
    for table, wanted in request["RequestItems"].items():
        for key in wanted["Keys"]:
            yield _read(table, _size({"TableName": table, "Key": key}), wanted)


def _of_transaction(request: Json) -> Iterator[Used]:
    for member in request["TransactItems"]:
        units = 2.0 * _started(_size(member["Get"]), READ_UNIT)
        yield Used(member["Get"]["TableName"], reads=units)


_READS = {"GetItem": _of_get, "BatchGetItem": _of_gets, "TransactGetItems": _of_transaction}


def _as_answered(answer: Json) -> Iterator[Used]:
    told = answer.get("ConsumedCapacity") or []
    for each in told if isinstance(told, list) else [told]:
        units = each["CapacityUnits"]
        # A transaction that is repeated with its token only reads.
        if "ReadCapacityUnits" in each:
            yield Used(each["TableName"], reads=units)
        else:
            yield Used(each["TableName"], writes=units)


def _of_refused(request: Json) -> Iterator[Used]:
    if "TransactItems" not in request:
        yield Used(request["TableName"], writes=_started(_size(request), WRITE_UNIT))
        return
    for member in request["TransactItems"]:
        (write,) = member.values()
        yield Used(write["TableName"], writes=2.0 * _started(_size(write), WRITE_UNIT))


def _size(request: Json) -> int:
    """Bytes of the item that is there, or of the one that was to be written, if that is larger."""
    table = dynamodb._tables[request["TableName"]]
    new = request.get("Item", {})
    key = request.get("Key") or dynamodb._extract_key_from_item(table, new)
    there = dynamodb._get_item_by_key(table, key) or {}
    return max(item_bytes(there), item_bytes(new))


def _started(size: int, unit: int) -> float:
    """Units of which at least a part is used; a request for nothing costs one."""
    return float(max(1, -(-size // unit)))
