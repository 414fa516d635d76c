"""What runs at the moment, and what single resources have cost so far, to the last second."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.core import calendar, clock
from chalicelib.metering import uses
from chalicelib.metering.models import UsageDay, Use


@dataclass(frozen=True, slots=True)
class Spending:
    """What a resource has cost beyond the plan until `at`, and what a second of it costs now.

    Dollars. `running` are the ids of its uses that are open.
    """

    spent: Decimal
    usd_second: Decimal
    at: int
    running: frozenset[str]


def of_resources(account_id: str, since: Mapping[str, int]) -> dict[str, Spending]:
    """What resources of one account have cost, each since the second at which it began.

    Whoever pays for them.
    """
    return of_running(account_id, since, uses.open_of_account(account_id)) if since else {}


def of_running(
    reader_id: str, since: Mapping[str, int], running: Iterable[Use]
) -> dict[str, Spending]:
    """As `of_resources`, of what an account uses or is charged for, by what of that is open."""
    at = clock.seconds()
    open_uses: dict[str, list[Use]] = defaultdict(list)
    for use in running:
        open_uses[use.resource_id].append(use)
    recorded = {id_: _recorded(reader_id, id_, begun, at) for id_, begun in since.items()}
    return {id_: _spending(recorded[id_], open_uses[id_], at) for id_ in since}


def _spending(recorded: Decimal, running: list[Use], at: int) -> Spending:
    unrecorded = sum(
        (uses.accrued(use, at, since=use.metered_until) for use in running), Decimal(0)
    )
    going_on = [use for use in running if use.ended_at is None]
    usd_second = sum((uses.extra_usd_second(use) for use in going_on), Decimal(0))
    return Spending(recorded + unrecorded, usd_second, at, frozenset(use.id for use in going_on))


def _recorded(reader_id: str, resource_id: str, begun: int, at: int) -> Decimal:
    dates = (calendar.date_of(day) for day in range(begun, at + calendar.DAY, calendar.DAY))
    days = (
        UsageDay.query(
            reader_id, UsageDay.slot.startswith(f"{date}#{resource_id}#"), consistent_read=True
        )
        for date in dates
    )
    return sum((day.amount for found in days for day in found), Decimal(0))
