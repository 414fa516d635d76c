"""A month, from the first second that is used to the invoice that is paid."""

import csv
import io
import os
import subprocess
import sys
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from localcloud.settings import PROJECT_ROOT
from localcloud.testing import LocalCloud
from tests.people import NotebookOf, Person
from tests.stripe_checker import unlike_stripe

HOUR = 3600


@pytest.mark.timeout(600)
def test_what_was_used_is_on_the_paid_invoice_to_the_cent(far_cloud: LocalCloud) -> None:
    far_cloud.leave_months_end(hours=12)
    with Person(far_cloud, "ada") as ada:
        ada.subscribe("researcher")
        notebook = ada.create("All night", size="extra", idle_minutes=1440)
        notebook.start()
        month = ada.ask("GET", "/billing").json()["month"]
        renews_at = datetime.fromisoformat(ada.ask("GET", "/billing").json()["renews_at"])

        _let_pass(far_cloud, 5 * HOUR)
        assert notebook.now["state"] == "running"
        assert Decimal(notebook.now["cost"]["spent_usd"]) > Decimal("2.7")
        notebook.stop()
        _let_pass(far_cloud, 2 * HOUR)
        rows = _rows(ada, notebook, month)
        preview = _usage_lines(ada)
        _let_pass(far_cloud, _seconds_until(far_cloud, renews_at) + 6 * HOUR)
        ada.sign_in()  # a session ends when nobody uses it for a month

        invoice = _newest_invoice(ada)
        assert invoice["status"] == "paid"
        charged = _cents_by_meter(rows)
        assert {meter: cents for meter, cents in preview.items() if cents} == charged
        assert Decimal(invoice["total_usd"]) == Decimal(29) + sum(charged.values())
        assert _reconciled(far_cloud, month).endswith("Everything agrees.\n")
        assert unlike_stripe(far_cloud.state_dir / "stripe" / "requests.jsonl") == []


def _let_pass(cloud: LocalCloud, seconds: int) -> None:
    failed = [line for line in cloud.advance(seconds) if "FAILED" in line]
    assert failed == []


def _rows(person: Person, notebook: NotebookOf, month: str) -> list[dict[str, str]]:
    text = person.ask("GET", f"/billing/usage.csv?month={month}").text
    return [row for row in csv.DictReader(io.StringIO(text)) if row["resource_id"] == notebook.id]


def _cents_by_meter(rows: list[dict[str, str]]) -> dict[str, Decimal]:
    """What an invoice's lines say: each meter's sum, rounded once."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["meter"]] = sums.get(row["meter"], Decimal(0)) + Decimal(row["amount_usd"])
    cent = Decimal("0.01")
    return {meter: amount.quantize(cent, ROUND_HALF_UP) for meter, amount in sums.items()}


def _usage_lines(person: Person) -> dict[str, Decimal]:
    upcoming = person.ask("GET", "/billing/upcoming").json()
    assert Decimal(upcoming["unsent_usd"]) == 0
    lines = [line for line in upcoming["lines"] if line["kind"] == "usage"]
    return {line["meter"]: Decimal(line["amount_usd"]) for line in lines}


def _newest_invoice(person: Person) -> dict[str, Any]:
    newest: dict[str, Any] = person.ask("GET", "/billing/invoices").json()["items"][0]
    return newest


def _seconds_until(cloud: LocalCloud, moment: datetime) -> int:
    return int(moment.timestamp()) - cloud.now()


def _reconciled(cloud: LocalCloud, month: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ops.reconcile", "--month", month],
        cwd=PROJECT_ROOT,
        env=os.environ | {"STATE_DIR": str(cloud.state_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr
