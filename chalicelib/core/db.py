"""What every table shares: settings, transactions, and writes that may happen twice.

A table belongs to one entity. Its name is `ramon-<stage>-<entity>`, and CloudFormation makes it.
"""

import functools
import operator
import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, TransactWriteError, UpdateError, VerboseClientError
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.core import clock, config
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.observability import log

# Services speak of these, and import them from here: only this file and the models know whose
# they are.
__all__ = ["Action", "Condition", "DoesNotExist", "size"]

UNREADABLE = (ValueError, TypeError, ArithmeticError, LookupError)
"""What reading a stored row raises when its content is not what the model says."""
_P = ParamSpec("_P")
_T = TypeVar("_T")
_M = TypeVar("_M", bound=Model)
_ATTEMPTS = 8
_ALL_OLD = "ALL_OLD"
_LAST_WRITES = tuple(Path(f"write_{number}") for number in range(1, 5))
"""Where an item keeps the ids of its last writes, newest first."""


class BaseMeta:
    """Base of every model's `Meta`. Without it a model would lose the short timeouts."""

    # Together shorter than API Gateway's 29 s, retries included.
    connect_timeout_seconds = 2
    read_timeout_seconds = 5
    max_retry_attempts = 3
    # Ten heartbeats and a page of the site may be under way in one process.
    max_pool_connections = 20

    point_in_time_recovery = True
    """Whether the table can be restored to any second of the last 35 days."""


def table(entity: str) -> str:
    """The name of an entity's table in this stage."""
    return f"ramon-{config.stage()}-{entity}"


@functools.lru_cache(maxsize=1)
def _connection() -> Connection:
    return Connection(
        connect_timeout_seconds=BaseMeta.connect_timeout_seconds,
        read_timeout_seconds=BaseMeta.read_timeout_seconds,
        max_retry_attempts=BaseMeta.max_retry_attempts,
        max_pool_connections=BaseMeta.max_pool_connections,
    )


def find(model: type[_M], key: str, *, consistent_read: bool = True) -> _M | None:
    """The row with this key, as it is now; None if there is none."""
    try:
        return model.get(key, consistent_read=consistent_read)
    except DoesNotExist:
        return None


def find_readable(model: type[_M], key: str) -> _M | None:
    """The row with this key; None also if it can't be read, which is logged as an error.

    For what sweeps keep of themselves: one bad row must stop none of them, and is written anew.
    """
    try:
        return find(model, key)
    except UNREADABLE:
        log.exception("a row can't be read", extra={"table": model.Meta.table_name, "key": key})
        return None


def read(model: type[_M], key: str, called: str, *, consistent_read: bool = True) -> _M:
    """The row with this key. Raises `NotFound`: "This notebook does not exist."."""
    found = find(model, key, consistent_read=consistent_read)
    if found is None:
        raise NotFound(f"This {called} does not exist.")
    return found


class Refused(Exception):
    """A transaction whose conditions did not hold; nothing at all was written.

    `failed` has the labels of the writes that refused.
    """

    def __init__(self, failed: frozenset[str]) -> None:
        super().__init__(f"conditions failed: {', '.join(sorted(failed))}")
        self.failed = failed


class Contended(Exception):
    """Another transaction touched the same items at the same moment; trying again is right."""


class Writes:
    """The writes of one transaction. Each has a label by which a refusal names it."""

    def __init__(self, write: TransactWrite) -> None:
        self._write = write
        self._deleted: list[str] = []
        self._saved: list[str] = []
        self._updated: list[str] = []

    def delete(self, label: str, model: Model, condition: Condition | None = None) -> None:
        """Delete an item."""
        self._deleted.append(label)
        self._write.delete(model, condition=condition)

    def save(self, label: str, model: Model, condition: Condition | None = None) -> None:
        """Write a whole item."""
        self._saved.append(label)
        self._write.save(model, condition=condition)

    def update(
        self,
        label: str,
        model: Model,
        actions: Sequence[Action],
        condition: Condition | None = None,
    ) -> None:
        """Change an item."""
        self._updated.append(label)
        self._write.update(model, actions=list(actions), condition=condition)

    @property
    def labels(self) -> list[str]:
        """The labels in the order in which PynamoDB sends the writes."""
        return self._deleted + self._saved + self._updated


@contextmanager
def transaction() -> Iterator[Writes]:
    """All writes added inside happen, or none.

    Raises `Refused` when a condition failed, `Contended` when another transaction was in the way.
    It has a token, by which DynamoDB knows it again for ten minutes: a repetition after a lost
    answer is answered with success, and nothing is done twice.
    """
    write = TransactWrite(connection=_connection(), client_request_token=_new_write_id())
    writes = Writes(write)
    yield writes
    try:
        _commit(write)
    except TransactWriteError as error:
        codes = [reason.code if reason else None for reason in error.cancellation_reasons]
        failed = frozenset(
            label
            for label, code in zip(writes.labels, codes, strict=False)
            if code == "ConditionalCheckFailed"
        )
        if failed:
            raise Refused(failed) from error
        if "TransactionConflict" in codes:
            raise Contended from error
        raise


