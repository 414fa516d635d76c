"""Each sweep over accounts: one that fails, is greedy or kills a run keeps nobody else waiting."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from chalicelib.accounts.models import Account
from chalicelib.billing import closing, verdicts
from chalicelib.billing import service as billing
from chalicelib.billing.verdicts import Cause, Verdict
from chalicelib.clusters import crew
from chalicelib.clusters import lifecycle as clusters_lifecycle
from chalicelib.clusters import sweeps as clusters
from chalicelib.core import calendar, clock, hearing, sweep_places, sweeps
from chalicelib.metering import audit as books
from chalicelib.metering import ledger, months, recording, stored, uses
from chalicelib.metering.models import UsageMonth, Use
from chalicelib.metering.stored import Stored
from chalicelib.notebooks import fargate
from chalicelib.notebooks import lifecycle as notebooks_lifecycle
from chalicelib.notebooks import sweeps as notebooks
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import GIB, Kind
from chalicelib.storage.models import ByteCounter
from chalicelib.upkeep import audit, features
from chalicelib.upkeep import stored as upkeep_stored
from localcloud.tables import tables
from tests.unit.metering.conftest import NOON, Site, sign_up

ACCOUNTS = [f"acc_{number:02}" for number in range(12)]
VICTIM = ACCOUNTS[0]


class Killed(BaseException):
    """The process is gone: what comes after it does not happen."""


@dataclass
class Sweeping:
    """A sweep over all accounts' items, and a fault that comes with each item of one account."""

    run: Callable[[], object] = lambda: None
    fault: BaseException | None = None
    of: str = VICTIM
    done: list[str] = field(default_factory=list)

    def come_to(self, account_id: str) -> None:
        """The sweep works on an item of this account."""
        if self.fault is not None and account_id == self.of:
            raise self.fault
        self.done.append(account_id)

    def by(self, patch: pytest.MonkeyPatch, owner: Any, name: str, account_of: Any) -> None:
        """An item is worked on when this function is called."""
        real = getattr(owner, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            self.come_to(account_of(*args, **kwargs))
            return real(*args, **kwargs)

        patch.setattr(owner, name, called)


Prepare = Callable[[Sweeping, pytest.MonkeyPatch, list[str]], None]
"""Gives each of these accounts an item, as often as it is named."""


def _uses_are_open(accounts: list[str], kind: Kind) -> None:
    units = catalogue.size("extra").units
    for number, account in enumerate(accounts):
        id_ = f"use_{number:02}"
        Site.open(uses.NewUse(id_, account, f"nb_{id_}", kind, id_, "extra", units, NOON - 700))


def _recording(kind: Kind) -> Prepare:
    def prepare(swept: Sweeping, patch: pytest.MonkeyPatch, accounts: list[str]) -> None:
        _uses_are_open(accounts, kind)
        swept.by(patch, ledger, "record", lambda use, _: use.payer_id)
        swept.run = lambda: recording.record_use(kind, lambda _: True, NOON - 60)

    return prepare


def _storage(swept: Sweeping, patch: pytest.MonkeyPatch, accounts: list[str]) -> None:
    begun = NOON - calendar.DAY // 2
    counted = {account: Stored(60 * GIB, 60 * GIB * (NOON - begun), begun) for account in accounts}
    swept.by(patch, ledger, "record", lambda use, _: use.payer_id)
    swept.run = lambda: stored.record_storage(counted)


def _months(swept: Sweeping, patch: pytest.MonkeyPatch, accounts: list[str]) -> None:
    for number, account in enumerate(accounts):
        UsageMonth(
            account, f"2025-{number % 12 + 1:02}", amount=Decimal(0), open_shard=months.OPEN
        ).save()
    swept.by(patch, closing, "close", lambda payer_id, _: payer_id)
    swept.run = closing.close_months


def _audit(swept: Sweeping, patch: pytest.MonkeyPatch, accounts: list[str]) -> None:
    for number, account in enumerate(accounts):
        UsageMonth(account, ("2026-10", "2026-11")[number % 2], amount=Decimal(0)).save()
    swept.by(patch, features, "differing", lambda account_id, _: account_id)
    swept.run = audit.recent_months


def _verdicts(swept: Sweeping, patch: pytest.MonkeyPatch, accounts: list[str]) -> None:
    given = [
        Verdict(f"{number:02}-{account}", account, Cause.LIMIT, "The limit was reached.")
        for number, account in enumerate(accounts)
    ]
    patch.setattr(billing, "verdicts", lambda _: iter(given))
    patch.setattr(hearing, "may_stop_for_money", lambda: True)
    for lifecycle in (notebooks_lifecycle, clusters_lifecycle):
        patch.setattr(lifecycle, "ask_to_stop", lambda *_: None)


def _notebooks_that_stop(swept: Sweeping, patch: pytest.MonkeyPatch, accounts: list[str]) -> None:
    _verdicts(swept, patch, accounts)
    patch.setattr(fargate, "running", list)
    patch.setattr(notebooks_lifecycle, "read_server", lambda id_: SimpleNamespace(id=id_))
    swept.by(patch, notebooks_lifecycle, "read_server", lambda id_: id_[3:])
    swept.run = notebooks.meter


def _clusters_that_stop(swept: Sweeping, patch: pytest.MonkeyPatch, accounts: list[str]) -> None:
    _verdicts(swept, patch, accounts)
    patch.setattr(crew, "read", lambda id_: SimpleNamespace(cluster_id=id_))
    patch.setattr(clusters_lifecycle, "read", lambda id_: SimpleNamespace(id=id_))
    swept.by(patch, crew, "read", lambda id_: id_[3:])
    swept.run = clusters.meter


EVERY: dict[str, Prepare] = {
    "servers are recorded": _recording(Kind.NOTEBOOK),
    "workers are recorded": _recording(Kind.CLUSTER),
    "storage is recorded": _storage,
    "months are closed": _months,
    "months are audited": _audit,
    "servers are stopped for money": _notebooks_that_stop,
    "clusters are stopped for money": _clusters_that_stop,
}
OF_MANY = {name: each for name, each in EVERY.items() if name != "storage is recorded"}
"""Those in which one account has many items; stored bytes are one item of each account."""


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sweeping]:
    monkeypatch.setattr(clock, "seconds", lambda: NOON)
    monkeypatch.setattr(sweeps, "AT_ONCE", 1)
    with tables(weighs=False):
        for account in ACCOUNTS:
            sign_up(account, "researcher")
        yield Sweeping()


