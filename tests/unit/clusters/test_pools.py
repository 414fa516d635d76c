"""A pool is made on first use, kept for a while, and given up when others need its place."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.clusters import environments, lifecycle, pools
from chalicelib.clusters.models import Cluster, Pool
from chalicelib.clusters.states import PoolState
from chalicelib.core import clock
from localcloud.tables import tables

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@dataclass
class Cell:
    """What there is of compute environments, and a clock that stands until it is moved."""

    now: datetime = NOON
    most: int = 2
    made: dict[str, int] = field(default_factory=dict)
    """The names of environments, and how many steps of their removal are done."""

    def install(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(clock, "now", lambda: self.now)
        patch.setattr(clock, "seconds", lambda: int(self.now.timestamp()))
        patch.setattr(clock, "wait", lambda _: None)
        patch.setattr(environments, "make_environment", self._make)
        patch.setattr(environments, "make_queue", lambda *_: None)
        patch.setattr(environments, "environment", self._condition)
        patch.setattr(environments, "queue", self._condition)
        patch.setattr(environments, "remove", self._remove)

    def _make(self, name: str, *_: str) -> None:
        if len(self.made) >= self.most:
            raise environments.NoneFree("limit reached")
        self.made[name] = 0

    def _condition(self, name: str) -> environments.Condition | None:
        if name not in self.made:
            return None
        return environments.Condition("arn", "ENABLED", "VALID", "")

    def _remove(self, name: str) -> bool:
        self.made[name] += 1
        if self.made[name] < 3:
            return False
        del self.made[name]
        return True


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cell]:
    with tables(weighs=False):
        made = Cell()
        made.install(monkeypatch)
        yield made


def _cluster(account_id: str, purchase: str = "on_demand") -> Cluster:
    now = clock.now()
    cluster = Cluster(
        f"cl_{account_id}_{purchase}", account_id=account_id, notebook_id="nb_1",
        notebook_name="Mine", server_id="srv_1", name="sim", vcpu=1, memory_gib=2, gpu=0,
        purchase=purchase, idle_minutes=20, python="3.11", state="starting", state_since=now,
        created_at=now, wanted=1, unmade=1, live="0",
    )  # fmt: skip
    cluster.save()
    return cluster


def _end(cluster: Cluster) -> None:
    cluster.update([Cluster.live.remove(), Cluster.state.set("stopped")])


def _states() -> dict[str, str]:
    return {pool.id: pool.state for pool in pools.every()}


def test_a_pool_is_made_once_for_each_kind_of_computers(cell: Cell) -> None:
    for purchase in ("on_demand", "spot", "on_demand"):
        pools.prepare(_cluster("acc_1", purchase))

    assert _states() == {"acc_1/on_demand": PoolState.READY, "acc_1/spot": PoolState.READY}
    assert sorted(cell.made) == ["ramon-local-acc_1-on_demand", "ramon-local-acc_1-spot"]


def test_a_cluster_without_a_place_waits_in_line_and_says_so(cell: Cell) -> None:
    cell.most = 1
    pools.prepare(_cluster("acc_1"))
    waiting = _cluster("acc_2")

    with pytest.raises(pools.NoPlace):
        pools.prepare(waiting)

    told = lifecycle.read(waiting.id)
    assert told.problem_code == "waiting_for_place"
    assert "it is next" in (told.problem_message or "")
    assert list(_states()) == ["acc_1/on_demand"]


def test_who_came_first_gets_the_place_that_becomes_free(cell: Cell) -> None:
    cell.most = 1
    busy = _cluster("acc_1")
    pools.prepare(busy)
    first, second = _cluster("acc_2"), _cluster("acc_3")
    for cluster in (first, second):
        cell.now += timedelta(seconds=5)
        with pytest.raises(pools.NoPlace):
            pools.prepare(cluster)
    _end(busy)
    cell.now += timedelta(minutes=11)

    for _ in range(3):  # a step of the removal each
        with pytest.raises(pools.NoPlace):
            pools.prepare(lifecycle.read(first.id))
    with pytest.raises(pools.NoPlace):
        pools.prepare(lifecycle.read(second.id))
    pools.prepare(lifecycle.read(first.id))

    assert _states() == {"acc_2/on_demand": PoolState.READY}
    assert lifecycle.read(first.id).problem_code is None


def test_a_pool_in_use_is_never_taken_from_its_account(cell: Cell) -> None:
    cell.most = 1
    pools.prepare(_cluster("acc_1"))
    cell.now += timedelta(days=4)

    with pytest.raises(pools.NoPlace):
        pools.prepare(_cluster("acc_2"))
    pools.sweep()

    assert _states() == {"acc_1/on_demand": PoolState.READY}


def test_a_pool_that_nobody_has_used_for_three_days_goes_a_step_at_a_time(cell: Cell) -> None:
    cluster = _cluster("acc_1")
    pools.prepare(cluster)
    _end(cluster)
    cell.now += timedelta(days=2)
    pools.sweep()
    assert _states() == {"acc_1/on_demand": PoolState.READY}

    cell.now += timedelta(days=2)
    pools.sweep()
    assert _states() == {"acc_1/on_demand": PoolState.DELETING}
    pools.sweep()
    pools.sweep()

    assert list(Pool.scan()) == []
    assert cell.made == {}


def test_a_pool_that_is_going_is_waited_for_and_made_anew(cell: Cell) -> None:
    cluster = _cluster("acc_1")
    pools.prepare(cluster)
    Pool("acc_1/on_demand").update([Pool.state.set(PoolState.DELETING)])

    for _ in range(3):
        with pytest.raises(pools.NotReady):
            pools.prepare(cluster)
    pools.prepare(cluster)

    assert _states() == {"acc_1/on_demand": PoolState.READY}
