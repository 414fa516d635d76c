"""Routes of what is used: how an account stands, its limit, plots and rows."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from chalicelib.billing import limits, notices, reports, runs, spending
from chalicelib.billing import usage_schemas as schemas
from chalicelib.billing.catalogue import METERS, TIMED
from chalicelib.billing.limits import Standing
from chalicelib.billing.models import Run, UsageDay
from chalicelib.billing.runs import Kind
from chalicelib.billing.schemas import UsageNow
from chalicelib.core import clock
from chalicelib.core.http import Api, Call, Reply

api = Api("usage")


@api.get("/billing", scope="account:read", returns=schemas.Billing)
def read_billing(call: Call) -> schemas.Billing:
    """Read how the account stands this month."""
    return billing_of(limits.standing(call.account_id))


@api.get("/usage/now", scope="account:read", returns=UsageNow)
def read_usage_now(call: Call) -> UsageNow:
    """Read what runs at the moment, and what it costs."""
    return spending.now(call.account_id)


@api.put(
    "/billing/limit",
    access="session",
    body=schemas.SetLimit,
    returns=schemas.Billing,
    versioned=True,
)
def set_limit(call: Call, body: schemas.SetLimit) -> schemas.Billing:
    """Set the most to spend beyond the plan in a month."""
    amount = None if body.limit_usd is None else Decimal(body.limit_usd)
    limits.set_limit(call.account_id, amount, call.if_match())
    return billing_of(limits.standing(call.account_id))


@api.get("/billing/usage", scope="account:read", returns=schemas.Usage, query=("month",))
def read_usage(call: Call) -> schemas.Usage:
    """Read what was used in a month."""
    month = reports.month(call.query.get("month"))
    days = reports.days(call.account_id, month)
    return schemas.Usage(
        month=month.name,
        start=_at(month.start),
        end=_at(month.end),
        amount_usd=_exact(_sum(days)),
        meters=_meters(days),
        days=_days(month, days),
        resources=resources_of(days),
        cells=[_cell(day) for day in days],
    )


@api.get(
    "/billing/usage.csv",
    scope="account:read",
    returns=str,
    media="text/csv",
    query=("month",),
)
def download_usage(call: Call) -> Reply[str]:
    """Download what was used in a month as CSV."""
    month = reports.month(call.query.get("month"))
    return Reply(
        reports.as_csv(reports.rows(call.account_id, month)),
        headers={"Content-Disposition": f'attachment; filename="usage-{month.name}.csv"'},
    )


def billing_of(stands: Standing) -> schemas.Billing:
    """How an account stands, as the API tells it."""
    account = stands.account
    return schemas.Billing(
        plan=stands.plan.id,
        status=limits.status(stands),
        renews_at=None if account.ends_at else clock.moment(account.period_end),
        ends_at=clock.moment(account.ends_at),
        month=reports.month(None).name,
        spent_usd=_exact(stands.spent),
        limit_usd=None if stands.limit is None else f"{stands.limit:.2f}",
        limit_percent=stands.percent,
        rate_usd_hour=f"{stands.usd_second * 3600:.4f}",
        running=[_running(id_, of, stands.at) for id_, of in _grouped(stands.running).items()],
        notices=[_notice(notice) for notice in notices.of(stands)],
        version=account.version or 1,
    )


def _grouped(running: Iterable[Run]) -> dict[str, list[Run]]:
    """Runs by their ids, but all workers of a cluster together, by its."""
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in running:
        groups[run.resource_id if run.kind == Kind.CLUSTER else run.id].append(run)
    return groups


def _running(id_: str, of: list[Run], at: int) -> schemas.Running:
    rate = sum((runs.extra_usd_second(run) for run in of), Decimal(0)) * 3600
    return schemas.Running(
        run_id=id_,
        resource_id=of[0].resource_id,
        kind=of[0].kind,
        name=of[0].name,
        size=of[0].size,
        started_at=_at(of[0].started_at),
        spent_usd=_exact(sum((runs.cost(run, at) for run in of), Decimal(0))),
        rate_usd_hour=f"{rate:.4f}",
        included=not rate,
        workers=len(of) if of[0].kind == Kind.CLUSTER else 0,
    )


def _notice(notice: notices.Notice) -> schemas.Notice:
    return schemas.Notice(notice.kind, notice.level, notice.message, clock.moment(notice.until))


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
                _exact(_sum(of_meter)),
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
            _exact(sum(meters.values(), Decimal(0))),
            {meter: _exact(amount) for meter, amount in meters.items()},
        )
        for date, meters in sorted(by_date.items())
    ]


def resources_of(days: list[UsageDay]) -> list[schemas.ResourceUsage]:
    """The dearest first. A resource's time is counted by several meters; `TIMED` tell it."""
    by_resource: dict[str, list[UsageDay]] = defaultdict(list)
    for day in days:
        by_resource[day.resource_id].append(day)
    dearest = sorted(by_resource.values(), key=_sum, reverse=True)
    return [
        schemas.ResourceUsage(
            of[-1].resource_id, of[-1].kind, of[-1].name,
            sum(day.seconds for day in of if day.meter in TIMED), _exact(_sum(of)),
        )
        for of in dearest
    ]  # fmt: skip


def _cell(day: UsageDay) -> schemas.UsageCell:
    return schemas.UsageCell(
        reports.date_of(day), day.resource_id, day.meter, day.quantity, day.included,
        _exact(day.amount),
    )  # fmt: skip


def _sum(days: Iterable[UsageDay]) -> Decimal:
    return sum((day.amount for day in days), Decimal(0))


def _exact(amount: Decimal) -> str:
    """Dollars to the last digit, at least to the micro-dollar."""
    return f"{amount:.6f}" if amount == round(amount, 6) else f"{amount.normalize():f}"


def _at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