@pytest.mark.parametrize("prepare", EVERY.values(), ids=EVERY)
def test_an_item_that_fails_costs_no_other_account_its_turn(
    swept: Sweeping, monkeypatch: pytest.MonkeyPatch, prepare: Prepare
) -> None:
    prepare(swept, monkeypatch, ACCOUNTS)
    swept.fault = RuntimeError("a bad row")

    swept.run()

    assert set(swept.done) == set(ACCOUNTS) - {VICTIM}


@pytest.mark.parametrize("prepare", EVERY.values(), ids=EVERY)
def test_an_item_that_kills_the_run_does_not_keep_others_from_theirs_for_ever(
    swept: Sweeping, monkeypatch: pytest.MonkeyPatch, prepare: Prepare
) -> None:
    prepare(swept, monkeypatch, ACCOUNTS)
    swept.fault = Killed()

    for _ in range(3):
        with pytest.raises(Killed):
            swept.run()

    assert set(swept.done) == set(ACCOUNTS) - {VICTIM}


@pytest.mark.parametrize("prepare", OF_MANY.values(), ids=OF_MANY)
def test_an_account_with_many_items_keeps_nobody_waiting(
    swept: Sweeping, monkeypatch: pytest.MonkeyPatch, prepare: Prepare
) -> None:
    prepare(swept, monkeypatch, [VICTIM] * 12 + ACCOUNTS)

    swept.run()

    assert set(swept.done[: len(ACCOUNTS)]) == set(ACCOUNTS)
    assert swept.done.count(VICTIM) > 1


@pytest.mark.parametrize("prepare", EVERY.values(), ids=EVERY)
def test_a_run_whose_time_is_over_is_gone_on_with_by_the_next(
    swept: Sweeping, monkeypatch: pytest.MonkeyPatch, prepare: Prepare
) -> None:
    prepare(swept, monkeypatch, ACCOUNTS)
    monkeypatch.setattr(clock, "monotonic", lambda: 200.0 * len(swept.done))

    for _ in range(len(ACCOUNTS)):
        swept.run()

    assert set(swept.done) == set(ACCOUNTS)


