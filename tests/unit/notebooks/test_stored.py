"""What an account stores is told by the one counter, part by part."""

from decimal import Decimal

from chalicelib.metering import service as metering
from chalicelib.notebooks import agent, stored
from chalicelib.notebooks.models import Server
from chalicelib.plans.catalogue import GIB
from chalicelib.storage import counter
from chalicelib.storage import service as storage
from chalicelib.storage.models import ByteCounter
from chalicelib.upkeep import stored as upkeep
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.schemas import Commit, Entry
from tests.unit.notebooks.world import ACCOUNT, World


def save(notebook_id: str, content: bytes) -> None:
    server = Server("srv_1", account_id=ACCOUNT, notebook_id=notebook_id)
    blob = storage.put(ACCOUNT, content)
    parent = agent.head(server).snapshot_id
    entry = Entry("a.txt", sha256=blob.sha256, size=blob.size)
    agent.commit(server, Commit(parent, puts=[entry]))


def newest_lists() -> tuple[int, int]:
    """Bytes of the lists of files: of the newest snapshots, and of all others."""
    rows = list(Snapshot.scan())
    newest = {row.notebook_id: row for row in sorted(rows, key=lambda row: row.seq)}
    held = sum(row.manifest_bytes for row in newest.values())
    return held, sum(row.manifest_bytes for row in rows) - held


def test_each_byte_is_told_in_one_part(world: World) -> None:
    kept, deleted = world.notebook(), world.notebook()
    seed = kept.bytes
    save(kept.id, b"x" * 1000)
    save(kept.id, b"y" * 10)
    save(deleted.id, b"z" * 300)
    world.delete(deleted)
    storage.put(ACCOUNT, b"on its way")

    told = stored.read(ACCOUNT)

    assert told.deleted == seed + 300
    newest, replaced = newest_lists()
    assert told.counted.held - told.deleted == seed + 10 + newest
    assert (told.counted.history, told.counted.offered) == (1000 + replaced, 10)
    assert told.counted.bytes == counter.read(ACCOUNT).bytes
    assert (told.quota, told.included) == (5000 * GIB, 250 * GIB)
    assert (told.usd_month, told.charged) == (Decimal(0), metering.Charged(Decimal(0), None))


def test_what_is_beyond_the_plan_is_priced_by_the_month_and_charged_by_the_counter_over_time(
    world: World,
) -> None:
    world.notebook()
    ByteCounter(ACCOUNT).update(
        [
            ByteCounter.held.set(260 * GIB),
            ByteCounter.moment.set(260 * GIB * int(world.now.timestamp())),
        ]
    )
    world.passes(days=2)

    upkeep.record()

    told = stored.read(ACCOUNT)
    month = Decimal("0.00000015") * 10 * 1024 * 730
    assert told.usd_month == month
    assert told.charged.amount == month * 48 / 730
    assert told.charged.until == int(world.now.timestamp())
