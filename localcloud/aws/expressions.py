"""Reads every expression of DynamoDB once.

ministack takes a condition apart again for each item that it is held against: most of a query's
time. What an expression says depends on its text alone.
"""

from functools import lru_cache

from ministack.services import dynamodb

_KEPT = 4096
"""Expressions that are remembered. A service has a few hundred; a test's own are few."""


def remember() -> None:
    """Let ministack's DynamoDB remember expressions from now on, in this process."""
    for name in ("_tokenize", "_condition_syntax_error"):
        plain = getattr(dynamodb, name)
        if not hasattr(plain, "cache_info"):
            setattr(dynamodb, name, lru_cache(_KEPT)(plain))
