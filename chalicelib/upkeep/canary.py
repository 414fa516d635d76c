"""The canary: a server that nobody owns, whose agent reports each minute as all agents do.

It goes through the public address of the API, by the routes, the code and the tables that every
agent's reports take, with a token of its own. If it is not heard, neither are they, and nobody may
be stopped for being silent (`core/hearing.py`). No sweep finds the canary: it is in no index of
what lives, and has no task.
"""

import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
import urllib3

from chalicelib.clusters import canary as clusters
from chalicelib.core import clock, config, hearing
from chalicelib.core.observability import log
from chalicelib.notebooks import canary as notebooks

_TIMEOUT = urllib3.Timeout(connect=3, read=20)
"""As an agent's: the service's gateway gives up after 29 s."""


class NotHeard(Exception):
    """The API did not take a report, or did not do what it said."""


def check() -> None:
    """Report as an agent does, and note whether that was heard. What is wrong is logged."""
    token = notebooks.stand_ready()
    clusters.stand_ready()
    try:
        _report(token)
    except (NotHeard, urllib3.exceptions.HTTPError) as error:
        _complain(error)
        return
    hearing.note()


def _complain(error: Exception) -> None:
    """One report may fail; the second in a row means that the service is deaf."""
    if hearing.now().since is None:
        log.error(
            "the service does not hear its canary; nobody is stopped for silence", why=str(error)
        )
    else:
        log.warning("the canary was not heard once", why=str(error))


def _report(token: str) -> None:
    """Report as a notebook's agent, and of a cluster. Raises `NotHeard`."""
    mark = secrets.randbits(40)
    beat = {"last_activity": clock.now(), "busy_kernels": 0, "kernels": 0, "memory_bytes": mark}
    _post("/agent/heartbeat", beat, token)
    if notebooks.memory_told() != mark:
        raise NotHeard("the heartbeat was answered, and is not in the table")
    report = {"joined": [], "clients": 0, "active": False}
    _post(f"/agent/clusters/{clusters.CLUSTER_ID}/report", report, token)


def _post(path: str, body: Mapping[str, Any], token: str) -> None:
    answer = _pool().request(
        "POST",
        config.settings().api_url + path,
        body=msgspec.json.encode(body),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        redirect=False,
    )
    if answer.status != 200:
        raise NotHeard(f"{path} answered {answer.status}")


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=_TIMEOUT, retries=False)
