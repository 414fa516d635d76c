"""Lists as Stripe gives them: newest first, a page at a time, by the ids at their ends."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from localcloud.stripe.errors import invalid, missing
from localcloud.stripe.parameters import Json

LARGEST_PAGE = 100
USUAL_PAGE = 10


def listing(
    url: str, asked: Json, objects: Iterable[Json], keep: Callable[[Json], bool] = lambda _: True
) -> Json:
    """A page of `objects`, which come newest first, of those to `keep`."""
    limit = asked.get("limit", USUAL_PAGE)
    if not 1 <= limit <= LARGEST_PAGE:
        raise invalid("Invalid integer: limit must be from 1 to 100", "limit")
    matching = (each for each in objects if keep(each) and _in_range(each, asked.get("created")))
    if "ending_before" in asked:
        before = list(_until(matching, asked["ending_before"], "ending_before"))
        return whole(url, before[-limit:], has_more=len(before) > limit)
    if "starting_after" in asked:
        for _ in _until(matching, asked["starting_after"], "starting_after"):
            pass
    found = list(itertools.islice(matching, limit + 1))
    return whole(url, found[:limit], has_more=len(found) > limit)


def whole(url: str, data: list[Any], *, has_more: bool = False) -> Json:
    """A list object with these entries."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def filtered(asked: Json, *names: str) -> Callable[[Json], bool]:
    """Keeps what has the asked values under these names; what was not asked for does not matter."""
    wanted = {name: asked[name] for name in names if name in asked}
    return lambda each: all(each.get(name) == value for name, value in wanted.items())


def _until(objects: Iterator[Json], id_: str, param: str) -> Iterator[Json]:
    """What comes before an object; raises StripeError if it does not come."""
    for each in objects:
        if each["id"] == id_:
            return
        yield each
    raise missing("object", id_, param)


def _in_range(each: Json, asked: Any) -> bool:
    if asked is None:
        return True
    at: int = each["created"]
    if isinstance(asked, int):
        return at == asked
    return bool(
        at > asked.get("gt", at - 1)
        and at >= asked.get("gte", at)
        and at < asked.get("lt", at + 1)
        and at <= asked.get("lte", at)
    )
