"""Pools: an account's compute environment and queue of one kind, made on first use.

No two accounts ever share a host. AWS allows so many compute environments in an account and
region; so those that nobody uses go after a while, and sooner when somebody else needs the place.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.clusters import environments, lifecycle
from chalicelib.clusters.models import Cluster, Pool
from chalicelib.clusters.states import PoolState, ProblemCode
from chalicelib.core import clock, db
from chalicelib.core.entry_points import AskAgain
from chalicelib.core.observability import log, surviving
from chalicelib.core.sweeps import Sweep, readable

_SWEEP = Sweep("pool_sweep", seconds=200)

MOST = 50
"""Compute environments of one AWS account and region (AWS Batch user guide, "Service quotas")."""
KEPT_UNUSED = timedelta(days=3)
"""How long a pool is kept for the next cluster: the first one of an account takes longer."""
_JUST_USED = timedelta(minutes=10)
"""A pool that was used so lately is not taken from anybody."""
_LONGEST_WAIT = timedelta(seconds=lifecycle.PLACE_SECONDS)
_LOOKS = 40
_LOOK_SECONDS = 0.5
"""A pool is usually there within seconds; then nobody need wait for the next try."""


class NoPlace(AskAgain):
    """The cell is full; the cluster waits in line."""


class NotReady(AskAgain):
    """The pool is being made, or removed; asking again is right."""


def id_of(account_id: str, kind: str) -> str:
    """The key of a pool."""
    return f"{account_id}/{kind}"


def every() -> list[Pool]:
    """All pools of the cell, but for rows that can't be read; there are few."""
    return list(readable("pools were not all listed", Pool.scan(consistent_read=True)))


def prepare(cluster: Cluster) -> None:
    """See that the pool of a cluster's next workers is ready. Raises `NoPlace`, `NotReady`."""
    kind = lifecycle.kind_of(cluster)
    pool = _find(cluster.account_id, kind) or _take_place(cluster, kind)
    if pool.state == PoolState.DELETING:
        _remove(pool)
        raise NotReady(pool.id)
    if not _touch(pool):
        raise NotReady(pool.id)
    name = environments.name(pool.account_id, pool.kind)
    if pool.state == PoolState.MAKING:
        _make(cluster, pool, name)
    _stop_waiting(cluster)


def _find(account_id: str, kind: str) -> Pool | None:
    return db.find(Pool, id_of(account_id, kind))


def _touch(pool: Pool) -> bool:
    is_kept = Pool.id.exists() & (Pool.state != PoolState.DELETING)
    return db.update_if(pool, is_kept, [Pool.last_used_at.set(clock.now())])


def _make(cluster: Cluster, pool: Pool, name: str) -> None:
    try:
        environments.make_environment(name, pool.account_id, pool.kind)
    except environments.NoneFree as error:
        pool.delete()
        _wait_in_line(cluster, _ahead(cluster))
        raise NoPlace(pool.id) from error
    for _ in range(_LOOKS):
        if _is_made(pool, name):
            db.update(pool, [Pool.state.set(PoolState.READY)])
            return
        clock.wait(_LOOK_SECONDS)
    raise NotReady(pool.id)


def _is_made(pool: Pool, name: str) -> bool:
    found = environments.environment(name)
    if found is None or not found.is_valid:
        return False
    queue = environments.queue(name)
    if queue is None:
        environments.make_queue(name, pool.account_id)
    return queue is not None and queue.is_valid


def _take_place(cluster: Cluster, kind: str) -> Pool:
    """A new pool, if it is the cluster's turn; else it waits in line."""
    ahead = _ahead(cluster)
    if ahead or len(every()) >= MOST:
        _wait_in_line(cluster, ahead)
        raise NoPlace(cluster.id)
    now = clock.now()
    pool = Pool(
        id_of(cluster.account_id, kind),
        account_id=cluster.account_id,
        kind=kind,
        state=PoolState.MAKING,
        made_at=now,
        last_used_at=now,
    )
    if not db.put_new(pool):
        raise NotReady(pool.id)
    return pool


def _ahead(cluster: Cluster) -> int:
    """How many clusters have waited for longer."""
    now = clock.now()
    mine = (cluster.waiting_since or now, cluster.id)
    return sum(
        now - other.waiting_since < _LONGEST_WAIT and (other.waiting_since, other.id) < mine
        for other in lifecycle.live()
        if other.waiting_since is not None and lifecycle.is_wanted(other)
    )


def _wait_in_line(cluster: Cluster, ahead: int) -> None:
    """Note that a cluster waits, and give up a pool that nobody uses, if there is one."""
    if cluster.waiting_since is None:
        db.update(cluster, [Cluster.waiting_since.set(clock.now())])
    before = f"{ahead} before it" if ahead else "it is next"
    lifecycle.set_problem(
        cluster.id,
        ProblemCode.WAITING_FOR_PLACE,
        f"All places for computers are taken just now. It waits in line ({before}), and starts by "
        "itself. Waiting costs nothing.",
    )
    _make_room(every())


def _stop_waiting(cluster: Cluster) -> None:
    if cluster.waiting_since is not None:
        db.update(cluster, [Cluster.waiting_since.remove()])
    lifecycle.clear_problem(cluster, ProblemCode.WAITING_FOR_PLACE)


def _make_room(pools: list[Pool]) -> None:
    """Give up the pool that nobody has used for longest, unless one is going already."""
    going = [pool for pool in pools if pool.state == PoolState.DELETING]
    unused = _unused(pools, clock.now() - _JUST_USED)
    for pool in going or unused[:1]:
        with surviving("a pool was not removed", pool=pool.id):
            _give_up(pool)


def _unused(pools: Iterable[Pool], before: datetime) -> list[Pool]:
    """Pools that no live cluster's account has, and that were not used since; oldest use first."""
    busy = lifecycle.accounts_with_clusters()
    unused = [
        pool
        for pool in pools
        if pool.state != PoolState.DELETING
        and pool.account_id not in busy
        and pool.last_used_at < before
    ]
    return sorted(unused, key=lambda pool: pool.last_used_at)


def _give_up(pool: Pool) -> None:
    if pool.state != PoolState.DELETING:
        is_unused = Pool.last_used_at == pool.last_used_at
        if not db.update_if(pool, is_unused, [Pool.state.set(PoolState.DELETING)]):
            return  # somebody uses it again
    _remove(pool)


def _remove(pool: Pool) -> None:
    """Take the next step of removing a pool; what follows waits until AWS is done with it."""
    if environments.remove(environments.name(pool.account_id, pool.kind)):
        log.info("removed a pool", pool=pool.id)
        db.delete_if(pool, Pool.state == PoolState.DELETING)


def sweep() -> None:
    """Give up the pools that nobody has used for days, a step at a time."""
    pools = every()
    going = [pool for pool in pools if pool.state == PoolState.DELETING]
    due = [*going, *_unused(pools, clock.now() - KEPT_UNUSED)]
    _SWEEP.over(due, "a pool was not removed", _give_up)
