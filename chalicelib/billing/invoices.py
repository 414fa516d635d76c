"""The invoices of an account."""

import re

from chalicelib.billing import payers, stripe_invoices
from chalicelib.billing.stripe_gateway import Refused
from chalicelib.billing.stripe_invoices import Invoice
from chalicelib.core.errors import Invalid

_CURSOR = re.compile(r"in_\w{1,64}", re.ASCII)


def page(account_id: str, cursor: str | None, limit: int) -> tuple[list[Invoice], str | None]:
    """A page of invoices, newest first, and the cursor of the next. Raises `Invalid`."""
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise _bad_cursor()
    customer_id = payers.read(account_id).customer_id
    if customer_id is None:
        return [], None
    try:
        found, has_more = stripe_invoices.page(customer_id, cursor, limit)
    except Refused as refused:
        raise _bad_cursor() from refused
    return found, found[-1].id if has_more else None


def _bad_cursor() -> Invalid:
    return Invalid(
        "This cursor is not one of ours. Ask for the first page, without a cursor.",
        code="bad_cursor",
    )
