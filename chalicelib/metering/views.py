"""What was used, as the API tells it."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from chalicelib.core import clock
from chalicelib.core.money import exact
from chalicelib.core.views import view
from chalicelib.metering import reports, schemas
from chalicelib.metering.models import UsageDay
from chalicelib.plans.catalogue import METERS, TIMED


def usage_of(reader_id: str, month: reports.Month, found: list[UsageDay]) -> schemas.Usage:
    """A month of an account, in several sums of the same days."""
    charged = [day for day in found if day.payer_id == reader_id]
    return schemas.Usage(
        account_id=reader_id,
        month=month.name,
        start=clock.moment(month.start),
        end=clock.moment(month.end),
        amount_usd=exact(_sum(charged)),
        meters=_meters(charged),
        days=_days(month, charged),
        resources=resources_of(found),
        cells=[_cell(day) for day in found],
    )


def _meters(days: list[UsageDay]) -> list[schemas.MeterUsage]:
    found = []
    for meter in METERS.values():
        of_meter = [day for day in days if day.meter == meter.id]
        quantity, included = (
            sum(day.quantity for day in of_meter),
            sum(day.included for day in of_meter),
        )
        found.append(
            schemas.MeterUsage(
                meter.id, meter.name, meter.unit, quantity, included, quantity - included,
                exact(_sum(of_meter)),
            )
        )  # fmt: skip
    return found


def _days(month: reports.Month, days: list[UsageDay]) -> list[schemas.DayUsage]:
    by_date: dict[str, dict[str, Decimal]] = {date: {} for date in month.dates}
    for day in days:
        meters = by_date.setdefault(reports.date_of(day), {})
        meters[day.meter] = meters.get(day.meter, Decimal(0)) + day.amount
    return [
        schemas.DayUsage(
            date,
            exact(sum(meters.values(), Decimal(0))),
            {meter: exact(amount) for meter, amount in meters.items()},
        )
        for date, meters in sorted(by_date.items())
    ]


def resources_of(days: list[UsageDay]) -> list[schemas.ResourceUsage]:
    """The dearest first. A resource's time is counted by several meters; `TIMED` tell it."""
    by_resource: dict[tuple[str, str], list[UsageDay]] = defaultdict(list)
    for day in days:
        by_resource[day.resource_id, day.payer_id].append(day)
    dearest = sorted(by_resource.values(), key=_sum, reverse=True)
    return [
        view(
            schemas.ResourceUsage,
            of[-1],
            seconds=sum(day.seconds for day in of if day.meter in TIMED),
            amount_usd=exact(_sum(of)),
        )
        for of in dearest
    ]


def _cell(day: UsageDay) -> schemas.UsageCell:
    return view(schemas.UsageCell, day, date=reports.date_of(day), amount_usd=exact(day.amount))


def _sum(days: Iterable[UsageDay]) -> Decimal:
    return sum((day.amount for day in days), Decimal(0))
