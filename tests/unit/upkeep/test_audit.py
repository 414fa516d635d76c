"""The audit of money looks at everybody who may have used something."""

from chalicelib.metering.models import Use
from chalicelib.upkeep import audit
from tests.unit.notebooks.world import ACCOUNT, World

MONTH = "2026-11"


def test_the_audit_looks_at_accounts_that_no_bill_knows(world: World) -> None:
    server = world.running()
    Use(server.id).delete()

    (report,) = audit.of_month(MONTH)

    assert report.account_id == ACCOUNT
    assert [found.link for found in report.findings] == ["servers ─ uses"]
