"""What an account's owner should know about money, in words that say what to do."""

from dataclasses import dataclass

from chalicelib.billing.standing import GRACE_DAYS, STOP_DAYS, Standing
from chalicelib.billing.vocabulary import NoticeKind, NoticeLevel
from chalicelib.core import calendar


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know. `until` is a second at which something changes by itself."""

    kind: NoticeKind
    level: NoticeLevel
    message: str
    until: int | None = None


def of(stands: Standing) -> list[Notice]:
    """Everything that an account should know now, the gravest first."""
    found = [_of_payment(stands), _of_limit(stands), _of_ending(stands)]
    return [notice for notice in found if notice is not None]


def _of_payment(stands: Standing) -> Notice | None:
    since = stands.account.unpaid_since
    if since is None:
        return None
    if stands.must_stop:
        return Notice(
            NoticeKind.STOPPING, NoticeLevel.ERROR,
            "An invoice is unpaid, and everything was stopped. Files are kept. Pay it to go on.",
        )  # fmt: skip
    if stands.may_not_start:
        return Notice(
            NoticeKind.STARTS_BLOCKED, NoticeLevel.ERROR,
            "An invoice is unpaid: nothing new starts. What runs is stopped on the date shown.",
            since + STOP_DAYS * calendar.DAY,
        )  # fmt: skip
    return Notice(
        NoticeKind.PAYMENT_FAILED, NoticeLevel.WARNING,
        "An invoice could not be paid. Check your card; after the date shown nothing new starts.",
        since + GRACE_DAYS * calendar.DAY,
    )  # fmt: skip


def _of_limit(stands: Standing) -> Notice | None:
    # A limit of nothing is somebody's choice, and nothing to be warned of.
    if not stands.limit:
        return None
    if stands.is_reached:
        return Notice(
            NoticeKind.LIMIT_REACHED, NoticeLevel.ERROR,
            f"Your monthly limit of ${stands.limit:.2f} is reached. What costs extra was saved and "
            "stopped; what your plan includes runs on. Raise the limit to go on.",
        )  # fmt: skip
    spent = f"${stands.spent:.2f} of your monthly limit of ${stands.limit:.2f} are spent."
    if stands.percent >= 80:
        then = "At the limit, what costs extra is stopped."
        return Notice(NoticeKind.LIMIT_80, NoticeLevel.WARNING, f"{spent} {then}")
    if stands.percent >= 50:
        return Notice(NoticeKind.LIMIT_50, NoticeLevel.INFO, spent)
    return None


def _of_ending(stands: Standing) -> Notice | None:
    ends_at = stands.account.ends_at
    if ends_at is None:
        return None
    return Notice(
        NoticeKind.CANCELING, NoticeLevel.INFO,
        f"Your plan {stands.plan.name} ends on the date shown. You can take that back until then.",
        ends_at,
    )  # fmt: skip
