"""The first page: what this is, what it is not, and the cards that it knows."""

from html import escape

from starlette.requests import Request
from starlette.responses import Response

from localcloud.stripe.api import API_KEY
from localcloud.stripe.operations import OPERATIONS
from localcloud.stripe.pages import html
from localcloud.stripe.resources.payment_methods import CARDS

MISSING = (
    "No money moves, and nobody is sent an e-mail.",
    "No tax, no coupons, no trials, no credit grants, no other currency than US dollars.",
    "No 3-D Secure, no Radar, no disputes; refunds only by credit notes.",
    "No pause, no schedules, no change of the interval, no adding or removing of items.",
    "Prorations are counted by the second; Stripe's may differ by a cent, and its words do.",
    "Failed payments are tried again after 3, 5 and 7 days; then the subscription is unpaid.",
    "Meter events count after a moment, at Stripe within minutes. Rate limits are not enforced.",
    "Webhooks that fail are tried again after 1, 2, 4 … seconds, at Stripe within hours.",
    "Of the v2 API there are thin events and their destinations.",
)


async def about(_request: Request) -> Response:
    """GET the page."""
    cards = "".join(
        f"<tr><td><code>{_spaced(card.number)}</code></td><td>{escape(card.about)}</td></tr>"
        for card in CARDS
    )
    missing = "".join(f"<li>{escape(each)}</li>" for each in MISSING)
    known = "".join(f"<li><code>{escape(each.name)}</code></li>" for each in OPERATIONS)
    return html.page(
        "A stand-in for Stripe",
        "<section><p>It answers the calls that the service makes, keeps what they made, and sends"
        f" signed webhooks. Its key is <code>{API_KEY}</code>. What it does not know it answers"
        " with 501.</p></section>"
        "<section><h2>Test cards</h2><table><thead><tr><th scope='col'>Number</th>"
        f"<th scope='col'>What it does</th></tr></thead><tbody>{cards}</tbody></table>"
        "<p class='soft'>Any expiry in the future, any security code, any name.</p></section>"
        f"<section><h2>What is not Stripe</h2><ul>{missing}</ul></section>"
        f"<section><h2>What it knows</h2><ul>{known}</ul></section>",
    )


def _spaced(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
