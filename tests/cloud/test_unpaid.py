"""An invoice that is not paid: all goes on for some days, then nothing starts until it is paid."""

from datetime import datetime
from typing import Any

import pytest

from localcloud.testing import LocalCloud, pay
from tests.people import NotebookOf, Person
from tests.support import eventually

FAILS_LATER = "4000 0000 0000 0341"
"""Works at Checkout, and is declined when it is charged later."""
DAY = 24 * 3600


def _let_pass(cloud: LocalCloud, seconds: int) -> None:
    failed = [line for line in cloud.advance(seconds) if "FAILED" in line]
    assert failed == []


def _until_the_bill(cloud: LocalCloud, person: Person) -> int:
    """Seconds until the next invoice is final; it waits for usage that is still to come."""
    change = person.ask("GET", "/billing/plan-change?plan=researcher").json()
    at = datetime.fromisoformat(change["next_at"])
    return int(at.timestamp()) - cloud.now() + 6 * 3600


def _refusal(notebook: NotebookOf) -> str:
    answer = notebook.ask("POST", "/start")
    return "" if answer.status_code == 202 else str(answer.json()["error"]["code"])


@pytest.mark.timeout(600)
def test_an_unpaid_invoice_ends_starts_after_a_week_until_it_is_paid(
    far_cloud: LocalCloud,
) -> None:
    far_cloud.leave_months_end(hours=1)
    with Person(far_cloud, "emmy") as emmy:
        emmy.subscribe("researcher", FAILS_LATER)
        notebook = emmy.create("Unpaid")

        _let_pass(far_cloud, _until_the_bill(far_cloud, emmy))
        emmy.sign_in()  # a session ends when nobody uses it for a month
        unpaid = _open_invoice(emmy)
        assert emmy.ask("GET", "/me").json()["plan"] == "researcher"
        notebook.start()
        notebook.stop()
        _let_pass(far_cloud, 7 * DAY)
        assert _refusal(notebook) == "payment_required"

        assert pay(unpaid["hosted_url"]).status_code == 303

        eventually(lambda: _refusal(notebook) == "", every=0.2)
        notebook.until("running")
        notebook.stop()


def _open_invoice(person: Person) -> dict[str, Any]:
    items = person.ask("GET", "/billing/invoices").json()["items"]
    return next(invoice for invoice in items if invoice["status"] == "open")
