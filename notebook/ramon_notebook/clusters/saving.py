"""Writing finished results into the workspace, before a cluster is stopped by the service."""

# Dask's functions are partly untyped, and cloudpickle is wholly.
# mypy: allow-untyped-calls, disable-error-code="import-untyped"

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cloudpickle
from distributed.protocol.serialize import Serialized, deserialize
from distributed.scheduler import TaskState
from distributed.utils import offload

from ramon._calls import SHARED, Part
from ramon_notebook.clusters.keeping import KeepingScheduler
from ramon_notebook.files import replacing

log = logging.getLogger(__name__)

MOST_BYTES = 256 << 20
"""Bytes of results that are saved; what is larger belongs into a data set."""

MOST_SECONDS = 25.0
"""The service waits 30 s, then it stops the workers."""

BATCH_BYTES = 32 << 20
BATCH_KEYS = 500


async def save_results(scheduler: KeepingScheduler, name: str, target: Path) -> dict[str, int]:
    """Write the wanted results that are finished; how many, and the bytes of the file.

    The file is a pickle of {"cluster", "saved_at", "results": {key: value}, "left_out":
    [keys]}: left out is what was not finished, too large, or not gathered in time. Calls of a
    `map` that travelled together are one value, and count each.
    """
    deadline = time.monotonic() + MOST_SECONDS
    wanted = scheduler.in_order([task for task in scheduler.tasks.values() if _is_result(task)])
    results: dict[Any, Any] = {}
    room = MOST_BYTES
    for batch in _batches(task for task in wanted if task.state == "memory"):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        for key, value in (await _gathered(scheduler, batch, left)).items():
            size = scheduler.tasks[key].nbytes if key in scheduler.tasks else 0
            if size <= room:
                room -= size
                results[key] = value
    document = {
        "cluster": name,
        "saved_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "results": results,
        "left_out": [task.key for task in wanted if task.key not in results],
    }
    count = sum(len(value) if isinstance(value, Part) else 1 for value in results.values())
    return {"results": count, "bytes": await offload(_write, document, target)}


def _is_result(task: TaskState) -> bool:
    """Whether somebody wants it who called for it; what calls have in common is none."""
    return bool(task.who_wants) and not str(task.key).startswith(SHARED)


def _batches(tasks: Iterable[TaskState]) -> Iterator[list[Any]]:
    """Keys that are gathered at once; what could not fit in any case is not gathered."""
    batch: list[Any] = []
    total = 0
    for task in tasks:
        if task.nbytes > MOST_BYTES:
            continue
        if batch and (total + task.nbytes > BATCH_BYTES or len(batch) == BATCH_KEYS):
            yield batch
            batch, total = [], 0
        batch.append(task.key)
        total += task.nbytes
    if batch:
        yield batch


async def _gathered(scheduler: KeepingScheduler, keys: list[Any], seconds: float) -> dict[Any, Any]:
    """The values of as many of these keys as can be had."""
    while keys:
        try:
            answer: Any = await asyncio.wait_for(scheduler.gather(keys), seconds)
        except (TimeoutError, OSError) as error:
            log.warning("%d results could not be gathered: %s", len(keys), error)
            return {}
        if answer["status"] == "OK":
            return await offload(_unpickled, answer["data"])
        keys = [key for key in keys if key not in answer["keys"]]
    return {}


def _unpickled(data: dict[Any, Any]) -> dict[Any, Any]:
    """What the workers sent, without the values that can't be made here."""
    values = {}
    for key, value in data.items():
        try:
            serialized = isinstance(value, Serialized)
            values[key] = deserialize(value.header, value.frames) if serialized else value
            cloudpickle.dumps(values[key])
        except Exception:  # whatever the classes of a user may raise
            log.exception("The result of %s can't be saved.", key)
            values.pop(key, None)
    return values


def _write(document: dict[str, Any], target: Path) -> int:
    """Write the file as a whole or not at all; its size in bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as file:
        cloudpickle.dump(document, file)
    return target.stat().st_size
