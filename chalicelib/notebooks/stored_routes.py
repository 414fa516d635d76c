"""Route of what an account stores: all parts of the one counter, and what they cost."""

from chalicelib.core import clock
from chalicelib.core.http import Api, Call
from chalicelib.core.money import exact
from chalicelib.notebooks import rights, schemas, stored

api = Api("stored", may=rights.SERVE)


@api.get("/storage", returns=schemas.Storage, scope="notebooks:read")
def read_storage(call: Call) -> schemas.Storage:
    """Read how many bytes the account stores, for what, and what that costs."""
    found = stored.read(call.account_id)
    counted = found.counted
    return schemas.Storage(
        plan=found.plan.id,
        notebooks_bytes=counted.held - found.deleted,
        deleted_bytes=found.deleted,
        history_bytes=counted.history,
        offered_bytes=counted.offered,
        rest_bytes=counted.rest,
        total_bytes=counted.bytes,
        included_bytes=found.included,
        quota_bytes=found.quota,
        usd_month=exact(found.usd_month),
        charged_usd=exact(found.charged.amount),
        charged_until=clock.moment(found.charged.until),
    )
