"""Contents that nothing names any more go; everything else stays, whatever is wrong elsewhere."""

import boto3

from chalicelib.notebooks import jobs as notebook_jobs
from chalicelib.storage import service as storage
from chalicelib.upkeep import jobs
from chalicelib.workspaces.models import Snapshot
from tests.unit.notebooks.test_purges import purgeable
from tests.unit.notebooks.world import ACCOUNT, World


def unnamed(account_id: str) -> str:
    """Content that was claimed, and that nothing names."""
    blob = storage.put(account_id, b"named by no snapshot")
    storage.claim(account_id, [blob])
    return blob.sha256


def purge_sweep() -> None:
    notebook_jobs.purge_sweep()
    jobs.sweep_contents()


def swept_for_days(world: World) -> None:
    for _ in range(4):
        world.passes(days=2)
        purge_sweep()


def test_the_contents_of_an_accounts_last_notebook_go_with_it(world: World) -> None:
    notebook = purgeable(world)

    purge_sweep()

    assert world.is_gone(notebook.id)
    swept_for_days(world)
    assert world.s3.objects == {}
    assert storage.stored(ACCOUNT).bytes == 0


def test_a_row_without_an_account_keeps_no_purge_from_the_others(world: World) -> None:
    """A restore that came after the purge left one, before writes were conditional."""
    boto3.client("dynamodb").put_item(
        TableName="ramon-local-notebooks", Item={"id": {"S": "nb_ghost"}, "updated_at": {"N": "1"}}
    )
    world.sign_up("acc_2")
    kept = world.notebook("acc_2")
    unused = unnamed("acc_2")
    notebook = purgeable(world)

    swept_for_days(world)

    assert world.is_gone(notebook.id)
    assert world.is_whole(kept.id)
    assert unused not in storage.owned("acc_2", [unused])


def test_what_cannot_be_read_of_one_account_costs_it_nothing_and_no_other_anything(
    world: World,
) -> None:
    """A manifest that is gone: it is not known what its notebook needs, so nothing is deleted."""
    world.sign_up("acc_2")
    broken, kept = world.notebook(), world.notebook("acc_2")
    before = {key for key in world.s3.objects if key.startswith(f"blobs/{ACCOUNT}/")}
    world.s3.drop([f"manifests/{row.manifest}" for row in Snapshot.query(broken.id)])
    unused = unnamed("acc_2")
    assert any(unused in key for key in world.s3.objects)

    swept_for_days(world)

    assert before <= world.s3.objects.keys()
    assert world.is_whole(kept.id)
    assert not any(unused in key for key in world.s3.objects)
