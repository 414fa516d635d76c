"""Pages of a listing, and cursors from one to the next."""

import base64
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from chalicelib.core.errors import Invalid

if TYPE_CHECKING:
    from pynamodb.models import Model
    from pynamodb.pagination import ResultIterator

_M = TypeVar("_M", bound="Model")

MAX_PAGE = 100
"""Most items of one page of a listing."""


def page(results: "ResultIterator[_M]") -> tuple[list[_M], str | None]:
    """Read a limited query to its end. Gives the items, and a cursor if there may be more."""
    items = list(results)
    return items, _encode_cursor(results.last_evaluated_key)


def _encode_cursor(key: dict[str, Any] | None) -> str | None:
    if not key:
        return None
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(
    cursor: str | None, *, belongs_to: str, key: str | None = None
) -> dict[str, Any] | None:
    """The key behind a cursor, for `last_evaluated_key`. Raises `Invalid` unless we made it.

    `belongs_to` is a value (say, the account's id) that the key must hold somewhere, so that a
    cursor made for one listing can't be used to look into another. `key` is the attribute that
    must hold it, where a listing has several indexes: a cursor of one is no good for another.
    """
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        decoded = msgspec.json.decode(raw, type=dict[str, dict[str, str]])
    except (ValueError, msgspec.DecodeError) as error:
        raise _bad_cursor() from error
    held = decoded.values() if key is None else [decoded.get(key, {})]
    if not any(belongs_to in value.values() for value in held):
        raise _bad_cursor()
    return decoded


def _bad_cursor() -> Invalid:
    return Invalid(
        "This cursor is not one of ours. Ask for the first page, without a cursor.",
        code="bad_cursor",
    )
