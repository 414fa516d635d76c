"""What the service tells about clusters and money, as values: money is Decimal, never float."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

_CENT = Decimal("0.01")
ENDED = frozenset({"stopped", "failed"})
"""States that nothing follows."""


@dataclass(frozen=True)
class Reason:
    """Why something is as it is: the service's word, and a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True)
class ClusterInfo:
    """A cluster, as the service last told of it.

    state: starting, running, stopping, stopped or failed.
    wanted, arriving, running: workers asked for, on their way, and joined.
    worker_usd_hour, usd_hour, now_usd_hour: US dollars an hour: of one worker, of all that are
        wanted, and what is charged at this moment.
    spent_usd: US dollars so far, as of `as_of`.
    tasks: how many are waiting, processing, memory (done, kept) and erred; empty if not known.
    problem: what stands in its way now; stop: why it stopped, or is about to.
    """

    id: str
    name: str
    notebook: str
    state: str
    wanted: int
    arriving: int
    running: int
    vcpu: int
    memory_gib: int
    gpu: int
    purchase: str
    worker_usd_hour: Decimal
    usd_hour: Decimal
    now_usd_hour: Decimal
    spent_usd: Decimal
    budget_usd: Decimal | None
    as_of: datetime
    created_at: datetime
    tasks: Mapping[str, int] = field(default_factory=dict)
    problem: Reason | None = None
    stop: Reason | None = None
    saved_results: int = 0

    @property
    def ended(self) -> bool:
        """Nothing of it runs any more, and nothing is charged."""
        return self.state in ENDED

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClusterInfo:
        """A cluster as the service writes it."""
        workers, worker, price = data["workers"], data["worker"], data["price"]
        return cls(
            id=data["id"],
            name=data["name"],
            notebook=data["notebook_name"],
            state=data["state"],
            wanted=workers["wanted"],
            arriving=workers["pending"] + workers["starting"],
            running=workers["running"],
            vcpu=worker["vcpu"],
            memory_gib=worker["memory_gib"],
            gpu=worker["gpu"],
            purchase=data["purchase"],
            worker_usd_hour=Decimal(price["worker_usd_hour"]),
            usd_hour=Decimal(price["usd_hour"]),
            now_usd_hour=Decimal(price["now_usd_hour"]),
            spent_usd=Decimal(data["spent_usd"]),
            budget_usd=_money(data["budget_usd"]),
            as_of=datetime.fromisoformat(data["as_of"]),
            created_at=datetime.fromisoformat(data["created_at"]),
            tasks=data["tasks"] or {},
            problem=_reason(data["problem"], "code"),
            stop=_reason(data["stop"], "reason"),
            saved_results=(data["saved"] or {}).get("results", 0),
        )


@dataclass(frozen=True)
class Cost:
    """What a cluster costs, in US dollars: so far, an hour now, and the most it may."""

    spent_usd: Decimal
    usd_hour: Decimal
    budget_usd: Decimal | None

    def __str__(self) -> str:
        limit = f" of a budget of {exactly(self.budget_usd)}" if self.budget_usd else ""
        return f"{money(self.spent_usd)} so far{limit}, {money(self.usd_hour)} an hour now"

    def __repr__(self) -> str:
        return f"<Cost: {self}>"


@dataclass(frozen=True)
class Running:
    """Something that is charged at this moment: a notebook or a cluster."""

    id: str
    name: str
    kind: str
    usd_hour: Decimal
    spent_usd: Decimal


@dataclass(frozen=True)
class Usage:
    """What an account has used this month, in US dollars.

    month: such as ``2026-11``. limit_usd: the account's own monthly limit, None without one.
    usd_hour: what everything that runs costs an hour now; `running` says what that is.
    """

    month: str
    spent_usd: Decimal
    limit_usd: Decimal | None
    usd_hour: Decimal
    running: tuple[Running, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Usage:
        """An account's usage as the service writes it."""
        return cls(
            month=data["month"],
            spent_usd=Decimal(data["spent_usd"]),
            limit_usd=_money(data["limit_usd"]),
            usd_hour=Decimal(data["usd_hour"]),
            running=tuple(
                Running(
                    id=item["id"],
                    name=item["name"],
                    kind=item["kind"],
                    usd_hour=Decimal(item["usd_hour"]),
                    spent_usd=Decimal(item["spent_usd"]),
                )
                for item in data["running"]
            ),
        )

    def __str__(self) -> str:
        limit = f" of {exactly(self.limit_usd)}" if self.limit_usd is not None else ""
        return f"{money(self.spent_usd)}{limit} in {self.month}, {money(self.usd_hour)} an hour now"

    def __repr__(self) -> str:
        return f"<Usage: {self}>"


def money(amount: Decimal) -> str:
    """US dollars for people: to the cent, and what is less than that to two digits of it."""
    if amount and abs(amount) < _CENT:
        return f"${amount:.{max(4, 1 - amount.adjusted())}f}"
    return f"${amount:,.2f}"


def exactly(amount: Decimal) -> str:
    """US dollars as somebody has chosen them: to the cent, or as precisely as they were given."""
    digits = -int(amount.normalize().as_tuple().exponent)
    return f"${amount:,.{max(2, digits)}f}"


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _reason(data: Mapping[str, str] | None, key: str) -> Reason | None:
    return None if data is None else Reason(data[key], data["message"])
