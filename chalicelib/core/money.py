"""Amounts of dollars as the API tells them: text, so that no program rounds them."""

from decimal import Decimal


def exact(amount: Decimal) -> str:
    """Dollars to the last digit, at least to the micro-dollar."""
    return f"{amount:.6f}" if amount == round(amount, 6) else f"{amount.normalize():f}"


def cents(amount: Decimal) -> str:
    """Dollars, rounded to the cent."""
    return f"{amount:.2f}"


def rate(amount: Decimal) -> str:
    """Dollars an hour, to a hundredth of a cent."""
    return f"{amount:.4f}"


def micros(amount: Decimal) -> str:
    """Dollars, rounded to the micro-dollar: what runs costs so far."""
    return f"{amount:.6f}"
