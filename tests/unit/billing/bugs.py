"""Mistakes that have lost somebody's money elsewhere, each as a change of our code.

The histories must find every one; a test that can't fail proves nothing.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from chalicelib.billing.stripe_gateway import Delivery
from chalicelib.core import db
from chalicelib.metering import ledger, recording
from chalicelib.metering.models import Use
from tests.unit.billing.fake_stripe import FakeStripe

Bug = Callable[[pytest.MonkeyPatch], None]


def without_deduplication(patch: pytest.MonkeyPatch) -> None:
    """Writes happen whatever is there already."""
    save, update = db.Writes.save, db.Writes.update

    def save_anyhow(self: db.Writes, label: str, model: Any, condition: object = None) -> None:
        save(self, label, model)

    def update_anyhow(
        self: db.Writes, label: str, model: Any, actions: list[db.Action], condition: object = None
    ) -> None:
        update(self, label, model, actions)

    patch.setattr(db.Writes, "save", save_anyhow)
    patch.setattr(db.Writes, "update", update_anyhow)


def an_identifier_for_every_attempt(patch: pytest.MonkeyPatch) -> None:
    """Every try to send looks like another message."""
    report, attempts = FakeStripe.report_usage, count()

    def report_anew(self: FakeStripe, event: Mapping[str, Any]) -> Delivery:
        return report(self, {**event, "identifier": f"{event['identifier']}:{next(attempts)}"})

    patch.setattr(FakeStripe, "report_usage", report_anew)


def the_claim_before_the_write(patch: pytest.MonkeyPatch) -> None:
    """A run says that it is recorded so far before it is."""
    record = ledger.record

    def count_only(write: db.Writes, use: Use, _piece: ledger.Piece, seq: int) -> None:
        write.update("use", use, [Use.seq.set(seq)])

    def record_after_claim(use: Use, piece: ledger.Piece) -> None:
        after = piece.end if piece.sign > 0 else piece.start
        use.update([Use.metered_until.set(after)], condition=Use.seq == use.seq)
        record(use, piece)

    patch.setattr(ledger, "_move", count_only)
    patch.setattr(ledger, "record", record_after_claim)


def money_in_binary_fractions(patch: pytest.MonkeyPatch) -> None:
    """Amounts are multiplied as floats."""

    def amount(line: ledger.Line) -> Decimal:
        return Decimal(str(float(line.billable) * float(line.price)))

    patch.setattr(ledger.Line, "amount", property(amount))


def a_boundary_off_by_one(patch: pytest.MonkeyPatch) -> None:
    """The second of the stop is counted as if it had been used."""
    end_in = recording.end_in

    def end_late(write: db.Writes, use_id: str, ended_at: int) -> None:
        end_in(write, use_id, ended_at + 1)

    patch.setattr(recording, "end_in", end_late)


BUGS: tuple[Bug, ...] = (
    without_deduplication,
    an_identifier_for_every_attempt,
    the_claim_before_the_write,
    money_in_binary_fractions,
    a_boundary_off_by_one,
)
