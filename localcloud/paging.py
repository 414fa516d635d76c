"""Pages of the operations that give lists."""

from collections.abc import Callable
from typing import Any

from localcloud.api_model import Record


def page(
    items: list[Any],
    request: Record,
    key: str,
    invalid: Callable[[str], Exception],
    largest: int = 100,
) -> Record:
    """The page of `items` that the request asks for, under `key`, with the token of the next.

    invalid: makes the error for a bad token or size; largest: items that a page holds at most,
    and if the request doesn't say (both by the service's API reference).
    """
    token = request.get("nextToken") or "0"
    size = request.get("maxResults", largest)
    if not token.isdecimal():
        raise invalid("Invalid token.")
    if not 1 <= size <= largest:
        raise invalid(f"maxResults must be from 1 to {largest}.")
    start, end = int(token), int(token) + size
    following = {"nextToken": str(end)} if end < len(items) else {}
    return {key: items[start:end]} | following
