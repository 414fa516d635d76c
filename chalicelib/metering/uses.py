"""Uses: what is used and paid for, one after the other, and on which terms."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.core import db
from chalicelib.core.observability import log
from chalicelib.core.shards import Shards
from chalicelib.core.sweeps import readable
from chalicelib.metering.ledger import Terms, plain
from chalicelib.metering.models import Use
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import Kind, Plan, Units

OPEN_SHARDS = Shards(4)
"""Parts of the index of what is being metered, so that no one part is written too often."""
STORAGE_SHARD = "storage"
"""The part in which the uses of stored bytes are; they never end."""


@dataclass(frozen=True, slots=True)
class NewUse:
    """Something that begins to be used: a server, or one worker of a cluster.

    `use_id` is its own id (one use, one record), `resource_id` the notebook's or cluster's, and
    `name` what its owner calls that. `started_at` is the second from which it is paid for: the
    provider's own start or, if it stood ready before, when it was claimed. `payer_id` is the
    account that is charged for it, if that is not the one that uses it.
    """

    use_id: str
    account_id: str
    resource_id: str
    kind: Kind
    name: str
    size: str | None
    units: Units
    started_at: int
    payer_id: str | None = None

    @property
    def payer(self) -> str:
        """The account that is charged for it."""
        return self.payer_id or self.account_id


def terms_of(plan: Plan, kind: Kind, units: Units) -> Terms:
    """On which terms something is used on a plan."""
    return Terms(plan.id, units, plan.covered_of(kind, units))


def terms_now(use: Use) -> Terms:
    """The terms that a use is on."""
    return Terms(use.plan, plain(use.units), plain(use.included))


def begun(new: NewUse, terms: Terms) -> Use:
    """The record of a use that begins; it is metered once it is in a shard."""
    return Use(
        new.use_id,
        account_id=new.account_id,
        payer_id=new.payer,
        resource_id=new.resource_id,
        kind=new.kind,
        name=new.name,
        size=new.size,
        plan=terms.plan,
        units=dict(terms.units),
        included=dict(terms.included),
        started_at=new.started_at,
        metered_until=new.started_at,
        amount=Decimal(0),
        open_payer_id=new.payer,
    )


def shard_of(use_id: str) -> str:
    """The part of the index of open uses that a use is in."""
    return OPEN_SHARDS.of(use_id)


def open_of(kind: Kind) -> Iterator[Use]:
    """Everything of a kind that is being metered."""
    return (use for use in every_open() if use.kind == kind)


def every_open() -> Iterator[Use]:
    """Everything that is being metered, but for stored bytes and rows that can't be read."""
    for shard in OPEN_SHARDS:
        found = list(readable("open uses were not all listed", Use.open.query(shard)))
        yield from (use for use in found if _is_whole(use))


def _is_whole(use: Use) -> bool:
    """Whether a row has all that a use must have: what it lacks is read as None."""
    lacks = [
        name
        for name, attribute in Use.get_attributes().items()
        if getattr(use, name) is None and not attribute.null
    ]
    if lacks:
        log.error("an open use lacks what it must have", use_id=use.id, lacks=lacks)
    return not lacks


def open_of_account(account_id: str) -> list[Use]:
    """What an account uses at the moment, whoever pays for it, oldest first; not stored bytes."""
    return sorted(Use.open_by_account.query(account_id), key=lambda use: use.started_at)


def open_of_payer(payer_id: str) -> list[Use]:
    """What an account is charged for at the moment, oldest first; not stored bytes."""
    found = [use for use in Use.open_by_payer.query(payer_id) if use.kind != Kind.STORAGE]
    return sorted(found, key=lambda use: use.started_at)


def are_recorded_until(payer_id: str, end: int) -> bool:
    """Whether everything before a second that an account is charged for is in segments."""
    unrecorded = Use.open_by_payer.query(payer_id)
    return all(use.metered_until >= end or use.started_at >= end for use in unrecorded)


def storage_id(account_id: str) -> str:
    """What the use of an account's stored bytes is called."""
    return f"storage:{account_id}"


def find(use_id: str) -> Use | None:
    """One use as it is now; None if it was never opened."""
    return db.find(Use, use_id)


def by_ids(use_ids: Iterable[str]) -> dict[str, Use]:
    """Uses by their ids; those that were never opened are left out."""
    wanted = list(use_ids)
    found = Use.batch_get(wanted, consistent_read=True) if wanted else ()
    return {use.id: use for use in found}


def accrued(use: Use, at: int, since: int) -> Decimal:
    """What a use costs beyond the plan from a second on, as far as it isn't recorded yet."""
    until = at if use.ended_at is None else min(at, use.ended_at)
    return extra_usd_second(use) * max(0, until - max(use.metered_until, since))


def extra_usd_second(use: Use) -> Decimal:
    """What a second of a use costs beyond the plan, in dollars."""
    units, included = plain(use.units), plain(use.included)
    return sum(
        (
            rate.usd_second(units[meter] - included.get(meter, 0))
            for meter, rate in catalogue.rates_of(units).items()
        ),
        Decimal(0),
    )


def cost(use: Use, at: int) -> Decimal:
    """What a use costs beyond the plan until a second, recorded or not yet, in dollars."""
    return use.amount + accrued(use, at, since=use.metered_until)
