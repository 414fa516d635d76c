"""Payment methods: test cards, which either work or fail in a way of their own."""

from dataclasses import dataclass

from localcloud.stripe.context import Context
from localcloud.stripe.errors import declined, invalid, missing
from localcloud.stripe.events import emit, emit_change
from localcloud.stripe.ids import new_id
from localcloud.stripe.listing import listing
from localcloud.stripe.operations import operation
from localcloud.stripe.parameters import PAGING, Json, only, operation_parameters, text
from localcloud.stripe.resources import customers

PATH = "/v1/payment_methods"


@dataclass(frozen=True)
class TestCard:
    """A card of Stripe's documentation ("Testing"), and the token that stands for it."""

    number: str
    token: str
    brand: str
    about: str
    attaches: str | None = None
    """Why it cannot be attached to a customer."""
    charges: str | None = None
    """Why it cannot be charged while nobody is there."""


CARDS = (
    TestCard("4242424242424242", "pm_card_visa", "visa", "works"),
    TestCard("5555555555554444", "pm_card_mastercard", "mastercard", "works"),
    TestCard(
        "4000000000000002",
        "pm_card_chargeDeclined",
        "visa",
        "is declined",
        attaches="generic_decline",
        charges="generic_decline",
    ),
    TestCard(
        "4000000000009995",
        "pm_card_chargeDeclinedInsufficientFunds",
        "visa",
        "has insufficient funds",
        attaches="insufficient_funds",
        charges="insufficient_funds",
    ),
    TestCard(
        "4000000000000341",
        "pm_card_chargeCustomerFail",
        "visa",
        "works at the checkout, and is declined when it is charged later",
        charges="generic_decline",
    ),
)
"""The cards that exist here."""

BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {card.token: card for card in CARDS}


def make(ctx: Context, card: TestCard, expiry: tuple[int, int], name: str | None) -> Json:
    """A payment method that belongs to nobody yet; `expiry` is month and year."""
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    method = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
            "email": None,
            "name": name,
            "phone": None,
            "tax_id": None,
        },
        "card": {
            "brand": card.brand,
            "checks": checks,
            "country": "US",
            "display_brand": card.brand,
            "exp_month": expiry[0],
            "exp_year": expiry[1],
            "fingerprint": f"local{card.number[-11:]}",
            "funding": "credit",
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": False},
            "wallet": None,
        },
        "created": ctx.now,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
        "_charges": card.charges,
    }
    return ctx.store.add(method)


def attach_card(ctx: Context, card: TestCard, customer: str, details: Json) -> Json:
    """A card for a customer; raises StripeError if the bank says no."""
    if card.attaches:
        raise declined(card.attaches)
    method = make(ctx, card, details["expiry"], details.get("name"))
    return _attach(ctx, method, customer)


@operation(f"GET {PATH}/{{payment_method}}", operation_parameters({}))
def retrieve(ctx: Context, _asked: Json, method: str) -> Json:
    """One payment method."""
    return ctx.store.get("payment_method", method)


@operation(
    f"POST {PATH}/{{payment_method}}/attach",
    operation_parameters({"customer": text()}, elsewhere="customer_account"),
)
def attach(ctx: Context, asked: Json, method: str) -> Json:
    """Give a method to a customer; the tokens of test cards (`pm_card_visa`) make new ones."""
    if "customer" not in asked:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customers.active(ctx, asked["customer"])
    if method in BY_TOKEN:
        details = {"expiry": (12, 2034), "name": None}
        return attach_card(ctx, BY_TOKEN[method], asked["customer"], details)
    found = ctx.store.get("payment_method", method)
    if found["customer"] not in (None, asked["customer"]):
        raise invalid("The payment method is attached to another customer.", "customer")
    return _attach(ctx, found, asked["customer"])


@operation(f"POST {PATH}/{{payment_method}}/detach", operation_parameters({}))
def detach(ctx: Context, _asked: Json, method: str) -> Json:
    """Take a method from its customer; it cannot be used any more."""
    found = ctx.store.get("payment_method", method)
    if found["customer"] is None:
        raise invalid("The payment method is not attached to a customer.")
    _forget(ctx, found)
    found["customer"] = None
    ctx.store.save(found)
    emit(ctx, "payment_method.detached", found)
    return found


@operation(
    f"GET {PATH}",
    operation_parameters(
        PAGING | {"customer": text(), "type": only("card")},
        elsewhere="allow_redisplay customer_account",
    ),
)
def list_(ctx: Context, asked: Json) -> Json:
    """A customer's payment methods."""
    if "customer" not in asked:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    return listing(PATH, asked, ctx.store.each("payment_method", asked["customer"]))


@operation(
    "GET /v1/customers/{customer}/payment_methods",
    operation_parameters(PAGING | {"type": only("card")}, elsewhere="allow_redisplay"),
)
def list_of_customer(ctx: Context, asked: Json, customer: str) -> Json:
    """The same, by the customer's path."""
    customers.active(ctx, customer, "id")
    methods = ctx.store.each("payment_method", customer)
    return listing(f"/v1/customers/{customer}/payment_methods", asked, methods)


def owned(ctx: Context, method: str, customer: str, param: str) -> Json:
    """A method that the customer has; raises StripeError."""
    found = ctx.store.get("payment_method", method, param)
    if found["customer"] != customer:
        raise missing("payment_method", method, param)
    return found


def _attach(ctx: Context, method: Json, customer: str) -> Json:
    method["customer"] = customer
    ctx.store.save(method)
    emit(ctx, "payment_method.attached", method)
    return method


def _forget(ctx: Context, method: Json) -> None:
    """Nothing may be charged to the method any more."""
    customer = ctx.store.get("customer", method["customer"])
    if customer["invoice_settings"]["default_payment_method"] == method["id"]:
        customers.changed(ctx, customer, {"invoice_settings": {"default_payment_method": None}})
    for subscription in ctx.store.each("subscription", method["customer"]):
        if subscription["default_payment_method"] == method["id"]:
            before = dict(subscription)
            subscription["default_payment_method"] = None
            ctx.store.save(subscription)
            emit_change(ctx, "customer.subscription.updated", before, subscription)
