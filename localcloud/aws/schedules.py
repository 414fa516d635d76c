"""EventBridge's schedules on the stand-in's clock: what became due is invoked, and waited for.

ministack knows the rules and when each fired last; its ticker goes on firing them in real time.
"""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge, lambda_svc

from localcloud.clock import Clock
from localcloud.settings import ACCOUNT, REGION

logger = logging.getLogger(__name__)

_tick = eventbridge._tick_scheduled_rules
_dispatch = eventbridge._dispatch_to_lambda
_one_at_a_time = threading.Lock()
_is_moving = threading.Event()
_collected = threading.local()


def install(clock: Clock) -> None:
    """Make EventBridge tell the time by the clock, and let one thread at a time fire rules."""
    eventbridge._now_ts = clock.time
    eventbridge._tick_scheduled_rules = _tick_unless_moving
    eventbridge._dispatch_to_lambda = _collect_or_dispatch


@contextmanager
def held() -> Iterator[None]:
    """Let ministack's ticker rest while the clock is being moved; `fire_due` still fires."""
    _is_moving.set()
    try:
        yield
    finally:
        _is_moving.clear()


def fire_due(but: tuple[str, ...] = ()) -> list[tuple[str, bool]]:
    """Invoke what became due, one after the other; gives each function's name and its success.

    Functions whose names end as one of `but` are left out this time.
    """
    calls: list[tuple[str, str]] = []
    _collected.calls = calls
    try:
        _tick_alone()
    finally:
        del _collected.calls
    return [_invoke(arn, payload) for arn, payload in calls if not arn.endswith(but)]


def _tick_unless_moving() -> None:
    if not _is_moving.is_set():
        _tick_alone()


def _tick_alone() -> None:
    with _one_at_a_time:
        _tick()


def _collect_or_dispatch(arn: str, payload: str) -> None:
    calls: list[tuple[str, str]] | None = getattr(_collected, "calls", None)
    if calls is None:
        _dispatch(arn, payload)
    else:
        calls.append((arn, payload))


def _invoke(arn: str, payload: str) -> tuple[str, bool]:
    with request_scope(ACCOUNT, REGION):
        function, config, name = lambda_svc._get_func_record_for_ref(arn)
        if not function or not config:
            return name, False
        record = lambda_svc._execution_record_for_config(function, config)
        result: dict[str, Any] = lambda_svc._execute_function_with_config_scope(
            record, json.loads(payload)
        )
    if result.get("error"):
        logger.error("the scheduled function %s failed: %s", name, result.get("body"))
    return name, not result.get("error")
