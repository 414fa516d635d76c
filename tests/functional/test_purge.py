"""What was deleted long ago goes for good, and nothing else does."""

import json
from datetime import timedelta

import pytest

from localcloud.testing import LocalCloud
from tests.functional.conftest import Caller, signed_in
from tests.support import SCHEDULED


def test_a_purge_takes_old_deletions_and_their_contents_and_leaves_the_rest(
    owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.core import clock  # noqa: PLC0415  after the settings; see conftest
    from chalicelib.notebooks import jobs  # noqa: PLC0415
    from chalicelib.storage import service as storage  # noqa: PLC0415
    from chalicelib.upkeep import jobs as upkeep  # noqa: PLC0415
    from chalicelib.workspaces import service as workspaces  # noqa: PLC0415

    person = signed_in(owner.client, 90)
    account = person.told("GET", "/me")["id"]
    kept = person.told("POST", "/notebooks", {"name": "Kept"})["id"]
    gone = person.told("POST", "/notebooks", {"name": "Gone"})["id"]
    blob = storage.put(account, b"named by no snapshot")
    storage.claim(account, [blob])
    unused = blob.sha256
    in_use = workspaces.contents(kept)
    person.told("DELETE", f"/notebooks/{gone}")
    now, seconds, ahead = clock.now, clock.seconds, timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: now() + ahead)
    monkeypatch.setattr(clock, "seconds", lambda: seconds() + int(ahead.total_seconds()))

    for _ in range(3):
        jobs.purge_sweep()
        upkeep.sweep_contents()
        ahead += timedelta(days=1)

    monkeypatch.undo()
    assert person.refused("GET", f"/notebooks/{gone}") == (404, "not_found")
    assert person.told("GET", f"/notebooks/{kept}")["workspace"]["files"] == 1
    assert set(storage.owned(account, [*in_use, unused])) == in_use
    assert storage.addresses(account, list(in_use))


def test_an_accounts_last_notebook_leaves_no_contents_behind(
    owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.core import clock  # noqa: PLC0415  after the settings; see conftest
    from chalicelib.notebooks import jobs  # noqa: PLC0415
    from chalicelib.storage import service as storage  # noqa: PLC0415
    from chalicelib.upkeep import jobs as upkeep  # noqa: PLC0415
    from chalicelib.workspaces import service as workspaces  # noqa: PLC0415

    person = signed_in(owner.client, 91)
    account = person.told("GET", "/me")["id"]
    last = person.told("POST", "/notebooks", {"name": "Last"})["id"]
    contents = workspaces.contents(last)
    assert set(storage.owned(account, contents)) == contents
    person.told("DELETE", f"/notebooks/{last}")
    now, seconds, ahead = clock.now, clock.seconds, timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: now() + ahead)
    monkeypatch.setattr(clock, "seconds", lambda: seconds() + int(ahead.total_seconds()))

    for _ in range(3):
        jobs.purge_sweep()
        upkeep.sweep_contents()
        ahead += timedelta(days=1)

    assert storage.owned(account, contents) == {}


def test_the_deployed_sweeps_have_the_rights_that_they_need(
    cloud: LocalCloud, owner: Caller
) -> None:
    from chalicelib.core import clock  # noqa: PLC0415  after the settings; see conftest
    from chalicelib.notebooks.models import Notebook  # noqa: PLC0415
    from chalicelib.storage import service as storage  # noqa: PLC0415
    from chalicelib.storage.models import Blob, ByteCounter, Offer  # noqa: PLC0415

    gone = owner.told("POST", "/notebooks", {"name": "Looked at"})["id"]
    owner.told("DELETE", f"/notebooks/{gone}")
    Notebook(gone).update([Notebook.purge_at.set(clock.seconds() - 1)])
    account = owner.told("GET", "/me")["id"]
    blob = storage.put(account, b"old, and named by no snapshot")
    storage.claim(account, [blob])
    old, before = blob.sha256, clock.now() - timedelta(days=2)
    Blob(account, old).update([Blob.renewed_at.set(before), Blob.swept_at.set(before)])
    for offer in Offer.query(account):
        offer.update([Offer.expires_at.set(0)])
    ByteCounter(account).update([ByteCounter.swept_at.remove()])

    for name in ("purge-sweep", "sweep-contents"):
        answer = cloud.client("lambda").invoke(
            FunctionName=f"ramon-local-{name}", Payload=json.dumps(SCHEDULED)
        )
        assert "FunctionError" not in answer, answer["Payload"].read()

    assert owner.refused("GET", f"/notebooks/{gone}") == (404, "not_found")
    assert storage.owned(account, [old]) == {}
    assert list(Offer.query(account)) == []
    assert storage.stored(account).swept_at is not None
