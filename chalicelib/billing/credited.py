"""What nobody is charged for, because the service or its provider failed: bounded a day.

Whether it was our fault is for the features to know, by what ECS and Batch say; never by what a
program of the account says, not even by its silence. A use that is credited ends, for the bill, at
the second at which it started: what was recorded by then is taken back.
"""

from dataclasses import dataclass
from decimal import Decimal

from chalicelib.billing import payers
from chalicelib.billing.models import BillingAccount
from chalicelib.core import calendar, clock, db
from chalicelib.metering import service as metering
from chalicelib.metering import uses
from chalicelib.metering.service import Use

FREE_USD_DAY = Decimal("1.00")
"""Dollars at list price that one payer is credited in a UTC day; what fails beyond is charged.

An honest account hardly gets there: it is 64 workers of 4 vCPUs that all lose their spot machines
within minutes, or a dozen failed starts of the largest notebook. It is also the most that an
account can compute for nothing in a day, should it find a way to make starts fail.
"""


@dataclass(frozen=True, slots=True)
class Credit:
    """A use that is to cost nothing, and how much the account had been credited before it."""

    use: Use
    why: str
    amount: Decimal
    day: str
    account: BillingAccount

    @property
    def given(self) -> Decimal:
        """What the account was credited on this day before."""
        account = self.account
        return account.free_usd or Decimal(0) if account.free_day == self.day else Decimal(0)


def credit(use_id: str, ended_at: int, why: str) -> Credit | None:
    """That an open use, of which the provider says that it stopped at a second, costs nothing.

    `why` is for its owner. None if it costs nothing anyway, or if the day's credit is used up.
    """
    use = uses.find(use_id)
    if use is None or use.ended_at is not None:
        return None
    amount = uses.extra_usd_second(use) * max(0, ended_at - use.started_at)
    day = calendar.date_of(clock.seconds())
    found = Credit(use, why, amount, day, payers.read(use.payer_id))
    return found if amount and found.given + amount <= FREE_USD_DAY else None


def credit_in(write: db.Writes, one: Credit) -> None:
    """End a use at its start, in the transaction that notes when the provider stopped it."""
    metering.waive_in(write, one.use, one.why)
    account, day = BillingAccount(one.use.payer_id), BillingAccount.free_day
    if one.account.free_day == one.day:
        more, has_room = BillingAccount.free_usd.add(one.amount), _has_room(one)
        write.update("credit", account, [more], condition=(day == one.day) & has_room)
    else:
        begin = [day.set(one.day), BillingAccount.free_usd.set(one.amount)]
        write.update("credit", account, begin, condition=_is_of_another_day(one))


def _has_room(one: Credit) -> db.Condition:
    """Whether the day's credit still has room: others may have been credited since it was read."""
    condition: db.Condition = BillingAccount.free_usd <= FREE_USD_DAY - one.amount
    return condition


def _is_of_another_day(one: Credit) -> db.Condition:
    day = BillingAccount.free_day
    condition: db.Condition = day.does_not_exist() | (day != one.day)
    return condition
