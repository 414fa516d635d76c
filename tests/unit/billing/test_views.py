"""Words that this version does not know are shown as unknown, and fail no list."""

from decimal import Decimal

import stripe

from chalicelib.billing import stripe_invoices, views
from chalicelib.billing.vocabulary import InvoiceStatus
from chalicelib.metering import views as usage
from chalicelib.metering.models import UsageDay
from chalicelib.plans.catalogue import Kind

INVOICE = {
    "id": "in_1", "object": "invoice", "number": "A-1", "total": 990, "created": 1_800_000_000,
    "period_start": 1_800_000_000, "period_end": 1_802_000_000, "hosted_invoice_url": None,
    "invoice_pdf": None, "lines": {"object": "list", "data": []},
}  # fmt: skip


def test_an_invoice_says_its_status_in_stripe_s_words() -> None:
    told = {status: _invoice_in(status) for status in ("draft", "open", "paid", "void")}

    assert {status: one.value for status, one in told.items()} == {each: each for each in told}


def test_a_status_that_stripe_adds_is_shown_as_unknown() -> None:
    assert _invoice_in("pending_review") is InvoiceStatus.UNKNOWN


def test_usage_of_a_kind_that_another_version_sells_is_shown() -> None:
    day = UsageDay(
        reader_id="acc_1", slot="2026-11-01|x", account_id="acc_1", payer_id="acc_1",
        resource_id="gw_1", kind="gateway", name="Gateway", meter="vcpu_seconds", seconds=60,
        quantity=60, included=0, amount=Decimal("0.5"),
    )  # fmt: skip

    (told,) = usage.resources_of([day])

    assert (told.kind, told.name, told.seconds) == (Kind.UNKNOWN, "Gateway", 60)
    assert Decimal(told.amount_usd) == Decimal("0.5")


def _invoice_in(status: str) -> InvoiceStatus:
    of_stripe = stripe.Invoice.construct_from(INVOICE | {"status": status}, None)
    return views.invoice(stripe_invoices.invoice_of(of_stripe)).status
