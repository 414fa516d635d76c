"""`expand`: puts objects in place of their ids, and adds what is only given when asked for."""

from collections.abc import Callable
from typing import Any

from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid, not_here
from localcloud.stripe.parameters import Json
from localcloud.stripe.store import public

ELSEWHERE = (
    "cash_balance",
    "currency_options",
    "invoice_credit_balance",
    "payments",
    "sources",
    "tax",
    "tax_ids",
)
"""What Stripe adds to objects if asked, and this stand-in cannot."""

Include = Callable[[Context, Json], Any]

INCLUDED: dict[tuple[str, str], Include] = {}
"""What objects have only when it is asked for, by their kind and the name."""


def includable(kind: str, name: str) -> Callable[[Include], Include]:
    """Declares the function below it as giving such a part."""

    def register(include: Include) -> Include:
        INCLUDED[kind, name] = include
        return include

    return register


def expand(ctx: Context, answer: Json, paths: list[str]) -> Json:
    """A copy of the answer with everything expanded that was asked for; raises StripeError."""
    result: Json = public(answer)
    for path in paths:
        _expand(ctx, result, path.split("."), path)
    return result


def _expand(ctx: Context, node: Json, parts: list[str], path: str) -> None:
    name, rest = parts[0], parts[1:]
    if name not in node or node[name] is None:
        node[name] = _include(ctx, node, name, path)
    elif isinstance(node[name], str):
        found = None if name == "id" else ctx.store.find(node[name])
        if found is None:
            raise _cannot(path)
        node[name] = public(found)
    if not rest or node[name] is None:
        return
    below = node[name]
    for each in below if isinstance(below, list) else [below]:
        if not isinstance(each, dict):
            raise _cannot(path)
        _expand(ctx, each, rest, path)


def _include(ctx: Context, node: Json, name: str, path: str) -> Any:
    include = INCLUDED.get((node.get("object", ""), name))
    if include is None and name in ELSEWHERE:
        raise not_here(f"Expanding {path} is not known here.")
    if include is None and name not in node:
        raise _cannot(path)
    return public(include(ctx, node)) if include else None


def _cannot(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", "expand")
