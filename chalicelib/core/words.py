"""Numbers as people say them, and what is wrong with a text, in messages."""

import json
import re

_LENGTH = re.compile(r"Expected `str` of length (<=|>=) (\d+)")


def minutes(count: int) -> str:
    """`a minute`, or `5 minutes`."""
    return "a minute" if count == 1 else f"{count} minutes"


def of_length(message: str) -> str:
    """What msgspec says of a request, as a sentence; about a text's length, for a person."""
    if not (found := _LENGTH.fullmatch(message)):
        return f"{message}."
    bound, length = found[1], int(found[2])
    characters = "one character" if length == 1 else f"{length} characters"
    if bound == "<=":
        return f"This is too long: it may have at most {characters}. Shorten it."
    return f"This is too short: it needs at least {characters}."


def lone_surrogate(body: bytes) -> str | None:
    """The first half of a character in JSON's texts, such as `U+D800`, which UTF-8 can't hold."""
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    found = re.search("[\ud800-\udfff]", text)
    return f"U+{ord(found[0]):04X}" if found else None
