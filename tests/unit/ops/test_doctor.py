"""The doctor finds every disagreement, and none where there is none."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ops.doctor import report
from ops.doctor.__main__ import diagnose
from ops.doctor.rules import examine
from ops.doctor.world import Route, Slots, Task, World
from tests.unit.ops.worlds import ACCOUNTS, NOW, agreeing

RUNNING = agreeing(need="running")
STOPPED = agreeing(need="stopped")


def _rules(world: World) -> set[tuple[str, str]]:
    return {(finding.rule, finding.subject) for finding in examine(world)}


@given(agreeing())
def test_nothing_is_found_where_everything_agrees(world: World) -> None:
    assert examine(world) == []


@given(agreeing(), st.sampled_from(["srv_unknown", ""]))
def test_a_task_that_nobody_wants_is_found(world: World, server_id: str) -> None:
    world.tasks["stray"] = Task(
        "stray", "ramon-dev-notebook", server_id, "RUNNING", "RUNNING", "10.64.64.9"
    )

    assert _rules(world) == {("task_without_live_server", "stray")}


@given(agreeing())
def test_gateways_need_no_server(world: World) -> None:
    world.tasks["gateway"] = Task(
        "gateway", "ramon-dev-gateway", "ecs-svc/1", "RUNNING", "RUNNING", "10.64.0.9"
    )

    assert examine(world) == []


@given(RUNNING)
def test_a_task_whose_server_has_ended_is_found(world: World) -> None:
    world.servers["srv_0"] = replace(
        world.servers["srv_0"], state="ended", is_in_sweeps=False, lease_expires_at=None
    )

    assert {
        ("task_without_live_server", "arn:task/0"),
        ("notebook_without_live_server", "nb_0"),
        ("slot_without_live_server", world.servers["srv_0"].account_id),
        ("route_without_task", "nb-0"),
    } == _rules(world)


@given(RUNNING)
def test_a_second_task_of_one_server_is_found(world: World) -> None:
    world.tasks["second"] = replace(world.tasks["arn:task/0"], arn="second")

    assert _rules(world) == {("several_tasks", "srv_0"), ("task_not_of_its_server", "second")}


@given(RUNNING)
def test_a_live_server_without_a_task_is_found(world: World) -> None:
    del world.tasks["arn:task/0"]

    assert _rules(world) == {
        ("live_server_without_task", "srv_0"),
        ("route_without_task", "nb-0"),
    }


@given(RUNNING)
def test_a_live_server_that_no_sweep_finds_is_found(world: World) -> None:
    world.servers["srv_0"] = replace(world.servers["srv_0"], is_in_sweeps=False)

    assert _rules(world) == {("live_server_not_in_sweeps", "srv_0")}


@given(RUNNING)
def test_a_live_server_without_its_notebook_is_found(world: World) -> None:
    del world.notebooks["nb_0"]

    assert _rules(world) == {
        ("live_server_without_notebook", "srv_0"),
        ("route_without_notebook", "nb-0"),
    }


@given(RUNNING)
def test_a_server_and_a_notebook_in_different_states_are_found(world: World) -> None:
    world.notebooks["nb_0"] = replace(world.notebooks["nb_0"], state="starting")

    assert _rules(world) == {
        ("server_and_notebook_differ", "srv_0"),
        ("route_and_notebook_differ", "nb-0"),
    }


@given(RUNNING)
def test_a_live_server_without_a_slot_is_found(world: World) -> None:
    del world.slots[world.servers["srv_0"].account_id]

    assert ("live_server_without_slot", "srv_0") in _rules(world)


@given(RUNNING)
def test_a_lease_that_expired_long_ago_is_found(world: World) -> None:
    world.servers["srv_0"] = replace(world.servers["srv_0"], lease_expires_at=NOW - 121)

    assert _rules(world) == {("expired_lease", "srv_0")}


@given(RUNNING)
def test_a_lease_that_has_just_expired_is_left_to_the_reaper(world: World) -> None:
    world.servers["srv_0"] = replace(world.servers["srv_0"], lease_expires_at=NOW - 60)

    assert examine(world) == []


@given(agreeing(), st.sampled_from(ACCOUNTS))
def test_a_slot_of_a_server_that_is_gone_is_found(world: World, account: str) -> None:
    taken = world.slots.get(account, Slots(account, frozenset()))
    world.slots[account] = Slots(account, taken.server_ids | {"srv_gone"})

    assert _rules(world) == {("slot_without_live_server", account)}


@given(STOPPED)
def test_a_notebook_without_a_route_is_found(world: World) -> None:
    del world.routes["nb-0"]

    assert _rules(world) == {("notebook_without_route", "nb_0")}


@given(STOPPED)
def test_a_route_of_a_stopped_notebook_that_leads_somewhere_is_found(world: World) -> None:
    world.routes["nb-0"] = replace(world.routes["nb-0"], target="http://10.64.64.1:8888")

    assert _rules(world) == {("route_open", "nb-0")}


@given(RUNNING)
def test_a_route_that_leads_to_another_address_is_found(world: World) -> None:
    world.routes["nb-0"] = replace(world.routes["nb-0"], target="http://10.64.64.99:8888")

    assert _rules(world) == {("route_leads_elsewhere", "nb-0")}


@given(agreeing())
def test_a_route_of_no_notebook_is_found(world: World) -> None:
    world.routes["nb-gone"] = Route("nb-gone", "nb_gone", "stopped", None, None)

    assert _rules(world) == {("route_without_notebook", "nb-gone")}


@given(agreeing())
def test_a_report_shows_everything_that_is_up(world: World) -> None:
    findings = examine(world)
    text = report.as_text(world, findings)
    shown: dict[str, Any] = json.loads(report.as_json(world, findings))

    assert all(notebook_id in text for notebook_id in world.notebooks)
    assert all(server.id in text for server in world.servers.values() if server.is_live)
    assert text.endswith("Everything agrees.")
    assert len(shown["servers"]) == len(world.servers)
    assert shown["findings"] == []


class _Moments:
    """Shows one world after the other."""

    def __init__(self, *worlds: World) -> None:
        self._worlds = list(worlds)

    def read(self) -> World:
        return self._worlds.pop(0)


def _with_stray(world: World, arn: str) -> World:
    stray = Task(arn, "ramon-dev-notebook", "srv_gone", "RUNNING", "RUNNING", None)
    return replace(world, tasks={**world.tasks, arn: stray})


@given(agreeing())
def test_what_was_only_on_its_way_is_no_finding(world: World) -> None:
    _, findings = diagnose(_Moments(_with_stray(world, "stray"), world), patience=0)

    assert findings == []


@given(agreeing())
def test_what_stays_wrong_is_a_finding_and_what_has_just_begun_is_not(world: World) -> None:
    before = _with_stray(world, "stray")

    _, findings = diagnose(_Moments(before, _with_stray(before, "new")), patience=0)

    assert [finding.subject for finding in findings] == ["stray"]
