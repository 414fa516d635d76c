"""Pages of the List operations."""

from typing import Any

from localcloud.ecs.errors import InvalidParameter
from localcloud.ecs.model import Record

LARGEST_PAGE = 100
"""Items a page holds at most, and if the request doesn't say (ECS API reference)."""


def page(items: list[Any], request: Record, key: str) -> Record:
    """The page of `items` that the request asks for, under `key`, with the token of the next."""
    token = request.get("nextToken") or "0"
    size = request.get("maxResults", LARGEST_PAGE)
    if not token.isdecimal():
        raise InvalidParameter("Invalid token.")
    if not 1 <= size <= LARGEST_PAGE:
        raise InvalidParameter(f"maxResults must be from 1 to {LARGEST_PAGE}.")
    start, end = int(token), int(token) + size
    following = {"nextToken": str(end)} if end < len(items) else {}
    return {key: items[start:end]} | following
