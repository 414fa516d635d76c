"""Checkout sessions: a page on which a customer subscribes with a card."""

from localcloud.stripe.billing import lines, starting
from localcloud.stripe.context import Context
from localcloud.stripe.errors import invalid, not_here
from localcloud.stripe.events import emit
from localcloud.stripe.expansion import includable
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import filtered, listing, whole
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import (
    PAGING,
    Json,
    array,
    boolean,
    choice,
    created,
    group,
    integer,
    merged,
    metadata,
    only,
    operation_parameters,
    text,
)
from localcloud.stripe.resources import checkout_shape, customers, payment_methods

PATH = "/v1/checkout/sessions"

SHORTEST_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 3600
"""From when until when a session may expire after it was made (API reference, `expires_at`)."""

MOST_LINES = 20
"""Recurring lines of one session (API reference, `line_items`)."""

SESSION_ID = "{CHECKOUT_SESSION_ID}"
"""What stands for the session's id in `success_url`."""

LINE = group(
    {"metadata": metadata, "price": text(), "quantity": integer},
    required=["price"],
    elsewhere="adjustable_quantity price_data tax_rates",
)

SUBSCRIPTION_DATA = group(
    {
        "billing_cycle_anchor": integer,
        "billing_mode": group({"type": only("flexible")}, required=["type"], elsewhere="flexible"),
        "description": text(500),
        "metadata": metadata,
        "proration_behavior": choice("create_prorations", "none"),
    },
    elsewhere="application_fee_percent billing_cycle_anchor_config default_tax_rates"
    " invoice_settings on_behalf_of pending_invoice_item_interval transfer_data trial_end"
    " trial_period_days trial_settings",
)


@operation(
    f"POST {PATH}",
    operation_parameters(
        {
            "allowed_payment_method_types": array(only("card")),
            "billing_address_collection": only("auto"),
            "cancel_url": text(),
            "client_reference_id": text(200),
            "customer": text(),
            "expires_at": integer,
            "line_items": array(LINE, most=MOST_LINES),
            "locale": text(),
            "metadata": metadata,
            "mode": only("subscription"),
            "payment_method_collection": only("always"),
            "subscription_data": SUBSCRIPTION_DATA,
            "success_url": text(),
            "ui_mode": only("hosted_page"),
            "allow_promotion_codes": boolean,
        },
        elsewhere="adaptive_pricing after_expiration automatic_tax branding_settings"
        " consent_collection currency custom_fields custom_text customer_account customer_creation"
        " customer_email customer_update discounts excluded_payment_method_types"
        " integration_identifier invoice_creation managed_payments name_collection optional_items"
        " origin_context payment_intent_data payment_method_configuration payment_method_data"
        " payment_method_options permissions phone_number_collection redirect_on_completion"
        " return_url saved_payment_method_options setup_intent_data shipping_address_collection"
        " shipping_options submit_type tax_id_collection wallet_options",
    ),
)
def create(ctx: Context, asked: Json) -> Json:
    """A new session, whose `url` is the page."""
    for name in ("line_items", "mode", "success_url"):
        if name not in asked:
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    if "customer" not in asked:
        raise not_here("A session without a customer is not known here.")
    if asked.get("allow_promotion_codes"):
        raise not_here("Promotion codes are not known here.")
    customer = customers.active(ctx, asked["customer"])
    session = checkout_shape.session(ctx, asked, customer) | {
        "expires_at": _expiry(ctx, asked),
        "_line_items": _line_items(ctx, asked),
        "_subscription": asked.get("subscription_data", {}),
    }
    amount = sum(line["amount"] for line in due_now(ctx, session)[0])
    session |= {"amount_subtotal": amount, "amount_total": amount}
    return ctx.store.add(session)


