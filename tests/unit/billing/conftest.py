"""An account that pays, tables in this process, a clock that stands until it is moved."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from chalicelib.billing.models import BillingAccount
from chalicelib.core import clock
from localcloud.tables import tables
from tests.unit.billing.fake_stripe import FakeStripe
from tests.unit.metering.conftest import ACCOUNT, NOON, Site, sign_up

__all__ = ["ACCOUNT", "NOON", "Shop"]


@dataclass
class Shop(Site):
    """What a test of billing acts on."""

    stripe: FakeStripe = field(kw_only=True)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """An account on the plan Researcher, at noon."""
    with tables(weighs=False):
        made = Shop(stripe=FakeStripe(lambda: made.now))
        monkeypatch.setattr(clock, "seconds", lambda: made.now)
        made.stripe.install(monkeypatch)
        sign_up(ACCOUNT, "researcher")
        BillingAccount(ACCOUNT, customer_id="cus_1").save()
        yield made
