"""The customer portal: card, invoices, cancelation at the period's end."""

import copy
from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from localcloud.stripe.billing import money
from localcloud.stripe.context import Context
from localcloud.stripe.errors import StripeError
from localcloud.stripe.events import emit_change
from localcloud.stripe.pages import card_form, html
from localcloud.stripe.parameters import Json
from localcloud.stripe.resources import (
    customers,
    invoices,
    payment_methods,
    portal_sessions,
    subscriptions,
)
from localcloud.stripe.stand_in import StandIn

INVOICES_SHOWN = 24


class PortalPage:
    """GET shows everything, POST does one thing (`action`) and shows it again."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def handle(self, request: Request) -> Response:
        """One request of a session's page."""
        ctx = self._stand_in.context()
        session = portal_sessions.of_token(ctx, request.path_params["token"])
        if session is None:
            text = "This page has expired. Open it again from the application."
            return html.message("Billing", text, 410)
        if request.method == "GET":
            return _page(ctx, session, {}, None)
        given = await card_form.form(request)
        try:
            with ctx.store.transaction():
                _act(ctx, session["customer"], given)
        except (card_form.WrongCard, StripeError) as error:
            return _page(ctx, session, given, str(error))
        self._stand_in.wake()
        return RedirectResponse(session["url"], 303, headers={"Cache-Control": "no-store"})


def replace_card(ctx: Context, customer: str, given: dict[str, str]) -> None:
    """Charge to another card from now on; raises WrongCard and StripeError."""
    card, details = card_form.read(given, ctx.now)
    method = payment_methods.attach_card(ctx, card, customer, details)
    settings = {"default_payment_method": method["id"]}
    customers.changed(ctx, customers.active(ctx, customer), {"invoice_settings": settings})
    subscription = subscriptions.find_one(ctx, customer)
    if subscription:
        before = copy.deepcopy(subscription)
        subscription["default_payment_method"] = method["id"]
        ctx.store.save(subscription)
        emit_change(ctx, "customer.subscription.updated", before, subscription)


def _act(ctx: Context, customer: str, given: dict[str, str]) -> None:
    action = given.get("action")
    subscription = subscriptions.find_one(ctx, customer)
    if action == "card":
        replace_card(ctx, customer, given)
    elif action in ("cancel", "keep") and subscription:
        before = copy.deepcopy(subscription)
        subscriptions.cancel_at_period_end(ctx, subscription, wanted=action == "cancel")
        ctx.store.save(subscription)
        emit_change(ctx, "customer.subscription.updated", before, subscription)


def _page(ctx: Context, session: Json, given: dict[str, str], error: str | None) -> Response:
    customer, back = session["customer"], session["return_url"]
    link = f'<p><a href="{escape(back)}">Return to the application</a></p>' if back else ""
    content = (
        link
        + _subscription(ctx, customer)
        + _card(ctx, customer, given, error)
        + _invoices(ctx, customer)
    )
    return html.page("Manage billing", content, 402 if error else 200)


def _subscription(ctx: Context, customer: str) -> str:
    subscription = subscriptions.find_one(ctx, customer)
    if subscription is None:
        return "<section><h2>Subscription</h2><p>There is none.</p></section>"
    item = subscription["items"]["data"][0]
    until = html.day(item["current_period_end"])
    ends = subscription["cancel_at_period_end"]
    text = f"Ends on {until}." if ends else f"Renews on {until}."
    action, words = ("keep", "Keep the subscription") if ends else ("cancel", "Cancel subscription")
    return (
        f"<section><h2>Subscription</h2><p>{_plan(ctx, subscription)}: {subscription['status']}."
        f' {text}</p><form method="post"><input type="hidden" name="action" value="{action}">'
        f'<button class="plain" type="submit">{words}</button></form></section>'
    )


def _plan(ctx: Context, subscription: Json) -> str:
    names = [
        ctx.store.get("product", item["price"]["product"])["name"]
        for item in subscription["items"]["data"]
        if item["price"]["recurring"]["usage_type"] == "licensed"
    ]
    return escape(", ".join(names))


def _card(ctx: Context, customer: str, given: dict[str, str], error: str | None) -> str:
    subscription = subscriptions.find_one(ctx, customer)
    found = ctx.store.get("customer", customer)
    method = (subscription and subscription["default_payment_method"]) or found["invoice_settings"][
        "default_payment_method"
    ]
    shown = "<p>There is no card.</p>"
    if method:
        card = ctx.store.get("payment_method", method)["card"]
        expiry = f"{card['exp_month']:02}/{card['exp_year'] % 100:02}"
        shown = f"<p>{card['brand'].title()} ending in {card['last4']}, expires {expiry}</p>"
    return (
        f'<section><h2>Card</h2>{shown}<form method="post">{html.error_note(error)}'
        f'<input type="hidden" name="action" value="card">{html.card_fields(given)}'
        '<button type="submit">Use this card</button></form></section>'
    )


def _invoices(ctx: Context, customer: str) -> str:
    page = invoices.list_(ctx, {"customer": customer, "limit": INVOICES_SHOWN})
    final = [each for each in page["data"] if each["number"]]
    if not final:
        return "<section><h2>Invoices</h2><p>There are none yet.</p></section>"
    rows = [(_link(each), money.dollars(each["total"])) for each in final]
    return f"<section><h2>Invoices</h2>{html.table('Invoices', rows)}</section>"


def _link(invoice: Json) -> str:
    link = f'<a href="{escape(invoice["hosted_invoice_url"])}">{escape(invoice["number"])}</a>'
    return f"{link} <small>{html.day(invoice['created'])}, {invoice['status']}</small>"
