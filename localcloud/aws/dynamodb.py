"""ministack's DynamoDB in this very process: tables, and answers to single requests.

Nothing else of ministack is imported, no port is opened, and nothing touches the disk: its
DynamoDB keeps everything in memory, and saving belongs to the server, which does not run here.
"""

import json
import threading
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec
from ministack.core import responses
from ministack.core.responses import request_scope
from ministack.services import dynamodb

from localcloud.aws import capacity, expressions, transaction_tokens
from localcloud.aws.capacity import Json, Used
from localcloud.settings import ACCOUNT, REGION

TARGET = "DynamoDB_20120810"
"""What stands before an operation's name on the wire."""

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
DATA = WRITES | {"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"}
"""Operations on items; their answers hold no times."""

BINARY = (b'"B"', b'"BS"')
"""Where an answer holds binary values, which the wire spells in base64."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What DynamoDB says to one request."""

    status: int
    value: Json
    """The body, decoded."""

    plain: bool
    """Whether every value of it is what a client gives its caller, with nothing left to parse."""

    used: list[Used]


class Engine:
    """The tables of one context. Requests of several threads are answered one after the other."""

    def __init__(self, tables: Iterable[Json], *, weighs: bool = True) -> None:
        """tables: requests of CreateTable.

        weighs: whether to tell what each request used, and to refuse items that are too large.
        """
        self._definitions = list(tables)
        self._weighs = weighs
        self._lock = threading.RLock()
        self._evaluated = 0
        expressions.remember()
        transaction_tokens.install()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have the tables for a while. Raises ValueError if one can't be made."""
        try:
            for definition in self._definitions:
                answer = self.answer("CreateTable", definition)
                if answer.status != 200:
                    raise ValueError(f"{definition['TableName']}: {answer.value}")
            with self._weighing() if self._weighs else _light():
                yield
        finally:
            self._drop()

    def answer(self, operation: str, request: Json) -> Answer:
        """Do what is asked, as the server would."""
        told = request
        is_silent = request.get("ReturnConsumedCapacity", "NONE") == "NONE"
        unasked = self._weighs and operation in WRITES and is_silent
        if unasked:
            told = request | {"ReturnConsumedCapacity": "TOTAL"}
        # A copy, as the wire makes one: no later change of the caller's reaches an item.
        body = msgspec.json.encode(told)
        headers = {"x-amz-target": f"{TARGET}.{operation}"}
        with self._lock, request_scope(ACCOUNT, REGION):
            self._evaluated = 0
            status, _, said = _finished(dynamodb.handle_request("POST", "/", headers, body, {}))
            value = msgspec.json.decode(said)
            used = self._used(operation, request, value)
        if unasked:
            value.pop("ConsumedCapacity", None)
        plain = status == 200 and operation in DATA and not any(each in said for each in BINARY)
        return Answer(status, value, plain, used)

    def _used(self, operation: str, request: Json, value: Json) -> list[Used]:
        if not self._weighs:
            return []
        return list(capacity.used(operation, request, value, self._evaluated))

    def clear(self) -> None:
        """Remove every item."""
        with self._lock, request_scope(ACCOUNT, REGION):
            dynamodb._txn_idempotency.clear()
            for definition in self._definitions:
                table = dynamodb._tables[definition["TableName"]]
                if table["items"]:
                    table["items"].clear()
                    dynamodb._items_replaced(table)

    def _drop(self) -> None:
        with self._lock, request_scope(ACCOUNT, REGION):
            dynamodb._txn_idempotency.clear()
            for definition in self._definitions:
                dynamodb._tables.pop(definition["TableName"], None)

    @contextmanager
    def _weighing(self) -> Iterator[None]:
        """Note the size of what a Query or Scan looks at; no answer tells it."""
        paginate = dynamodb._paginate_evaluated_items

        def noting(items: list[Json], limit: Any, table: Json, index: str | None = None) -> Any:
            page, more = paginate(items, limit, table, index)
            self._evaluated = sum(capacity.entry_bytes(item, table, index) for item in page)
            return page, more

        with patch.object(dynamodb, "_paginate_evaluated_items", noting):
            yield


@contextmanager
def _light() -> Iterator[None]:
    """Weigh no item, and read, write and copy items as what they are: plain JSON."""
    copying = SimpleNamespace(deepcopy=_copied, copy=dynamodb.copy.copy)
    quick = SimpleNamespace(
        loads=msgspec.json.decode, dumps=_dumped, JSONDecodeError=msgspec.DecodeError
    )
    with (
        patch.object(dynamodb, "_item_size_bytes", lambda _item: 0),
        patch.object(dynamodb, "copy", copying),
        patch.object(dynamodb, "json", quick),
        patch.object(responses, "json", quick),
    ):
        yield


def _copied(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _dumped(value: Any, *, ensure_ascii: bool = True, **form: Any) -> str:
    """As the standard library writes it, but for spaces; any other `form` is its own work."""
    if form:
        return json.dumps(value, ensure_ascii=ensure_ascii, **form)
    return msgspec.json.encode(value).decode()


def _finished(work: Coroutine[Any, Any, tuple[int, Json, bytes]]) -> tuple[int, Json, bytes]:
    """What a coroutine returns that never waits for anything."""
    try:
        work.send(None)
    except StopIteration as end:
        result: tuple[int, Json, bytes] = end.value
        return result
    raise RuntimeError("ministack's DynamoDB waits for something; it needs a loop")
