"""Reads a request's parameters, and refuses in Stripe's words what Stripe would refuse.

A reader takes the decoded form and the parameter's name, and gives the value. Each operation
declares a `group` of readers, and names in `elsewhere` the parameters that Stripe knows and this
stand-in does not: those answer 501, all others 400.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from localcloud.stripe.errors import invalid, not_here

Json = dict[str, Any]
Reader = Callable[[Any, str], Any]

KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
DECIMAL = re.compile(r"-?\d+(\.\d{1,12})?")
"""Stripe takes at most 12 decimal places (API reference, `unit_amount_decimal`)."""

MOST_METADATA = 50
"""Keys of one object's metadata; 40 characters each, values of 500 (API reference, "Metadata")."""


def decode(form: str) -> Json:
    """A form with bracketed names (`a[b][0]=c`) as nested dicts; raises StripeError."""
    root: Json = {}
    for key, value in parse_qsl(form, keep_blank_values=True):
        match = KEY.fullmatch(key)
        if match is None:
            raise invalid(f"Invalid parameter name: {key}", key)
        node, parts = root, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        for part in parts[:-1]:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                raise invalid(f"Invalid {parts[0]}: both a value and an object", parts[0])
            node = below
        node[parts[-1] or str(len(node))] = value
    return root


def text(longest: int = 5000) -> Reader:
    """A string of at most `longest` characters, not empty."""

    def read(raw: Any, at: str) -> str:
        if not isinstance(raw, str):
            raise invalid(f"Invalid string: {at} must be a string", at)
        if not raw:
            raise invalid(
                f"You passed an empty string for '{at}'. We assume empty values are an attempt to"
                f" unset a parameter; however '{at}' cannot be unset.",
                at,
                "parameter_invalid_empty",
            )
        if len(raw) > longest:
            message = f"Invalid string: {at} must be at most {longest} characters"
            raise invalid(message, at, "parameter_invalid_string_too_long")
        return raw

    return read


def integer(raw: Any, at: str) -> int:
    """A whole number."""
    if not isinstance(raw, str) or not re.fullmatch(r"-?\d{1,18}", raw):
        raise invalid(f"Invalid integer: {raw}", at, "parameter_invalid_integer")
    return int(raw)


def boolean(raw: Any, at: str) -> bool:
    """`true` or `false`."""
    if raw not in ("true", "false"):
        raise invalid(f"Invalid boolean: {raw}", at)
    return bool(raw == "true")


def decimal(raw: Any, at: str) -> str:
    """A decimal number as text: money never becomes a float."""
    if not isinstance(raw, str) or not DECIMAL.fullmatch(raw):
        raise invalid(f"Invalid decimal: {raw}; must contain at maximum 12 decimal places.", at)
    return raw


def choice(*values: str) -> Reader:
    """One of a few words."""

    def read(raw: Any, at: str) -> str:
        if raw not in values:
            raise invalid(f"Invalid {at}: must be one of {', '.join(values)}", at)
        return str(raw)

    return read


def only(*values: str) -> Reader:
    """One of the words that the stand-in knows, of more that Stripe knows."""

    def read(raw: Any, at: str) -> str:
        if raw not in values:
            raise not_here(f"The value {raw!r} of {at} is not known here.")
        return str(raw)

    return read


def clearable(reader: Reader) -> Reader:
    """A parameter that an empty string unsets."""
    return lambda raw, at: None if raw == "" else reader(raw, at)


def array(reader: Reader, most: int = 100) -> Reader:
    """A list (`a[]=x` or `a[0]=x`)."""

    def read(raw: Any, at: str) -> list[Any]:
        if not isinstance(raw, dict) or not all(key.isdecimal() for key in raw):
            raise invalid(f"Invalid array: {at}", at)
        if len(raw) > most:
            raise invalid(f"{at} may have at most {most} entries", at)
        return [reader(raw[key], f"{at}[{key}]") for key in sorted(raw, key=int)]

    return read


def group(
    fields: Mapping[str, Reader], *, required: Iterable[str] = (), elsewhere: str = ""
) -> Reader:
    """An object with these fields; `elsewhere` names those that only Stripe itself knows."""
    known_elsewhere = frozenset(elsewhere.split())

    def read(raw: Any, at: str) -> Json:
        if not isinstance(raw, dict):
            raise invalid(f"Invalid object: {at}", at)
        value = {}
        for name, part in raw.items():
            here = f"{at}[{name}]" if at else name
            if name in known_elsewhere:
                raise not_here(f"The parameter {here} is not known here.")
            if name not in fields:
                raise invalid(f"Received unknown parameter: {here}", here, "parameter_unknown")
            value[name] = fields[name](part, here)
        for name in required:
            if name not in value:
                here = f"{at}[{name}]" if at else name
                raise invalid(f"Missing required param: {here}.", here, "parameter_missing")
        return value

    return read


def operation_parameters(
    fields: Mapping[str, Reader], *, required: Iterable[str] = (), elsewhere: str = ""
) -> Reader:
    """The parameters of an operation, all of which know `expand`."""
    expand = {"expand": array(text())}
    return group({**fields, **expand}, required=required, elsewhere=elsewhere)


def metadata(raw: Any, at: str) -> dict[str, str | None]:
    """Keys and values of the caller's own; an empty value removes its key."""
    if raw == "":
        return {}
    if not isinstance(raw, dict) or len(raw) > MOST_METADATA:
        raise invalid(f"Invalid {at}: an object with at most {MOST_METADATA} keys", at)
    for key, value in raw.items():
        if len(key) > 40 or not isinstance(value, str) or len(value) > 500:
            raise invalid(f"Invalid {at}: keys have 40 characters, values 500 at most", at)
    return {key: value or None for key, value in raw.items()}


def merged(present: Json | None, change: Json | None) -> Json:
    """Metadata after a change."""
    both = (present or {}) | (change or {})
    return {key: value for key, value in both.items() if value is not None}


def absent(names: str) -> Json:
    """Attributes that an object always has, and that are null here; separated by spaces."""
    return dict.fromkeys(names.split())


CREATED_RANGE = group(dict.fromkeys(("gt", "gte", "lt", "lte"), integer))


def created(raw: Any, at: str) -> Any:
    """The filter of lists by time: a moment or a range."""
    return integer(raw, at) if isinstance(raw, str) else CREATED_RANGE(raw, at)


PAGING: dict[str, Reader] = {"limit": integer, "starting_after": text(), "ending_before": text()}
"""What every list takes."""
