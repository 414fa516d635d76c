"""Amounts: cents as whole numbers, prices in cents as decimals."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from localcloud.stripe.parameters import Json

Piece = tuple[int, str | None, int]
"""A quantity, its unit amount in cents (None where it was flat), and the amount in cents."""


def cents(amount: Decimal) -> int:
    """Rounded to whole cents, half a cent up (away from zero)."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def share(amount: int, part: int, whole: int) -> int:
    """The part of an amount that belongs to `part` of `whole` seconds."""
    exact = Fraction(amount * part, whole)
    sign = -1 if exact < 0 else 1
    return sign * int(abs(exact) + Fraction(1, 2))


def pieces(price: Json, tiers: list[Json] | None, quantity: int) -> list[Piece]:
    """What a quantity costs, tier by tier; each piece is rounded by itself."""
    if price["billing_scheme"] == "per_unit":
        unit = price["unit_amount_decimal"]
        return [(quantity, unit, cents(quantity * Decimal(unit)))]
    if price["tiers_mode"] == "volume":
        tier = next(each for each in tiers or [] if _reaches(each, quantity))
        return list(_tier(tier, quantity))
    return list(_graduated(tiers or [], quantity))


def total(parts: list[Piece]) -> int:
    """The pieces' sum in cents."""
    return sum(amount for _, _, amount in parts)


def dollars(amount: int) -> str:
    """Cents as people read them: `$1,234.50`, `-$0.07`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}${abs(amount) // 100:,}.{abs(amount) % 100:02}"


def unit_dollars(unit: str) -> str:
    """A unit amount in cents as people read it: `$29.00`, `$0.000014`."""
    value = Decimal(unit) / 100
    places = max(2, -int(value.normalize().as_tuple().exponent))
    return f"${value:.{places}f}"


def _graduated(tiers: list[Json], quantity: int) -> Iterator[Piece]:
    begin = 0
    for tier in tiers:
        inside = quantity - begin if _reaches(tier, quantity) else tier["up_to"] - begin
        yield from _tier(tier, inside)
        if _reaches(tier, quantity):
            return
        begin = tier["up_to"]


def _tier(tier: Json, quantity: int) -> Iterator[Piece]:
    unit = tier["unit_amount_decimal"]
    yield quantity, unit, cents(quantity * Decimal(unit))
    if tier["flat_amount_decimal"]:
        yield 0, None, cents(Decimal(tier["flat_amount_decimal"]))


def _reaches(tier: Json, quantity: int) -> bool:
    return tier["up_to"] is None or quantity <= tier["up_to"]
