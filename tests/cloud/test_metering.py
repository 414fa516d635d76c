"""What a notebook costs: by the provider's own times, up to the limit and no further."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

from localcloud.testing import LocalCloud
from tests.people import NotebookOf, Person
from tests.support import eventually

SWEPT = {
    "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
    "account": "000000000000", "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
    "resources": [], "detail": {},
}  # fmt: skip
"""What EventBridge sends a schedule's function."""
INTERVAL = 60
"""Seconds between two looks at the limits."""
EXTRA_USD_SECOND = Decimal("0.000154")
"""What the largest size costs beyond the plan Researcher: 7 vCPU and 28 GiB a second."""


def test_a_notebooks_bill_is_from_ecs_own_start_to_its_own_stop(
    cloud: LocalCloud, ada: Person
) -> None:
    ada.subscribe("lab")
    notebook = ada.create("Metered", size="extra")
    notebook.start()
    running = notebook.now["cost"]
    assert running["included"] is False
    _use_for_a_second(cloud, notebook)
    notebook.stop()

    run = notebook.ask("GET", "/servers").json()["items"][0]
    task = _task_of(cloud, run["id"])
    rows = eventually(lambda: _rows_of(ada, notebook), every=0.5)

    assert {row["end"][:19] for row in rows} == {task["stoppedAt"].isoformat()[:19]}
    seconds = int(rows[0]["seconds"])
    assert seconds == int(task["stoppedAt"].timestamp()) - int(task["startedAt"].timestamp())
    vcpu = next(row for row in rows if row["meter"] == "vcpu_seconds")
    assert int(vcpu["quantity"]) == 8 * seconds
    assert int(vcpu["included"]) == 2 * seconds
    charged = sum(Decimal(row["amount_usd"]) for row in rows)
    assert charged == Decimal(run["cost_usd"]) == _spent_on(ada, notebook)


def test_a_notebook_in_the_plans_size_is_recorded_and_costs_nothing(
    cloud: LocalCloud, ada: Person
) -> None:
    ada.subscribe("lab")
    notebook = ada.create("Included", size="medium")
    notebook.start()
    _use_for_a_second(cloud, notebook)
    notebook.stop()

    rows = eventually(lambda: _rows_of(ada, notebook), every=0.5)

    assert all(row["quantity"] == row["included"] for row in rows)
    assert {row["note"] for row in rows} == {"in the plan Lab"}
    assert sum(Decimal(row["amount_usd"]) for row in rows) == 0


def test_a_start_that_its_owner_gives_up_costs_what_ecs_ran(cloud: LocalCloud, ada: Person) -> None:
    ada.subscribe("lab")
    notebook = ada.create("Given up", size="extra")
    assert notebook.ask("POST", "/start").status_code == 202
    notebook.stop()

    run = notebook.ask("GET", "/servers").json()["items"][0]
    tasks = _tasks_of(cloud, run["id"])
    ran = [int(t["stoppedAt"].timestamp()) - int(t["startedAt"].timestamp())
           for t in tasks if "startedAt" in t]  # fmt: skip

    billed = {seconds for seconds in ran if seconds}  # a start that took no second has no row
    eventually(lambda: {int(r["seconds"]) for r in _rows_of(ada, notebook)} == billed)


def test_the_limit_saves_and_stops_a_notebook_and_lets_none_start_that_costs_extra(
    cloud: LocalCloud,
) -> None:
    with Person(cloud, "emmy") as emmy:
        emmy.subscribe("researcher")
        notebook = emmy.create("To the limit", size="extra")
        notebook.start()
        content = {"type": "file", "format": "text", "content": "not saved by hand\n"}
        notebook.enter().request("PUT", "/api/contents/work.txt", json=content)
        _limit(emmy, "0.01")

        stopped = eventually(lambda: _swept(cloud, notebook), within=90, every=0.5) or {}

        assert stopped["last_stop"]["reason"] == "limit"
        assert "Raise it on the billing page" in stopped["last_stop"]["message"]
        assert stopped["workspace"]["files"] == 2
        overshoot = Decimal(emmy.ask("GET", "/billing").json()["spent_usd"]) - Decimal("0.01")
        assert overshoot < EXTRA_USD_SECOND * INTERVAL
        assert notebook.ask("POST", "/start").json()["error"]["code"] == "limit_reached"
        included = emmy.create("In the plan", size="small")
        included.start()
        included.stop()


def _limit(person: Person, limit: str | None) -> None:
    version = person.ask("GET", "/billing").json()["version"]
    answer = person.ask(
        "PUT", "/billing/limit", json={"limit_usd": limit}, headers={"If-Match": f'"{version}"'}
    )
    assert answer.status_code == 200, answer.text


def _swept(cloud: LocalCloud, notebook: NotebookOf) -> dict[str, Any] | None:
    """The notebook, once a sweep has stopped it."""
    answer = cloud.client("lambda").invoke(
        FunctionName="ramon-local-meter-usage", Payload=json.dumps(SWEPT)
    )
    assert "FunctionError" not in answer, answer["Payload"].read()
    told = notebook.now
    return told if told["state"] == "stopped" else None


def _use_for_a_second(cloud: LocalCloud, notebook: NotebookOf) -> None:
    """Wait until ECS has run it for a second: what is used for less has no row."""
    server = notebook.ask("GET", "/servers").json()["items"][0]
    (task,) = _tasks_of(cloud, server["id"], "RUNNING")
    eventually(lambda: cloud.now() > int(task["startedAt"].timestamp()))


def _task_of(cloud: LocalCloud, server_id: str) -> dict[str, Any]:
    return _tasks_of(cloud, server_id)[0]


def _tasks_of(cloud: LocalCloud, server_id: str, desired: str = "STOPPED") -> list[dict[str, Any]]:
    ecs = cloud.client("ecs")
    arns = ecs.list_tasks(cluster="ramon-local", startedBy=server_id, desiredStatus=desired)
    if not arns["taskArns"]:
        return []
    tasks: list[dict[str, Any]] = ecs.describe_tasks(cluster="ramon-local", tasks=arns["taskArns"])[
        "tasks"
    ]
    return tasks


def _rows_of(person: Person, notebook: NotebookOf) -> list[dict[str, str]]:
    text = person.ask("GET", "/billing/usage.csv").text
    rows = csv.DictReader(io.StringIO(text))
    return [row for row in rows if row["resource_id"] == notebook.id]


def _spent_on(person: Person, notebook: NotebookOf) -> Decimal:
    resources = person.ask("GET", "/billing/usage").json()["resources"]
    return next(Decimal(r["amount_usd"]) for r in resources if r["resource_id"] == notebook.id)
