"""What is known of a cluster goes on to be renewed until nothing of it runs; see test_calls.py."""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

from distributed.objects import SchedulerInfo

from ramon import _known
from ramon._agent import Found
from ramon.errors import RamonError
from ramon.info import ClusterInfo, Cost, Reason, exactly, money

_known.TICK_SECONDS = 0.0
_known.ASK_SECONDS = 0.0

RUNNING: Any = {
    "id": "cl_1",
    "name": "sim",
    "notebook_name": "Mine",
    "state": "running",
    "workers": {"wanted": 1, "pending": 0, "starting": 0, "running": 0},
    "worker": {"vcpu": 1, "memory_gib": 1, "gpu": 0},
    "purchase": "on_demand",
    "price": {"worker_usd_hour": "0.1", "usd_hour": "0.1", "now_usd_hour": "0.1"},
    "spent_usd": "0.005",
    "budget_usd": "0.01",
    "as_of": "2026-11-10T12:00:00Z",
    "created_at": "2026-11-10T12:00:00Z",
    "tasks": {"waiting": 111, "processing": 4, "memory": 0, "erred": 0},
    "problem": None,
    "stop": None,
    "saved": None,
}

ONE = ClusterInfo.from_json(RUNNING)
STOPPING = replace(ONE, state="stopping", stop=Reason("budget", "It is used up."))
STOPPED = replace(STOPPING, state="stopped", tasks={})
REFUSED = RamonError("This notebook is being stopped.", code="gone")


class Watched(_known.Known):  # type: ignore[misc]  # Dask is elsewhere
    """What is known of a cluster whose agent says one thing after the other."""

    def __init__(self, *said: ClusterInfo | RamonError) -> None:
        self._said = list(said)
        self._agent: Any = self
        self._found, self._asked_at = None, 0.0
        self._ended = asyncio.Event()
        self._stage = ""
        self.heard_elsewhere: ClusterInfo | None = None
        self.scheduler_info = SchedulerInfo({"workers": {}})

    def find(self, _name: str) -> Found:
        """As the agent answers."""
        said = self._said.pop(0) if len(self._said) > 1 else self._said[0]
        if isinstance(said, RamonError):
            raise said
        return Found(said)

    @property
    def name(self) -> str:
        """Its name."""
        return "sim"

    @name.setter
    def name(self, _: str) -> None:
        """It keeps it."""

    def _show(self) -> None:
        """Nobody looks; somebody else may have heard more meanwhile."""
        if self.heard_elsewhere:
            self._learn(self.heard_elsewhere)

    def __del__(self) -> None:
        """Nothing is to be closed."""


def a_cluster_that_stops_is_watched_until_it_has_stopped() -> None:
    async def watch() -> ClusterInfo | None:
        watched = Watched(ONE, REFUSED, STOPPING, STOPPING, STOPPED)
        await asyncio.wait_for(watched._watch(), 60)  # noqa: SLF001 - it does it by itself
        info: ClusterInfo | None = watched.info
        return info

    assert asyncio.run(watch()) == STOPPED


def whoever_waits_hears_of_an_end_that_another_learned_first() -> None:
    async def wait() -> None:
        watched = Watched(ONE)
        watched.heard_elsewhere = STOPPED
        await watched._watch()  # noqa: SLF001 - it does it by itself
        assert watched._ended.is_set()  # noqa: SLF001 - what `_life` waits for

    asyncio.run(wait())


def money_is_told_in_as_many_digits_as_it_needs() -> None:
    for amount, said in {
        "0": "$0.00",
        "0.000012": "$0.000012",
        "0.0022": "$0.0022",
        "0.0149": "$0.01",
        "1234.5": "$1,234.50",
    }.items():
        assert money(Decimal(amount)) == said
    for amount, said in {"0.015": "$0.015", "5": "$5.00", "1E+3": "$1,000.00"}.items():
        assert exactly(Decimal(amount)) == said
    cost = Cost(Decimal("0.0099"), Decimal("0.1"), Decimal("0.015"))
    assert str(cost) == "$0.0099 so far of a budget of $0.015, $0.10 an hour now"