@pytest.mark.usefixtures("swept")
def test_two_runs_at_a_time_record_each_second_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _uses_are_open(ACCOUNTS, Kind.NOTEBOOK)
    real = ledger.record
    inside: list[bool] = []

    def record(*args: Any) -> None:
        if not inside:  # the next run comes when the first one has read everything
            inside.append(True)
            recording.record_use(Kind.NOTEBOOK, lambda _: True, NOON)
        real(*args)

    monkeypatch.setattr(ledger, "record", record)
    recording.record_use(Kind.NOTEBOOK, lambda _: True, NOON)

    assert {use.metered_until for use in Use.scan()} == {NOON}
    for account in ACCOUNTS:
        assert not list(books.findings(books.Books(account, "2026-11")))
    assert sweep_places.read("record_notebooks") == []


BAD_USES: dict[str, Any] = {
    "of nobody": {"payer_id": None},
    "that never began": {"started_at": None},
    "recorded to nowhere": {"metered_until": None},
    "of a plan that is a number": {"plan": {"N": "7"}},
    "begun at a word": {"started_at": {"S": "noon"}},
    "of no units": {"units": None},
}


def _spoil(table: str, key: dict[str, str], change: dict[str, Any]) -> None:
    """Make a stored row bad: some of its values are others, or missing."""
    client, name = boto3.client("dynamodb"), f"ramon-local-{table}"
    row = client.get_item(TableName=name, Key={at: {"S": value} for at, value in key.items()})
    spoilt = {at: value for at, value in (row["Item"] | change).items() if value is not None}
    client.put_item(TableName=name, Item=spoilt)


@pytest.mark.usefixtures("swept")
@pytest.mark.parametrize("change", BAD_USES.values(), ids=BAD_USES)
def test_a_bad_use_costs_nobody_else_a_second_or_a_limit(
    change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    _uses_are_open(ACCOUNTS, Kind.NOTEBOOK)
    for account in ACCOUNTS:
        Account(account).update([Account.plan.set("free")])
    _spoil("uses", {"id": "use_00"}, change)

    recording.record_use(Kind.NOTEBOOK, lambda _: True, NOON)
    stopped = {verdict.account_id for verdict in verdicts.verdicts(Kind.NOTEBOOK)}

    others = {f"use_{number:02}" for number in range(1, len(ACCOUNTS))}
    assert {use.id for use in uses.by_ids(others).values() if use.metered_until == NOON} == others
    assert stopped >= set(ACCOUNTS) - {VICTIM}
    assert "ERROR" in caplog.text


@pytest.mark.usefixtures("swept")
def test_a_bad_account_costs_nobody_else_a_second() -> None:
    _uses_are_open(ACCOUNTS, Kind.NOTEBOOK)
    _spoil("accounts", {"id": VICTIM}, {"plan": {"N": "7"}})

    recording.record_use(Kind.NOTEBOOK, lambda _: True, NOON)

    recorded = {use.payer_id: use.metered_until for use in Use.scan()}
    assert recorded == {**dict.fromkeys(ACCOUNTS, NOON), VICTIM: NOON - 700}


@pytest.mark.usefixtures("swept")
def test_a_bad_counter_of_bytes_costs_nobody_else_the_record_of_theirs() -> None:
    for account in ACCOUNTS:
        since = NOON - 7200
        ByteCounter(account, held=60 * GIB, moment=60 * GIB * since, since=since).save()
    _spoil("byte_counters", {"account_id": VICTIM}, {"held": {"S": "much"}})

    upkeep_stored.record()

    assert {use.payer_id for use in Use.scan()} == set(ACCOUNTS) - {VICTIM}


@pytest.mark.usefixtures("swept")
def test_a_bad_month_costs_nobody_else_the_audit_or_the_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = {"amount": {"S": "much"}}
    _audit(seen := Sweeping(), monkeypatch, ACCOUNTS)
    _spoil("usage_months", {"payer_id": VICTIM, "month": "2026-10"}, bad)
    _months(closed := Sweeping(), monkeypatch, ACCOUNTS)
    _spoil("usage_months", {"payer_id": VICTIM, "month": "2025-01"}, bad)

    audit.recent_months()
    closing.close_months()

    assert set(seen.done) >= set(ACCOUNTS) - {VICTIM}
    assert set(closed.done) >= set(ACCOUNTS) - {VICTIM}
