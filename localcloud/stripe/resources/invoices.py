"""Invoices: read them, and push them along by hand."""

import copy

from localcloud.stripe.billing import collection, invoicing
from localcloud.stripe.context import Context
from localcloud.stripe.errors import declined, invalid
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.listing import filtered, listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    boolean,
    choice,
    clearable,
    created,
    integer,
    merged,
    metadata,
    operation_parameters,
    text,
)
from localcloud.stripe.resources import payment_methods

PATH = "/v1/invoices"

LATEST_FINALIZATION = 72 * 3600
"""Longest that an invoice may stay a draft by itself, in seconds."""


@operation(f"GET {PATH}/{{invoice}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, id_: str) -> Json:
    """One invoice; a draft's usage is counted at this moment."""
    return invoicing.refresh(ctx, ctx.store.get("invoice", id_))


@operation(
    f"GET {PATH}",
    operation_parameters(
        PAGING
        | {
            "created": created,
            "customer": text(),
            "status": choice("draft", "open", "paid", "uncollectible", "void"),
            "subscription": text(),
        },
        elsewhere="collection_method customer_account due_date",
    ),
)
def list_(ctx: Context, asked: Json) -> Json:
    """Invoices, by customer, subscription and status if asked."""
    subscription, matches = asked.get("subscription"), filtered(asked, "status")

    def keep(each: Json) -> bool:
        of = collection.subscription_id(each)
        return matches(each) and (subscription is None or of == subscription)

    page = listing(PATH, asked, ctx.store.each("invoice", asked.get("customer")), keep)
    return page | {"data": [invoicing.refresh(ctx, each) for each in page["data"]]}


@operation(f"GET {PATH}/{{invoice}}/lines", operation_parameters(PAGING))
def lines(ctx: Context, asked: Json, id_: str) -> Json:
    """All lines of an invoice."""
    invoice = invoicing.refresh(ctx, ctx.store.get("invoice", id_))
    return listing(f"{PATH}/{id_}/lines", asked, invoice["_lines"])


@operation(
    f"POST {PATH}/{{invoice}}",
    operation_parameters(
        {
            "auto_advance": boolean,
            "automatically_finalizes_at": integer,
            "default_payment_method": clearable(text()),
            "description": clearable(text(1500)),
            "footer": clearable(text()),
            "metadata": metadata,
        },
        elsewhere="account_tax_ids application_fee_amount automatic_tax collection_method"
        " custom_fields days_until_due default_source default_tax_rates discounts due_date"
        " effective_at issuer number on_behalf_of payment_settings rendering shipping_cost"
        " shipping_details statement_descriptor transfer_data",
    ),
)
def update(ctx: Context, asked: Json, id_: str) -> Json:
    """Change what is given; of a final invoice little more than the metadata."""
    invoice = ctx.store.get("invoice", id_)
    before = copy.deepcopy(invoice)
    fixed = asked.keys() - {"auto_advance", "metadata", "default_payment_method", "expand"}
    if invoice["status"] != "draft" and fixed:
        message = f"Finalized invoices can't be updated in this way: {', '.join(sorted(fixed))}."
        raise invalid(message, min(fixed), "invoice_not_editable")
    at = asked.get("automatically_finalizes_at", ctx.now + 1)
    if not ctx.now < at <= max(invoice["created"], ctx.now) + LATEST_FINALIZATION:
        message = "automatically_finalizes_at must be in the future, at most 72 hours away."
        raise invalid(message, "automatically_finalizes_at")
    invoice |= asked | {"metadata": merged(invoice["metadata"], asked.get("metadata"))}
    invoice.pop("expand", None)
    if invoice["status"] == "draft":
        at = invoice["automatically_finalizes_at"]
        invoice["next_payment_attempt"] = at if invoice["auto_advance"] else None
    ctx.store.save(invoice)
    emit_change(ctx, "invoice.updated", before, invoice)
    return invoice


@operation(f"POST {PATH}/{{invoice}}/finalize", operation_parameters({"auto_advance": boolean}))
def finalize(ctx: Context, asked: Json, id_: str) -> Json:
    """Make a draft final before its time; what is due is charged, as by itself."""
    invoice = _in_status(ctx, id_, "draft")
    invoice["auto_advance"] = asked.get("auto_advance", invoice["auto_advance"])
    collection.finalize_and_charge(ctx, invoice)
    return ctx.store.get("invoice", id_)


@operation(
    f"POST {PATH}/{{invoice}}/pay",
    operation_parameters(
        {"off_session": boolean, "payment_method": text()},
        elsewhere="forgive mandate paid_out_of_band source",
    ),
)
def pay(ctx: Context, asked: Json, id_: str) -> Json:
    """Attempt to charge it now; a draft is made final first."""
    invoice = _in_status(ctx, id_, "draft", "open", "uncollectible")
    method = asked.get("payment_method")
    if method:
        payment_methods.owned(ctx, method, invoice["customer"], "payment_method")
    if invoice["status"] == "draft":
        collection.finalize(ctx, invoice)
    reason = collection.charge(ctx, invoice, method=method)
    if reason:
        raise declined(reason, kept=True)
    return ctx.store.get("invoice", id_)


@operation(f"POST {PATH}/{{invoice}}/void", operation_parameters({}))
def void(ctx: Context, _asked: Json, id_: str) -> Json:
    """Declare a final invoice a mistake."""
    return _close(ctx, id_, "void", "voided_at", "invoice.voided")


@operation(f"POST {PATH}/{{invoice}}/mark_uncollectible", operation_parameters({}))
def mark_uncollectible(ctx: Context, _asked: Json, id_: str) -> Json:
    """Give it up."""
    return _close(
        ctx, id_, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible"
    )


def _close(ctx: Context, id_: str, status: str, transition: str, event: str) -> Json:
    invoice = _in_status(ctx, id_, "open", "uncollectible")
    moments = invoice["status_transitions"] | {transition: ctx.now}
    invoice |= {
        "auto_advance": False,
        "next_payment_attempt": None,
        "status": status,
        "status_transitions": moments,
    }
    ctx.store.save(invoice)
    emit(ctx, event, invoice)
    collection.settle_subscription(ctx, invoice)
    return invoice


def _in_status(ctx: Context, id_: str, *statuses: str) -> Json:
    invoice = ctx.store.get("invoice", id_)
    if invoice["status"] not in statuses:
        message = f"The invoice is {invoice['status']}; it must be {' or '.join(statuses)}."
        code = "invoice_already_paid" if invoice["status"] == "paid" else "invoice_not_editable"
        raise invalid(message, code=code)
    return invoice
