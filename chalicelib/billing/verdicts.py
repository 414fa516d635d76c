"""What must stop: at the limit, for want of payment, or because the plan does not have it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.billing.standing import Standing, standings
from chalicelib.core.db import UNREADABLE
from chalicelib.core.observability import surviving
from chalicelib.metering import uses
from chalicelib.metering.service import Kind, Use
from chalicelib.plans import service as plans


class Cause(StrEnum):
    """Why something must stop."""

    LIMIT = "limit"
    UNPAID = "unpaid"
    PLAN = "plan"


_OF_ANOTHER = {
    Cause.LIMIT: "The monthly limit of whoever pays for it was reached.",
    Cause.UNPAID: "Whoever pays for it has an unpaid invoice.",
    Cause.PLAN: "The plan of whoever pays for it does not include it.",
}
"""What somebody is told who does not pay: neither amounts nor plans of the one who does."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A use that must stop, and why, in words for its owner."""

    use_id: str
    account_id: str
    cause: Cause
    message: str

    @property
    def id(self) -> str:
        """What it is called where a sweep stopped."""
        return self.use_id


def verdicts(kind: Kind) -> Iterator[Verdict]:
    """Everything of a kind that must stop now."""
    running: dict[str, list[Use]] = {}
    for use in sorted(uses.every_open(), key=lambda use: (use.payer_id, use.started_at)):
        running.setdefault(use.payer_id, []).append(use)
    if running:
        for stands in _each_standing(running):
            payer_id = stands.account.account_id
            with surviving("an account's limits were not looked at", account_id=payer_id):
                yield from list(_verdicts_of(stands, kind))


def _each_standing(running: Mapping[str, list[Use]]) -> Iterator[Standing]:
    """As `_standings`, but that an account which can't be read costs no other its limits."""
    try:
        yield from list(standings(running))
    except UNREADABLE:
        for payer_id, own in running.items():
            with surviving("an account's limits were not looked at", account_id=payer_id):
                yield from list(standings({payer_id: own}))


def _verdicts_of(stands: Standing, kind: Kind) -> Iterator[Verdict]:
    found = [use for use in stands.running if use.kind == kind and use.ended_at is None]
    for place, use in enumerate(found):
        cause = _cause(stands, use, place)
        if cause is not None:
            is_own = use.account_id == use.payer_id
            message = _message(stands, cause) if is_own else _OF_ANOTHER[cause]
            yield Verdict(use.id, use.account_id, cause, message)


def _cause(stands: Standing, use: Use, place: int) -> Cause | None:
    """Why a use must stop; `place` counts those that began before it."""
    if stands.must_stop:
        return Cause.UNPAID
    units = {meter: int(use.units[meter]) for meter in use.units}
    if not plans.allows(stands.plan, Kind(use.kind), units, place):
        return Cause.PLAN
    if uses.extra_usd_second(use) and stands.is_nearly_spent:
        return Cause.LIMIT
    return None


def _message(stands: Standing, cause: Cause) -> str:
    if cause is Cause.UNPAID:
        return "An invoice is unpaid. Pay it on the billing page, and start again."
    if cause is Cause.PLAN:
        return f"Your plan is {stands.plan.name} now, which does not include it. Choose another."
    return (
        f"Your monthly limit of ${stands.limit:.2f} was reached. Raise it on the billing page, or "
        "choose a size that your plan includes."
    )