@operation(f"GET {PATH}/{{session}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, id_: str) -> Json:
    """One session."""
    return ctx.store.get("checkout.session", id_)


@operation(
    f"GET {PATH}",
    operation_parameters(
        PAGING
        | {
            "created": created,
            "customer": text(),
            "status": choice("complete", "expired", "open"),
            "subscription": text(),
        },
        elsewhere="customer_account customer_details payment_intent payment_link",
    ),
)
def list_(ctx: Context, asked: Json) -> Json:
    """Sessions, by customer, status and subscription if asked."""
    found = ctx.store.each("checkout.session", asked.get("customer"))
    return listing(PATH, asked, found, filtered(asked, "status", "subscription"))


@operation(f"GET {PATH}/{{session}}/line_items", operation_parameters(PAGING))
def line_items(ctx: Context, asked: Json, id_: str) -> Json:
    """What is bought."""
    session = ctx.store.get("checkout.session", id_)
    return listing(f"{PATH}/{id_}/line_items", asked, _items(ctx, session))


@includable("checkout.session", "line_items")
def included_line_items(ctx: Context, session: Json) -> Json:
    """The same within the session, if it is asked for."""
    items = _items(ctx, ctx.store.get("checkout.session", session["id"]))
    return whole(f"{PATH}/{session['id']}/line_items", items)


@operation(f"POST {PATH}/{{session}}/expire", operation_parameters({}))
def expire(ctx: Context, _asked: Json, id_: str) -> Json:
    """Close an open session."""
    session = ctx.store.get("checkout.session", id_)
    if session["status"] != "open":
        message = f"Only Checkout Sessions with a status in [open] can be expired: {id_}"
        raise invalid(message)
    return close(ctx, session)


def close(ctx: Context, session: Json) -> Json:
    """Nobody pays here any more."""
    session |= {"status": "expired", "url": None}
    ctx.store.save(session)
    emit(ctx, "checkout.session.expired", session)
    return session


def complete(ctx: Context, session: Json, card: payment_methods.TestCard, details: Json) -> str:
    """Subscribe with a card; gives where to go. Raises StripeError if the card is declined."""
    customer = customers.active(ctx, session["customer"])
    method = payment_methods.attach_card(ctx, card, customer["id"], details)
    wanted = _wanted(ctx, session)
    subscription = starting.start(ctx, customer, wanted, session["_subscription"], method["id"])
    session |= {
        "customer_details": session["customer_details"] | {"name": details.get("name")},
        "invoice": subscription["latest_invoice"],
        "payment_status": "paid",
        "status": "complete",
        "subscription": subscription["id"],
        "url": None,
    }
    ctx.store.save(session)
    emit(ctx, "checkout.session.completed", session)
    return success_url(session)


def success_url(session: Json) -> str:
    """Where the customer goes after paying."""
    url: str = session["success_url"]
    return url.replace(SESSION_ID, session["id"])


def due_now(ctx: Context, session: Json) -> tuple[list[Json], list[Json]]:
    """What the page shows: the lines that are paid at once, and the subscription's items."""
    customer = customers.active(ctx, session["customer"])
    trial = starting.make(ctx, customer, _wanted(ctx, session), session["_subscription"])
    return starting.first_lines(ctx, trial, session["_subscription"]), trial["items"]["data"]


def _wanted(ctx: Context, session: Json) -> list[Json]:
    """The prices with their quantities."""
    return [
        each | {"price": ctx.store.get("price", each["price"])} for each in session["_line_items"]
    ]


def _items(ctx: Context, session: Json) -> list[Json]:
    return [_item(ctx, each) for each in _wanted(ctx, session)]


def _item(ctx: Context, wanted: Json) -> Json:
    price, metered = wanted["price"], lines.is_metered(wanted)
    amount = 0 if metered else lines.price_of(ctx, wanted, wanted["quantity"])
    return {
        "id": wanted["id"],
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": ctx.store.get("product", price["product"])["name"],
        "metadata": merged({}, wanted.get("metadata")),
        "price": price,
        "quantity": None if metered else wanted["quantity"],
    }


def _line_items(ctx: Context, asked: Json) -> list[Json]:
    found = []
    for number, each in enumerate(asked["line_items"]):
        at = f"line_items[{number}]"
        price = ctx.store.get("price", each["price"], f"{at}[price]")
        if price["recurring"] is None:
            raise not_here("One-time prices in a subscription are not known here.")
        if not price["active"]:
            raise invalid("The price specified is inactive.", f"{at}[price]")
        metered = lines.is_metered({"price": price})
        if metered and "quantity" in each:
            raise invalid("Quantity should not be specified for metered prices.", f"{at}[quantity]")
        if not metered and "quantity" not in each:
            raise invalid("Quantity is required.", f"{at}[quantity]", "parameter_missing")
        found.append(each | {"id": new_id("li")})
    return found


def _expiry(ctx: Context, asked: Json) -> int:
    at: int = asked.get("expires_at", ctx.now + LONGEST_SECONDS)
    if not ctx.now + SHORTEST_SECONDS <= at <= ctx.now + LONGEST_SECONDS:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from now."
        raise invalid(message, "expires_at")
    return at
