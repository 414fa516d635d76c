"""What an account's notebooks hold decides what can be saved; what is only on its way does not."""

import hashlib
from datetime import timedelta
from itertools import count

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.storage import service as storage
from chalicelib.storage import uploads
from chalicelib.storage.schemas import BlobRef
from chalicelib.workspaces import history, service
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.schemas import Commit, Entry
from tests.lost_answers import Wire
from tests.unit.storage.test_lost_answers import ref

ACCOUNT = "acc_1"
LIMITS = service.Limits(3500, 2500)
_NUMBERS = count()


def anything(size: int) -> bytes:
    """Content that was never there before."""
    return hashlib.shake_256(str(next(_NUMBERS)).encode()).digest(size)


def save(
    wire: Wire,
    path: str,
    content: bytes,
    *,
    notebook: str = "nb_1",
    limits: service.Limits = LIMITS,
) -> None:
    """As an agent does: ask for the head, bring what is new, commit."""
    parent = service.head(ACCOUNT, notebook, limits).snapshot_id
    blob = ref(content)
    (way,) = service.offer(ACCOUNT, notebook, limits, [blob])
    assert way.kind == "put", way.kind
    assert way.url is not None
    assert way.headers is not None
    assert wire.put(way.url, way.headers, content) == 200
    entry = Entry(path, sha256=blob.sha256, size=blob.size)
    service.commit(ACCOUNT, notebook, limits, Commit(parent, puts=[entry]))


def versions() -> list[int]:
    return [row.seq for row in history.rows("nb_1")]


@pytest.mark.parametrize("bytes_each", [500, uploads.LARGEST])
def test_files_that_a_browser_may_hand_in_cost_no_save_and_no_history(
    wire: Wire, bytes_each: int
) -> None:
    for _ in range(4):
        save(wire, "a", anything(300))
        wire.now += timedelta(seconds=20)
    for _ in range(10):
        storage.offer_upload(ACCOUNT, "x.ipynb", bytes_each)

    save(wire, "a", anything(301))

    assert versions() == [1, 2, 3, 4, 5]


def test_contents_that_never_arrive_cost_no_history(wire: Wire) -> None:
    for _ in range(4):
        save(wire, "a", anything(300))
    service.offer(ACCOUNT, "nb_2", LIMITS, [ref(anything(2000))])

    save(wire, "a", anything(301))

    assert versions() == [1, 2, 3, 4, 5]


def test_a_large_file_that_changes_while_it_is_brought_is_offered_again(wire: Wire) -> None:
    for _ in range(3):
        service.offer(ACCOUNT, "nb_1", LIMITS, [ref(anything(2400))])

    save(wire, "a", anything(2400))


def test_what_waits_for_a_sweep_keeps_nobody_from_saving(wire: Wire) -> None:
    for _ in range(6):
        save(wire, "a", anything(2400), notebook="nb_2")
        wire.now += timedelta(seconds=20)
    service.forget("nb_2")
    assert storage.stored(ACCOUNT).rest > 4 * LIMITS.account

    save(wire, "a", anything(500))


def test_a_file_can_shrink_in_an_account_that_is_over_its_quota(wire: Wire) -> None:
    save(wire, "a", anything(1500), notebook="nb_2")
    save(wire, "b", anything(500))
    smaller = service.Limits(1200, 1200)

    save(wire, "b", anything(100), limits=smaller)

    newest = [row for row in Snapshot.scan() if row.bytes in (1500, 100)]
    assert storage.stored(ACCOUNT).held == sum(row.total_bytes for row in newest)
    (way,) = service.offer(ACCOUNT, "nb_1", smaller, [BlobRef("0" * 64, 101)])
    assert way.kind == "full"


def test_a_new_notebook_that_does_not_fit_stores_nothing(wire: Wire) -> None:
    service.add(service.first(ACCOUNT, "nb_1", LIMITS, {"a": anything(2000)}), LIMITS)
    before = wire.versions()

    for number in range(2, 5):
        with pytest.raises(Conflict) as refused:
            service.first(ACCOUNT, f"nb_{number}", LIMITS, {"a": anything(2000)})
        assert refused.value.code == "quota_exceeded"

    assert wire.versions() == before
    assert storage.stored(ACCOUNT).offered == 0


def test_files_of_notebooks_that_never_come_to_be_are_bounded(wire: Wire) -> None:
    for number in range(7):
        service.first(ACCOUNT, f"nb_{number}", LIMITS, {"a": anything(2000)})

    with pytest.raises(Conflict) as refused:
        service.first(ACCOUNT, "nb_7", LIMITS, {"a": anything(2000)})

    assert refused.value.code == "busy"
    contents, lists = 4 * LIMITS.account, 4 * LIMITS.account
    assert storage.stored(ACCOUNT).bytes <= contents + lists
