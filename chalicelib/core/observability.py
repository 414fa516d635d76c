"""Structured logs. One line of JSON an event, with the request's id where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger

log = Logger(service="ramon", log_uncaught_exceptions=False)


@contextmanager
def surviving(what: str, **details: str) -> Iterator[None]:
    """Let a sweep go on when the work for one of many fails: `what` is logged with the cause."""
    try:
        yield
    except Exception:
        log.exception(what, extra=details)