def _commit(write: TransactWrite) -> None:
    """Send a transaction; again while DynamoDB is still at an earlier try of the same one.

    botocore repeats that a few times by itself. A new token would be refused by the first try.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with write:  # leaving it sends the transaction
                return
        except TransactWriteError as error:
            if error.cause_response_code != "TransactionInProgressException":
                raise
            _pause(attempt)
    raise _too_busy()


def when_contended(move: Callable[_P, _T]) -> Callable[_P, _T]:
    """Try a function again when another transaction touched the same items at the same moment.

    Raises `Conflict` (`busy`) when that goes on for too long.
    """

    @functools.wraps(move)
    def tried(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return move(*args, **kwargs)
            except Contended:
                _pause(attempt)
        raise _too_busy()

    return tried


def _pause(attempt: int) -> None:
    clock.wait(random.uniform(0.02, 0.1) * attempt)  # noqa: S311  jitter


def _too_busy() -> Conflict:
    return Conflict("Much is changing here at once. Please try again.", code="busy")


@when_contended
def put_new(model: Model, *, or_if: Condition | None = None) -> bool:
    """Write a whole item if none has its key yet, or if `or_if` holds for the one that has.

    False when refused. botocore repeats a request whose answer was lost, and the repetition is
    refused by what the first try wrote; so each write leaves an id of its own in the item, by
    which a refusal is recognised as our own success.

    Raises `Conflict` (`busy`) when transactions on the same item go on for too long.
    """
    condition: Condition = _hash_key(model).does_not_exist()
    if or_if is not None:
        condition |= or_if
    write_id = _new_write_id()
    request = model.get_save_kwargs_from_instance(condition, _ALL_OLD)
    request["Item"][str(_LAST_WRITES[0])] = {"S": write_id}
    return _write("PutItem", request, write_id) is not None


@when_contended
def update_if(model: Model, condition: Condition, actions: Sequence[Action]) -> bool:
    """Change an item if `condition` holds; `model` has all of its new values then.

    False when refused, as `put_new` says; `model` is as it was. The item keeps the ids of its last
    four writes, so that a write is recognised even if up to three others followed it at once. It is
    done once even if `condition` still holds afterwards, so that actions may add.

    Raises `Conflict` (`busy`) when transactions on the same item go on for too long.
    """
    write_id = _new_write_id()
    newest, *older = _LAST_WRITES
    # Each is set to what the one before it was: DynamoDB takes all values as they were before.
    marks = [now.set(before | "") for now, before in zip(older, _LAST_WRITES, strict=False)]
    is_new = functools.reduce(
        operator.and_,
        (mark.does_not_exist() | (mark != write_id) for mark in _LAST_WRITES),
    )
    request = model.get_update_kwargs_from_instance(
        [*actions, newest.set(write_id), *marks], condition & is_new, _ALL_OLD
    )
    row = _write("UpdateItem", request | {"ReturnValues": "ALL_NEW"}, write_id)
    if row is None:
        return False
    model.deserialize(row)
    return True


@when_contended
def delete_if(model: Model, condition: Condition) -> bool:
    """Delete an item if `condition` holds. False when refused.

    Nothing is left of a deleted item by which its deletion could be recognised: so it is a
    transaction, of which DynamoDB itself knows a repetition for ten minutes.

    Raises `Conflict` (`busy`) when transactions on the same item go on for too long.
    """
    try:
        with transaction() as write:
            write.delete("item", model, condition)
    except Refused:
        return False
    return True


@when_contended
def update(model: Model, actions: Sequence[Action]) -> bool:
    """Change an item whatever it is like; `model` has all of its new values then.

    False if there is none: no item is made of a change alone. To be repeated, the actions must
    only set and remove.

    Raises `Conflict` (`busy`) when transactions on the same item go on for too long.
    """
    try:
        model.update(list(actions), condition=_hash_key(model).exists())
    except UpdateError as error:
        if error.cause_response_code == "TransactionConflictException":
            raise Contended from error
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _hash_key(model: Model) -> Any:
    return next(each for each in type(model).get_attributes().values() if each.is_hash_key)


def _new_write_id() -> str:
    return secrets.token_urlsafe(12)


def _write(operation: str, request: dict[str, Any], write_id: str) -> dict[str, Any] | None:
    """Do one conditional write: the item afterwards, or None if it was refused for another's."""
    try:
        answer = _connection().dispatch(operation, request)
    except VerboseClientError as error:
        return _row_if_ours(error, write_id)
    row: dict[str, Any] = answer.get("Attributes", {})
    return row


def _row_if_ours(error: VerboseClientError, write_id: str) -> dict[str, Any] | None:
    """The item that refused a write, if an earlier try of this write had succeeded on it.

    DynamoDB shows the item as its condition saw it, which no later read could.
    """
    code = error.response["Error"]["Code"]
    if code == "TransactionConflictException":
        raise Contended from error
    if code != "ConditionalCheckFailedException":
        raise error
    row: dict[str, Any] = getattr(error.__cause__, "response", {}).get("Item", {})
    last = {row.get(str(mark), {}).get("S") for mark in _LAST_WRITES}
    return row if write_id in last else None
