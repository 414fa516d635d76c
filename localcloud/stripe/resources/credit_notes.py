"""Credit notes: how a final invoice is put right."""

from localcloud.stripe.billing import collection
from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid
from localcloud.stripe.events import emit
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import listing, whole
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    choice,
    created,
    integer,
    merged,
    metadata,
    operation_parameters,
    text,
)
from localcloud.stripe.resources import customers

PATH = "/v1/credit_notes"

REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")


@operation(
    f"POST {PATH}",
    operation_parameters(
        {
            "amount": integer,
            "credit_amount": integer,
            "invoice": text(),
            "memo": text(),
            "metadata": metadata,
            "reason": choice(*REASONS),
            "refund_amount": integer,
        },
        required=["invoice"],
        elsewhere="effective_at email_type lines out_of_band_amount refunds shipping_cost",
    ),
)
def create(ctx: Context, asked: Json) -> Json:
    """Credit an amount: off what an open invoice asks for, or to the balance of who paid."""
    invoice = ctx.store.get("invoice", asked["invoice"], "invoice")
    amount = asked.get("amount")
    if amount is None or amount <= 0:
        raise invalid("Missing required param: amount.", "amount", "parameter_missing")
    if invoice["status"] == "open":
        _reduce(ctx, invoice, amount)
    elif invoice["status"] == "paid":
        _credit(ctx, invoice, amount, asked)
    else:
        raise invalid(f"The invoice is {invoice['status']}; it must be open or paid.", "invoice")
    note = _note(ctx, invoice, asked, before_payment=invoice["status"] == "open")
    ctx.store.add(note)
    emit(ctx, "credit_note.created", note)
    if invoice["status"] == "open" and invoice["amount_remaining"] == 0:
        collection.charge(ctx, invoice)
    return note


@operation(f"GET {PATH}/{{id}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, id_: str) -> Json:
    """One credit note."""
    return ctx.store.get("credit_note", id_)


@operation(
    f"GET {PATH}",
    operation_parameters(
        PAGING | {"created": created, "customer": text(), "invoice": text()},
        elsewhere="customer_account",
    ),
)
def list_(ctx: Context, asked: Json) -> Json:
    """Credit notes, by customer and invoice if asked."""
    invoice = asked.get("invoice")
    found = ctx.store.each("credit_note", asked.get("customer"))
    return listing(PATH, asked, found, lambda each: invoice in (None, each["invoice"]))


def _reduce(ctx: Context, invoice: Json, amount: int) -> None:
    if amount > invoice["amount_remaining"]:
        raise invalid("The credit note is more than what is left to pay.", "amount")
    invoice["pre_payment_credit_notes_amount"] += amount
    invoice["amount_due"] -= amount
    invoice["amount_remaining"] -= amount
    ctx.store.save(invoice)
    emit(ctx, "invoice.updated", invoice)


def _credit(ctx: Context, invoice: Json, amount: int, asked: Json) -> None:
    """Give back what was paid: to the card (`refund_amount`) or to the balance."""
    to_balance = asked.get("credit_amount", 0)
    if to_balance + asked.get("refund_amount", 0) != amount:
        message = "The sum of credit_amount and refund_amount must be the amount."
        raise invalid(message, "amount")
    if amount + invoice["post_payment_credit_notes_amount"] > invoice["amount_paid"]:
        raise invalid("The credit note is more than what was paid.", "amount")
    invoice["post_payment_credit_notes_amount"] += amount
    ctx.store.save(invoice)
    customer = ctx.store.get("customer", invoice["customer"])
    customers.changed(ctx, customer, {"balance": customer["balance"] - to_balance})


def _note(ctx: Context, invoice: Json, asked: Json, *, before_payment: bool) -> Json:
    id_, amount = new_id("cn"), asked["amount"]
    earlier = [each for each in ctx.store.each("credit_note") if each["invoice"] == invoice["id"]]
    line = {
        "id": new_id("cnli"),
        "object": "credit_note_line_item",
        "amount": amount,
        "description": asked.get("memo"),
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": None,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item",
        "unit_amount": None,
        "unit_amount_decimal": None,
    }
    return {
        "id": id_,
        "object": "credit_note",
        "amount": amount,
        "amount_shipping": 0,
        "created": ctx.now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": ctx.now,
        "invoice": invoice["id"],
        "lines": whole(f"{PATH}/{id_}/lines", [line]),
        "livemode": False,
        "memo": asked.get("memo"),
        "metadata": merged({}, asked.get("metadata")),
        "number": f"{invoice['number']}-CN-{len(earlier) + 1:02}",
        "out_of_band_amount": None,
        "pdf": f"{ctx.base}/i/{invoice['id']}.pdf",
        "post_payment_amount": 0 if before_payment else amount,
        "pre_payment_amount": amount if before_payment else 0,
        "pretax_credit_amounts": [],
        "reason": asked.get("reason"),
        "refunds": _refunds(asked.get("refund_amount", 0)),
        "shipping_cost": None,
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "pre_payment" if before_payment else "post_payment",
        "voided_at": None,
    }


def _refunds(amount: int) -> list[Json]:
    if not amount:
        return []
    refund = {"amount_refunded": amount, "payment_record_refund": None, "refund": new_id("re")}
    return [refund | {"type": "refund"}]
