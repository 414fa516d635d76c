"""Identifiers and secrets.

An id is `<prefix>_` and 26 characters of lowercase Crockford base32: 48 bits of milliseconds,
so that ids sort by age, and 80 random bits, so that nobody guesses one (the layout of a ULID).
"""

import hashlib
import hmac
import re
import secrets

from chalicelib.core import clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
_LENGTH = 26
_BODY = re.compile(rf"[{_ALPHABET}]{{{_LENGTH}}}")


def new_id(prefix: str) -> str:
    """A fresh id such as `nb_01k9…`; `prefix` says what it names."""
    number = (clock.millis() << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    return f"{prefix}_{_encode(number)}"


def _encode(number: int) -> str:
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))


def is_id(prefix: str, value: str) -> bool:
    """Whether `value` could be an id with this prefix; asked before a look-up by strange text."""
    head, _, body = value.partition("_")
    return head == prefix and _BODY.fullmatch(body) is not None


def new_secret() -> str:
    """256 random bits, safe in a URL, a header and a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """SHA-256 in hex. Secrets are random, so a plain hash is what may be stored of them."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two digests in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
