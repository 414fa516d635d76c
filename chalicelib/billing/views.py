"""How an account stands, what a change would cost, and invoices, as the API tells them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from chalicelib.billing import notices, previews, schemas, stripe_invoices
from chalicelib.billing.standing import Standing, standing, status
from chalicelib.core import calendar, clock
from chalicelib.core.money import cents, exact, micros, rate
from chalicelib.core.views import view
from chalicelib.metering import service as metering
from chalicelib.metering import uses
from chalicelib.metering.service import Kind, Use


def billing_of(stands: Standing) -> schemas.Billing:
    """How an account stands, as the API tells it."""
    account = stands.account
    return schemas.Billing(
        plan=stands.plan.id,
        status=status(stands),
        renews_at=None if account.ends_at else clock.moment(account.period_end),
        ends_at=clock.moment(account.ends_at),
        month=calendar.month_of(stands.at),
        spent_usd=exact(stands.spent),
        limit_usd=None if stands.limit is None else cents(stands.limit),
        limit_percent=stands.percent,
        rate_usd_hour=rate(stands.usd_second * calendar.HOUR),
        running=[_running(id_, of, stands.at) for id_, of in _grouped(stands.running).items()],
        notices=[_notice(notice) for notice in notices.of(stands)],
        version=account.version or 1,
    )


def _grouped(running: Iterable[Use]) -> dict[str, list[Use]]:
    """Runs by their ids, but all workers of a cluster together, by its."""
    groups: dict[str, list[Use]] = defaultdict(list)
    for use in running:
        groups[use.resource_id if use.kind == Kind.CLUSTER else use.id].append(use)
    return groups


def _running(id_: str, of: list[Use], at: int) -> schemas.Running:
    usd_hour = sum((uses.extra_usd_second(use) for use in of), Decimal(0)) * calendar.HOUR
    return view(
        schemas.Running,
        of[0],
        use_id=id_,
        started_at=clock.moment(of[0].started_at),
        spent_usd=exact(sum((uses.cost(use, at) for use in of), Decimal(0))),
        rate_usd_hour=rate(usd_hour),
        included=not usd_hour,
        workers=len(of) if of[0].kind == Kind.CLUSTER else 0,
    )


def _notice(notice: notices.Notice) -> schemas.Notice:
    return view(schemas.Notice, notice, until=clock.moment(notice.until))


def usage_now(payer_id: str) -> schemas.UsageNow:
    """What the notebooks and clusters that an account is charged for cost at the moment."""
    stands = standing(payer_id)
    return schemas.UsageNow(
        month=calendar.month_of(stands.at),
        spent_usd=micros(stands.spent),
        limit_usd=None if stands.limit is None else cents(stands.limit),
        usd_hour=rate(stands.usd_second * calendar.HOUR),
        running=list(_resources(payer_id, stands.running)),
    )


def _resources(payer_id: str, running: Iterable[Use]) -> Iterator[schemas.UsedNow]:
    """One for each notebook and cluster, however many uses it has."""
    found = [use for use in running if use.kind in (Kind.NOTEBOOK, Kind.CLUSTER)]
    first = {use.resource_id: use for use in reversed(found)}
    begun = {id_: use.started_at for id_, use in first.items()}
    spent = metering.spending_of_running(payer_id, begun, found)
    for resource_id, use in sorted(first.items(), key=lambda item: item[1].started_at):
        yield schemas.UsedNow(
            id=resource_id,
            name=use.name,
            kind=Kind(use.kind),
            usd_hour=rate(spent[resource_id].usd_second * calendar.HOUR),
            spent_usd=micros(spent[resource_id].spent),
        )


def plan_change(change: previews.PlanChange) -> schemas.PlanChange:
    """What a change of plan would cost."""
    return view(
        schemas.PlanChange,
        change,
        plan=change.plan.id,
        effective_at=clock.moment(change.effective_at),
        due_today_usd=cents(change.due_today),
        lines=[schemas.ChangeLine(line.description, cents(line.amount)) for line in change.lines],
        next_total_usd=cents(change.next_total),
        next_at=clock.moment(change.next_at),
    )


def upcoming(found: previews.Upcoming) -> schemas.Upcoming:
    """The next invoice so far."""
    return schemas.Upcoming(
        lines=[
            view(schemas.InvoiceLine, line, amount_usd=cents(line.amount)) for line in found.lines
        ],
        total_usd=cents(found.total),
        invoice_at=clock.moment(found.at),
        unsent_usd=micros(found.unsent),
    )


def invoice(found: stripe_invoices.Invoice) -> schemas.Invoice:
    """An invoice."""
    return view(
        schemas.Invoice,
        found,
        total_usd=cents(found.total),
        created_at=clock.moment(found.created_at),
        period_start=clock.moment(found.period_start),
        period_end=clock.moment(found.period_end),
    )
