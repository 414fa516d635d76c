"""Reads the form of a card."""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from starlette.requests import Request

from localcloud.stripe.parameters import Json
from localcloud.stripe.resources.payment_methods import BY_NUMBER, TestCard


class WrongCard(ValueError):
    """What was typed is no card that this Stripe knows; the message is for the person."""


async def form(request: Request) -> dict[str, str]:
    """The fields of a form."""
    body = await request.body()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def read(given: dict[str, str], now: int) -> tuple[TestCard, Json]:
    """The card, and its expiry and name; raises WrongCard."""
    number = re.sub(r"[\s-]", "", given.get("number", ""))
    card = BY_NUMBER.get(number)
    if card is None:
        raise WrongCard("This stand-in knows test cards only, such as 4242 4242 4242 4242.")
    if not re.fullmatch(r"\d{3,4}", given.get("cvc", "").strip()):
        raise WrongCard("Your card's security code is incomplete.")
    details: Json = {"expiry": _expiry(given, now), "name": given.get("name", "").strip() or None}
    return card, details


def _expiry(given: dict[str, str], now: int) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,2})\s*/?\s*(\d{2}|\d{4})", given.get("expiry", "").strip())
    if match is None or not 1 <= int(match[1]) <= 12:
        raise WrongCard("Your card's expiration date is incomplete: write it as MM/YY.")
    month, year = int(match[1]), int(match[2]) % 2000 + 2000
    today = datetime.fromtimestamp(now, UTC)
    if (year, month) < (today.year, today.month):
        raise WrongCard("Your card's expiration date is in the past.")
    return month, year
