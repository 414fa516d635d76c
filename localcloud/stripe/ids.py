"""Ids as Stripe's look: a prefix that tells the kind, and what cannot be guessed."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """An id such as `cus_NffrFeUfNV2Hib…`."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"
