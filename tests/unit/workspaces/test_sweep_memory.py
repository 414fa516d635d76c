"""A sweep of one account fits into its function, however many versions of its files are kept."""

import hashlib
import tracemalloc

from chalicelib.core import clock
from chalicelib.workspaces import manifests
from chalicelib.workspaces.models import Snapshot
from chalicelib.workspaces.schemas import File
from tests.lost_answers import Wire

ACCOUNT = "acc_1"
FILES = 3000


def content(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def keep_versions(numbers: range) -> None:
    """Versions that differ in one file."""
    same = [File(f"{n:05}", sha256=content(str(n)), size=1, owner=ACCOUNT) for n in range(1, FILES)]
    for number in numbers:
        other = File("00000", sha256=content(f"version {number}"), size=1, owner=ACCOUNT)
        written = manifests.write([other, *same], ACCOUNT)
        Snapshot(
            "nb_1",
            number,
            id=f"snap_{number}",
            account_id=ACCOUNT,
            manifest=written.name,
            owners=written.owners,
            files=FILES,
            bytes=FILES,
            created_at=clock.now(),
        ).save()


def peak_of_a_sweep(versions: int) -> int:
    """Bytes that a sweep takes at most."""
    tracemalloc.start()
    try:
        needed = manifests.sweep(ACCOUNT)
        assert len(needed.held) == len(needed.in_use) == FILES - 1 + versions
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_many_versions_of_the_same_files_take_no_more_memory_than_a_few(wire: Wire) -> None:
    keep_versions(range(1, 3))
    manifests.sweep(ACCOUNT)  # what only a process's first sweep takes
    few = peak_of_a_sweep(2)
    keep_versions(range(3, 17))

    many = peak_of_a_sweep(16)

    assert many < 2.5 * few, (few, many)
