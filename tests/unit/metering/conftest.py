"""An account on a plan, tables in this process, a clock that stands until it is moved."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chalicelib.accounts.models import Account
from chalicelib.core import calendar, clock, db
from chalicelib.metering import recording
from chalicelib.metering.uses import NewUse
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import Kind
from localcloud.tables import tables

NOON = calendar.month_start("2026-11") + 9 * calendar.DAY + 12 * calendar.HOUR
"""A full hour in the middle of a month."""
ACCOUNT = "acc_1"


@dataclass
class Site:
    """What a test of metering acts on."""

    now: int = NOON

    def on_plan(self, plan: str) -> None:
        """Put the account on a plan."""
        Account(ACCOUNT).update([Account.plan.set(plan)])

    def start(self, use_id: str, size: str = "extra", kind: Kind = Kind.NOTEBOOK) -> None:
        """Something becomes usable now."""
        units = catalogue.size(size).units
        name = f"Notebook {use_id}"
        self.open(NewUse(use_id, ACCOUNT, f"nb_{use_id}", kind, name, size, units, self.now))

    def work(self, use_id: str, *, spot: bool) -> None:
        """A worker of the one cluster becomes usable now."""
        units = catalogue.units(vcpu=2, memory_gib=4, spot=spot)
        self.open(NewUse(use_id, ACCOUNT, "cl_1", Kind.CLUSTER, "sim", None, units, self.now))

    @staticmethod
    def open(use: NewUse) -> None:
        """Something becomes usable."""
        with db.transaction() as write:
            recording.open_in(write, use)

    def meter(self) -> None:
        """The sweep comes, and everything runs."""
        recording.record_use(Kind.NOTEBOOK, lambda _: True, self.now)
        recording.record_use(Kind.CLUSTER, lambda _: True, self.now)

    def stop(self, use_id: str, at: int | None = None) -> None:
        """Something has stopped, at a time that the provider tells."""
        with db.transaction() as write:
            recording.end_in(write, use_id, self.now if at is None else at)
        recording.settle(use_id)


def sign_up(account_id: str, plan: str) -> None:
    """There is an account on this plan."""
    moment = clock.now()
    Account(account_id, login=account_id, name=account_id, plan=plan, created_at=moment).save()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An account on the plan Researcher, at noon."""
    with tables(weighs=False):
        made = Site()
        monkeypatch.setattr(clock, "seconds", lambda: made.now)
        sign_up(ACCOUNT, "researcher")
        yield made
