"""The hosted Checkout page."""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from localcloud.stripe.billing import lines, money
from localcloud.stripe.context import Context
from localcloud.stripe.errors import StripeError
from localcloud.stripe.pages import card_form, html
from localcloud.stripe.parameters import Json
from localcloud.stripe.resources import checkout_sessions
from localcloud.stripe.stand_in import StandIn


class CheckoutPage:
    """GET shows what is bought and asks for a card, POST pays."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def handle(self, request: Request) -> Response:
        """One request of a session's page."""
        # The form comes first: another request may have paid by the time that it is here.
        given = await card_form.form(request) if request.method == "POST" else {}
        session = self._stand_in.store.find(request.path_params["session"])
        if session is None or session["object"] != "checkout.session":
            return html.message("Checkout", "There is no such checkout.", 404)
        if session["status"] != "open":
            return _closed(session)
        try:
            if request.method == "GET":
                return self._page(session, {}, None)
            return self._pay(session, given)
        except StripeError as error:
            # What was offered cannot be had any more: its month has begun, for example.
            return html.message("This offer has ended", str(error), 410, _way_back(session))

    def _pay(self, session: Json, given: dict[str, str]) -> Response:
        ctx = self._stand_in.context()
        try:
            card, details = card_form.read(given, ctx.now)
            with ctx.store.transaction():
                target = checkout_sessions.complete(ctx, session, card, details)
        except (card_form.WrongCard, StripeError) as error:
            return self._page(session, given, str(error))
        self._stand_in.wake()
        return RedirectResponse(target, 303, headers={"Cache-Control": "no-store"})

    def _page(self, session: Json, given: dict[str, str], error: str | None) -> Response:
        ctx = self._stand_in.context()
        cancel = session["cancel_url"]
        back = f'<p><a href="{escape(cancel)}">Cancel and go back</a></p>' if cancel else ""
        content = (
            f'{back}<section aria-label="Order">{_order(ctx, session)}</section>'
            '<section><h2>Pay with card</h2><form method="post">'
            f"{html.error_note(error)}{html.card_fields(given)}"
            '<button type="submit">Subscribe</button></form></section>'
        )
        return html.page("Subscribe", content, 402 if error else 200)


def _order(ctx: Context, session: Json) -> str:
    found, items = checkout_sessions.due_now(ctx, session)
    rows = [(escape(line["description"]), money.dollars(line["amount"])) for line in found]
    total = money.dollars(sum(line["amount"] for line in found))
    rows.append(("<strong>Due today</strong>", f"<strong>{total}</strong>"))
    rows += [_renewal(ctx, item) for item in items if not lines.is_metered(item)]
    metered = [item for item in items if lines.is_metered(item)]
    return html.table("What is due today, and then", rows) + _metered(ctx, metered)


def _renewal(ctx: Context, item: Json) -> tuple[str, str]:
    amount = money.dollars(lines.price_of(ctx, item, item["quantity"]))
    interval = item["price"]["recurring"]["interval"]
    return f"Then, from {html.day(item['current_period_end'])}", f"{amount} / {interval}"


def _metered(ctx: Context, items: list[Json]) -> str:
    if not items:
        return ""
    rows = [_metered_row(ctx, item["price"]) for item in items]
    return "<h2>And by use, at the end of each period</h2>" + html.table("By use", rows)


def _metered_row(ctx: Context, price: Json) -> tuple[str, str]:
    product = ctx.store.get("product", price["product"])
    unit = price["unit_amount_decimal"]
    each = f"{money.unit_dollars(unit)} each" if unit else "in tiers"
    label = f" <small>({escape(product['unit_label'])})</small>" if product["unit_label"] else ""
    return escape(product["name"]) + label, each


def _closed(session: Json) -> Response:
    if session["status"] == "complete":
        link = (checkout_sessions.success_url(session), "Go back")
        return html.message("Paid", "This checkout is complete.", link=link)
    text = "This checkout has expired. Start again."
    return html.message("Expired", text, 410, _way_back(session))


def _way_back(session: Json) -> tuple[str, str] | None:
    cancel = session["cancel_url"]
    return (cancel, "Go back") if cancel else None
