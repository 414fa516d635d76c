"""Whatever happens at whatever request: what a root names is there, whatever else goes, and all of
it is counted.

Histories of saves side by side, deletions, restores, purges, duplicates in other accounts and
sweeps, in which processes die between any two requests and answers are lost. What is looked at is
what DynamoDB and S3 have, read without the service's code: hidden versions count as well.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ReadTimeoutError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib.accounts.models import Account
from chalicelib.core import aws, clock, db
from chalicelib.core.errors import RamonError
from chalicelib.notebooks import agent, deletion, past
from chalicelib.notebooks import service as notebooks
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.schemas import CreateNotebook
from chalicelib.storage import claiming, s3, sweeping
from chalicelib.storage import service as storage
from chalicelib.storage.schemas import BlobRef, BlobUpload
from chalicelib.upkeep import contents as upkeep
from chalicelib.workspaces import archive, manifests
from chalicelib.workspaces import service as workspaces
from chalicelib.workspaces.schemas import Commit, Entry
from tests.fakes import FakeMachines
from tests.lost_answers import Wire

EXAMPLES = int(os.environ.get("EXAMPLES", "3"))
"""Histories that are tried. A longer run: EXAMPLES=2000."""
STEPS = 20
ACCOUNTS = ("acc_1", "acc_2")
LIMITS = workspaces.Limits(5000, 2500)
NAMES = st.sampled_from(["a", "b", "d/c"])
CONTENTS = st.integers(0, 7)
TROUBLE = st.none() | st.tuples(
    st.sampled_from(["dies", "answer lost", "sweep", "save", "purge", "thin"]),
    st.integers(0, 24),
    CONTENTS,
)
"""What goes wrong in an operation, at which of its requests, and which content is saved then."""
Trouble = tuple[str, int, int] | None
Blobs = dict[tuple[str, str], dict[str, Any]]
_PLAIN = TypeDeserializer().deserialize


def bytes_of(number: int) -> bytes:
    """A few contents of different sizes."""
    return bytes([number]) * (40 + 130 * number)


def _target(number: int) -> str:
    """Where a link leads: long, and no shorter when it is compressed."""
    return hashlib.shake_256(bytes([number])).hexdigest(100)


class Died(BaseException):
    """The process of an operation is dead."""


class Histories(RuleBasedStateMachine):
    """What people, agents, sweeps and accidents do."""

    wire: Wire

    def __init__(self) -> None:
        super().__init__()
        self.wire.clear()
        for account_id in ACCOUNTS:
            Account(
                account_id, login=account_id, name="Ada", plan="lab", created_at=clock.now()
            ).save()
        self.known: dict[str, str] = {}
        """The account of each notebook whose owner was told of it."""
        self.shared: set[tuple[str, str]] = set()
        """Contents, by owner and hash, that another account's root has named."""
        self.number = 0
        self.ways: list[tuple[BlobUpload, bytes, datetime]] = []
        """Addresses that agents were given, what for and when."""

    # What people and agents do

    @precondition(lambda self: len(self.known) < 4)
    @rule(account=st.sampled_from(ACCOUNTS), trouble=TROUBLE)
    def a_notebook_is_made(self, account: str, trouble: Trouble) -> None:
        self.number += 1
        self._tried(partial(self._make, account, f"N{self.number}"), trouble)

    def _make(self, account: str, name: str) -> None:
        made = notebooks.create(account, CreateNotebook(name))
        self.known[made.id] = account

    @precondition(lambda self: self.known)
    @rule(data=st.data(), path=NAMES, number=CONTENTS, trouble=TROUBLE)
    def a_file_is_saved(
        self, data: st.DataObject, path: str, number: int, trouble: Trouble
    ) -> None:
        self._tried(partial(self._save, self._some(data), {path: number}, []), trouble)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), path=NAMES, number=CONTENTS, trouble=TROUBLE)
    def links_are_saved(
        self, data: st.DataObject, path: str, number: int, trouble: Trouble
    ) -> None:
        """They have no content: all that they take is their place in the list of files."""
        links = [
            Entry(f"links/{path}/{n}", kind="symlink", target=_target(n)) for n in range(number)
        ]
        self._tried(partial(self._save, self._some(data), {}, [], links), trouble)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), path=NAMES | st.just("links"), trouble=TROUBLE)
    def a_file_is_deleted(self, data: st.DataObject, path: str, trouble: Trouble) -> None:
        self._tried(partial(self._save, self._some(data), {}, [path]), trouble)

    def _save(
        self,
        notebook_id: str,
        puts: dict[str, int],
        deletes: list[str],
        links: Sequence[Entry] = (),
    ) -> None:
        """As an agent does: ask for the head, bring what is new, commit."""
        account = self.known[notebook_id]
        parent = workspaces.head(account, notebook_id, LIMITS).snapshot_id
        refs = {path: self._brought(account, notebook_id, n) for path, n in puts.items()}
        entries = [Entry(path, sha256=ref.sha256, size=ref.size) for path, ref in refs.items()]
        change = Commit(parent, puts=[*entries, *links], deletes=deletes)
        agent.commit(Server("srv_1", account_id=account, notebook_id=notebook_id), change)
        if notebook_id in self.known:  # else it was purged at this moment
            assert self._stored_files(notebook_id).keys() >= puts.keys()
            self._is_counted_once(account, {ref.sha256 for ref in refs.values()})

    def _is_counted_once(self, account: str, hashes: set[str]) -> None:
        """What a save has named is no longer counted as on its way."""
        blobs, offers = self._blobs(), self._rows("offers")
        offered = {each["key"] for offer in offers for each in json.loads(offer["contents"])}
        keys = {blobs[account, sha]["key"] for sha in hashes if (account, sha) in blobs}
        assert not keys & offered

    def _brought(self, account: str, notebook_id: str, number: int) -> BlobRef:
        content = bytes_of(number)
        ref = BlobRef(hashlib.sha256(content).hexdigest(), len(content))
        (way,) = workspaces.offer(account, notebook_id, LIMITS, [ref])
        if way.kind == "put":
            self.ways.append((way, content, self.wire.now))
            assert self._put(way, content) in (200, 412)
        return ref

    def _put(self, way: BlobUpload, content: bytes) -> int:
        assert way.url is not None
        assert way.headers is not None
        return self._put_at(way.url, way.headers, content)

    def _put_at(self, url: str, headers: dict[str, str], content: bytes) -> int:
        """As an agent or a browser does, which tries again where it hears no answer."""
        try:
            return self.wire.put(url, headers, content)
        except ReadTimeoutError:
            return self.wire.put(url, headers, content)

    @precondition(lambda self: self.ways)
    @rule(data=st.data())
    def an_address_is_used_again(self, data: st.DataObject) -> None:
        """Whoever has one may try as long as it works."""
        way, content, given = data.draw(st.sampled_from(self.ways))
        if self.wire.now - given < timedelta(seconds=s3.LIFE):
            self._tried(partial(self._put, way, content), None)

    @rule(account=st.sampled_from(ACCOUNTS), size=st.sampled_from([50, 900]), trouble=TROUBLE)
    def a_file_is_handed_in(self, account: str, size: int, trouble: Trouble) -> None:
        self._tried(partial(self._hand_in, account, size), trouble)

    def _hand_in(self, account: str, size: int) -> None:
        upload, url, headers = storage.offer_upload(account, "a.ipynb", size)
        assert self._put_at(url, headers, b"x" * size) in (200, 412)
        assert self._put_at(url, headers, b"y" * size) == 412
        assert storage.read_upload(account, upload.id) == ("a.ipynb", b"x" * size)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), trouble=TROUBLE)
    def a_version_is_downloaded(self, data: st.DataObject, trouble: Trouble) -> None:
        notebook_id, seq = self._some_version(data)
        self._tried(lambda: past.zipped(self.known[notebook_id], notebook_id, seq), trouble)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), everything=st.booleans(), trouble=TROUBLE)
    def an_earlier_version_is_restored(
        self, data: st.DataObject, everything: bool, trouble: Trouble
    ) -> None:
        notebook_id, seq = self._some_version(data)
        paths = None if everything else [data.draw(NAMES)]
        self._tried(lambda: past.restore(self.known[notebook_id], notebook_id, seq, paths), trouble)

    def _some_version(self, data: st.DataObject) -> tuple[str, int]:
        notebook_id = self._some(data)
        rows = [row for row in self._rows("snapshots") if row["notebook_id"] == notebook_id]
        return notebook_id, data.draw(st.sampled_from(sorted(int(row["seq"]) for row in rows)))

    @precondition(lambda self: self.known and len(self.known) < 6)
    @rule(data=st.data(), account=st.sampled_from(ACCOUNTS), trouble=TROUBLE)
    def it_is_duplicated(self, data: st.DataObject, account: str, trouble: Trouble) -> None:
        """Also in another account, as a fork will be."""
        self._tried(partial(self._duplicate, self._some(data), account), trouble)

    def _duplicate(self, notebook_id: str, account: str) -> None:
        # The rule that the notebook must be the account's own is for its page alone.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(notebooks, "read", lambda _, id_: db.read(Notebook, id_, "notebook"))
            copied = notebooks.duplicate(account, notebook_id, None)
        if copied.files:  # else the one that it is of was purged at this moment
            self.known[copied.id] = account

    @precondition(lambda self: self.known)
    @rule(data=st.data(), days=st.sampled_from([0, 1, 31]), trouble=TROUBLE)
    def it_is_deleted_and_perhaps_restored(
        self, data: st.DataObject, days: int, trouble: Trouble
    ) -> None:
        self._tried(partial(self._delete, self._some(data), days), trouble)

    def _delete(self, notebook_id: str, days: int) -> None:
        account = self.known[notebook_id]
        deletion.delete(account, notebook_id)
        self.wire.now += timedelta(days=days)
        if days > 30:
            self.known.pop(notebook_id, None)
            deletion.purge(notebook_id)
        else:
            deletion.restore(account, notebook_id)

    def _purge_of_long_ago(self, notebook_id: str) -> None:
        """A purge whose time has come: no request takes 30 days."""
        deletion.delete(self.known.pop(notebook_id), notebook_id)
        Notebook(notebook_id).update([Notebook.purge_at.set(clock.seconds() - 1)])
        deletion.purge(notebook_id)

    # What time and sweeps do

    @rule(minutes=st.sampled_from([1, 7, 50, 130, 1500]))
    def time_passes(self, minutes: int) -> None:
        self.wire.now += timedelta(minutes=minutes)
        self._tried(lambda: None, None)

    @rule(account=st.sampled_from(ACCOUNTS), trouble=TROUBLE)
    def it_is_swept(self, account: str, trouble: Trouble) -> None:
        self._tried(partial(upkeep.sweep_account, account), trouble)

    # What goes wrong

    def _tried(self, act: Callable[[], object], trouble: Trouble) -> None:
        """Do something; at one of its requests, something may happen."""
        self.wire.calm()
        if trouble is not None:
            self._prepare(*trouble)
        with suppress(RamonError, Died):
            act()
        self.wire.calm()
        self.wire.carry_out_lifecycle()
        self._note_what_became_of_it()
        self._is_all_there()
        self._is_counted()

    def _prepare(self, what: str, number: int, content: int) -> None:
        if what == "answer lost":
            self.wire.lose(number)
        elif what == "dies":
            self.wire.interrupt_at(number, _die)
        else:
            self.wire.interrupt_at(number, self._meanwhile(what, content))

    def _meanwhile(self, what: str, content: int) -> Callable[[], object]:
        """Another process, at this very moment."""

        def act() -> None:
            with suppress(RamonError):
                if what == "sweep":
                    upkeep.sweep_account(ACCOUNTS[content % 2])
                elif what == "save" and self.known:
                    self._save(min(self.known), {"meanwhile": content}, [])
                elif what == "purge" and self.known:
                    self._purge_of_long_ago(min(self.known))
                elif what == "thin" and self.known:
                    workspaces.sweep(self.known[min(self.known)])

        return act

    def _some(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.known)))

    def _note_what_became_of_it(self) -> None:
        """No notebook has lost its newest files; and what others' roots name is noted."""
        for notebook_id in self.known:
            assert self._stored_files(notebook_id) is not None
        for row in self._rows("snapshots"):
            for entry in self._manifest(row["manifest"]):
                if entry["sha256"] and entry["owner"] != row["account_id"]:
                    self.shared.add((entry["owner"], entry["sha256"]))

    # What must hold, read without the service's code

    def _rows(self, table: str) -> list[dict[str, Any]]:
        found = self.wire.rows_of(f"ramon-local-{table}")
        return [{name: _PLAIN(value) for name, value in row.items()} for row in found]

    def _blobs(self) -> Blobs:
        """The rows of contents, by owner and hash."""
        return {(row["account_id"], row["sha256"]): row for row in self._rows("blobs")}

    def _object(self, key: str) -> bytes:
        return self.wire.content(key)

    def _manifest(self, name: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self._document(name)["entries"]
        return entries

    def _document(self, name: str) -> dict[str, Any]:
        document = zlib.decompress(self._object(f"manifests/{name}"))
        assert hashlib.sha256(document).hexdigest() == name
        manifest: dict[str, Any] = json.loads(document)
        return manifest

    def _stored_files(self, notebook_id: str) -> dict[str, bytes]:
        """What the newest snapshot of a notebook restores."""
        rows = [row for row in self._rows("snapshots") if row["notebook_id"] == notebook_id]
        assert rows, notebook_id
        newest = max(rows, key=lambda row: int(row["seq"]))
        blobs, entries = self._blobs(), self._manifest(newest["manifest"])
        return {entry["path"]: self._content(entry, blobs) for entry in entries if entry["sha256"]}

    def _content(self, entry: dict[str, Any], blobs: Blobs) -> bytes:
        row = blobs[entry["owner"], entry["sha256"]]
        assert "deleted_at" not in row
        content = self._object(row["key"])
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert len(content) == entry["size"] == row["size"]
        return content

    def _is_all_there(self) -> None:
        """Every kept snapshot of every account can be restored whole; its sums are right."""
        seen: set[str] = set()
        blobs = self._blobs()
        for row in self._rows("snapshots"):
            entries = self._manifest(row["manifest"])
            assert int(row["bytes"]) == sum(entry["size"] for entry in entries)
            assert int(row["files"]) == sum(entry["kind"] == "file" for entry in entries)
            if row["manifest"] not in seen:
                seen.add(row["manifest"])
                for entry in entries:
                    if entry["sha256"]:
                        self._content(entry, blobs)

    def _is_counted(self) -> None:
        """What S3 lists of an account is never more than is counted, but for what others keep."""
        counted = {row["account_id"]: row for row in self._rows("byte_counters")}
        listed = dict.fromkeys(ACCOUNTS, 0)
        for key, size in self._listing():
            for account in self._whose(key):
                listed[account] += size
        for account, size in listed.items():
            row = counted.get(account, {})
            parts = [int(row.get(part, 0)) for part in ("held", "history", "offered", "rest")]
            assert min(parts) >= 0, (account, parts)
            assert sum(parts) >= size, (account, parts, size)

    def _whose(self, key: str) -> set[str]:
        """The accounts that must count an object."""
        if key.startswith("manifests/"):
            return self._whose_manifest(key.removeprefix("manifests/"))
        _, account, name = key.split("/")
        return set() if (account, name[:64]) in self.shared else {account}

    def _whose_manifest(self, name: str) -> set[str]:
        """Each account that holds it; of what no root names, whose contents are in it."""
        if holders := {r["account_id"] for r in self._rows("snapshots") if r["manifest"] == name}:
            return holders
        manifest = self._document(name)
        named = {(each["owner"], each["sha256"]) for each in manifest["entries"] if each["sha256"]}
        if named & self.shared:
            return set()
        return {owner for owner, _ in named} or {manifest["owner"]}

    def _listing(self) -> Iterator[tuple[str, int]]:
        """Everything that S3 keeps, hidden versions too, and what browsers handed in."""
        yield from self.wire.versions()
        for found in aws.client("s3").list_objects_v2(Bucket="uploads").get("Contents", ()):
            yield found["Key"], found["Size"]

    def teardown(self) -> None:
        self.wire.calm()
        self._days_pass()
        self._is_all_there()
        self._nothing_else_is_there()
        self._is_counted()
        for notebook_id in {row["notebook_id"] for row in self._rows("snapshots")}:
            workspaces.forget(notebook_id)
        self._days_pass()
        assert self.wire.versions() == []
        assert self.wire.objects() == []
        for table in ("snapshots", "manifests", "blobs", "offers"):
            assert self._rows(table) == [], table
        for row in self._rows("byte_counters"):
            assert [int(row[part]) for part in ("held", "history", "offered", "rest")] == [0] * 4

    def _days_pass(self) -> None:
        for _ in range(5):
            self.wire.now += timedelta(hours=30)
            self.wire.carry_out_lifecycle()
            for account in ACCOUNTS:
                upkeep.sweep_account(account)

    def _nothing_else_is_there(self) -> None:
        """S3 keeps what kept snapshots name, not a version more; the counter is exact."""
        rows = self._rows("snapshots")
        named = {f"manifests/{row['manifest']}" for row in rows}
        keys = {content: row["key"] for content, row in self._blobs().items()}
        for name in {row["manifest"] for row in rows}:
            entries = [entry for entry in self._manifest(name) if entry["sha256"]]
            named |= {keys[entry["owner"], entry["sha256"]] for entry in entries}
        assert sorted(key for key, _ in self.wire.versions()) == sorted(named)
        sizes = dict(self.wire.versions())
        for counter in self._rows("byte_counters"):
            own = [row for row in rows if row["account_id"] == counter["account_id"]]
            newest = {row["notebook_id"]: row for row in sorted(own, key=lambda r: int(r["seq"]))}
            lists = [sizes[f"manifests/{row['manifest']}"] for row in own]
            newest_lists = [sizes[f"manifests/{row['manifest']}"] for row in newest.values()]
            held = sum(int(row["bytes"]) for row in newest.values()) + sum(newest_lists)
            assert int(counter["held"]) == held
            replaced = sum(int(row["replaced"]) for row in own)
            assert int(counter["history"]) == replaced + sum(lists) - sum(newest_lists)
            assert (int(counter["offered"]), int(counter["rest"])) == (0, 0)


def _die() -> None:
    raise Died


@pytest.mark.timeout(max(300, 60 * EXAMPLES))
def test_what_a_root_names_is_there_all_else_goes_and_all_is_counted(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (archive, claiming, manifests, s3, sweeping):
        monkeypatch.setattr(module, "_AT_ONCE", 1)
    monkeypatch.setattr(manifests, "_read", vars(manifests)["_read"].__wrapped__)
    monkeypatch.setattr(notebooks, "limits", lambda _: LIMITS)
    FakeMachines().install(monkeypatch)
    machine = type("Told", (Histories,), {"wire": wire})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
