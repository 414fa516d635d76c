"""The hosted invoice page, on which an open invoice can be paid, and its PDF."""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from localcloud.stripe.billing import collection, invoicing, money
from localcloud.stripe.context import Context
from localcloud.stripe.errors import StripeError
from localcloud.stripe.pages import card_form, html, pdf
from localcloud.stripe.pages.portal import replace_card
from localcloud.stripe.parameters import Json
from localcloud.stripe.stand_in import StandIn


class InvoicePage:
    """`/i/{id}` is the page, `/i/{id}.pdf` the document."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def handle(self, request: Request) -> Response:
        """GET shows it, POST pays it with another card."""
        # The form comes first: another request may have paid by the time that it is here.
        given = await card_form.form(request) if request.method == "POST" else {}
        ctx = self._stand_in.context()
        invoice = ctx.store.find(request.path_params["invoice"])
        if invoice is None or invoice["object"] != "invoice" or not invoice["number"]:
            return html.message("Invoice", "There is no such invoice.", 404)
        if request.method == "GET":
            return _page(invoice, {}, None)
        try:
            with ctx.store.transaction():
                _pay(ctx, invoice, given)
        except (card_form.WrongCard, StripeError) as error:
            return _page(invoice, given, str(error))
        self._stand_in.wake()
        target = f"{ctx.base}/i/{invoice['id']}"
        return RedirectResponse(target, 303, headers={"Cache-Control": "no-store"})

    async def document(self, request: Request) -> Response:
        """GET the PDF."""
        invoice = self._stand_in.store.find(request.path_params["invoice"])
        if invoice is None or invoice["object"] != "invoice" or not invoice["number"]:
            return html.message("Invoice", "There is no such invoice.", 404)
        headers = {"Content-Disposition": f'inline; filename="{invoice["number"]}.pdf"'}
        document = pdf.document(_title(invoice), _text(invoice))
        return Response(document, media_type="application/pdf", headers=headers)


def _pay(ctx: Context, invoice: Json, given: dict[str, str]) -> None:
    if invoice["status"] != "open":
        return
    replace_card(ctx, invoice["customer"], given)
    collection.charge(ctx, invoice, present=True)


def _page(invoice: Json, given: dict[str, str], error: str | None) -> Response:
    rows = [(escape(what), amount) for what, amount in _amounts(invoice)]
    status = invoice["status"]
    content = (
        f"<section><p>{escape(invoice['customer_name'] or invoice['customer_email'] or '')}"
        f" <small>{html.day(invoice['created'])}, {status}</small></p>{html.table('Lines', rows)}"
        f'<p><a href="{escape(invoice["invoice_pdf"])}">Download as PDF</a></p></section>'
    )
    if status == "open":
        content += (
            '<section><h2>Pay this invoice</h2><form method="post">'
            f"{html.error_note(error)}{html.card_fields(given)}"
            f'<button type="submit">Pay {money.dollars(invoice["amount_remaining"])}</button>'
            "</form></section>"
        )
    return html.page(_title(invoice), content, 402 if error else 200)


def _title(invoice: Json) -> str:
    return f"Invoice {invoice['number']}"


def _text(invoice: Json) -> list[str]:
    """The document's lines."""
    head = [f"Date: {html.day(invoice['created'])}", f"Status: {invoice['status']}"]
    who = invoice["customer_name"] or invoice["customer_email"]
    if who:
        head.append(f"To: {who}")
    return [*head, "", *(f"{amount:>14}   {what}" for what, amount in _amounts(invoice))]


def _amounts(invoice: Json) -> list[tuple[str, str]]:
    found = [(line["description"] or "", line["amount"]) for line in invoice["_lines"]]
    found.append(("Total", invoice["total"]))
    applied = invoicing.applied_balance(invoice["total"], invoice["starting_balance"])
    if applied:
        found.append(("Balance applied", applied))
    found.append(("Amount paid", invoice["amount_paid"]))
    found.append(("Amount due", invoice["amount_remaining"]))
    return [(what, money.dollars(amount)) for what, amount in found]
