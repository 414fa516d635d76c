"""Filter patterns of CloudWatch Logs over JSON, as its user guide describes them.

Only what our patterns need: `$.a.b` compared by `=` and `>=` with text (`*` stands for anything) or
a number, `&&` before `||`, and parentheses. A field that is not there matches nothing.
"""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

_TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||>=|=|\$\.[\w.]+|"[^"]*"|[\d.]+)')


def matches(pattern: str, line: str) -> bool:
    """Whether a pattern matches a line of a log. Raises ValueError for one that it can't read."""
    try:
        event = json.loads(line)
    except ValueError:
        return False
    inner = pattern.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise ValueError(f"not a pattern for JSON: {pattern}")
    tokens = list(_tokens(inner[1:-1].strip()))
    found = _either(tokens, event)
    if tokens:
        raise ValueError(f"left over: {tokens}")
    return found


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"can't read: {text[at:]}")
        yield token[1]
        at = token.end()


def _either(tokens: list[str], event: Any) -> bool:
    found = _both(tokens, event)
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        found = _both(tokens, event) or found
    return found


def _both(tokens: list[str], event: Any) -> bool:
    found = _term(tokens, event)
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        found = _term(tokens, event) and found
    return found


def _term(tokens: list[str], event: Any) -> bool:
    first = tokens.pop(0)
    if first == "(":
        found = _either(tokens, event)
        if tokens.pop(0) != ")":
            raise ValueError("a parenthesis is not closed")
        return found
    operator, wanted = tokens.pop(0), json.loads(tokens.pop(0))
    value = _field(event, first.removeprefix("$.").split("."))
    if operator == "=":
        return isinstance(value, str) and fnmatchcase(value, wanted)
    return isinstance(value, int | float) and value >= wanted


def _field(event: Any, path: list[str]) -> Any:
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event
