"""Routes of what was used in a month: plots and rows."""

from chalicelib.core.http import Api, Call, Reply
from chalicelib.metering import reports, rights, schemas, views

api = Api("usage", may=rights.SERVE)


@api.get("/billing/usage", scope="account:read", returns=schemas.Usage, query=("month",))
def read_usage(call: Call) -> schemas.Usage:
    """Read what was used in a month, and what is charged for it."""
    month = reports.month(call.query.get("month"))
    return views.usage_of(call.account_id, month, reports.days(call.account_id, month))


@api.get(
    "/billing/usage.csv",
    scope="account:read",
    returns=str,
    media="text/csv",
    query=("month",),
)
def download_usage(call: Call) -> Reply[str]:
    """Download what was used in a month as CSV."""
    month = reports.month(call.query.get("month"))
    return Reply(
        reports.as_csv(reports.rows(call.account_id, month)),
        headers={"Content-Disposition": f'attachment; filename="usage-{month.name}.csv"'},
    )
