"""Puts events of AWS's own services on the default bus, in the order in which they happened."""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge

from localcloud.batch.events import job_state_change
from localcloud.ecs.events import task_state_change
from localcloud.settings import ACCOUNT, REGION

logger = logging.getLogger(__name__)


class Publisher:
    """One thread delivers, so that the loop never waits and the order stays."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="localcloud-events")

    def task_changed(self, record: dict[str, Any]) -> None:
        """Publish the state of an ECS task."""
        self._thread.submit(_put, task_state_change(record))

    def job_changed(self, record: dict[str, Any]) -> None:
        """Publish the state of a Batch job."""
        self._thread.submit(_put, job_state_change(record))

    async def drain(self) -> None:
        """Wait until everything published so far was delivered."""
        await asyncio.wrap_future(self._thread.submit(lambda: None))


def _put(entry: dict[str, Any]) -> None:
    entry = entry | {"Detail": json.dumps(entry["Detail"])}
    with request_scope(ACCOUNT, REGION):
        status, _, body = eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    if status != 200 or json.loads(body)["FailedEntryCount"]:
        logger.error("an event was not accepted: %s", body)
