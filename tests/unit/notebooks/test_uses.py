"""A server is paid for from ECS's own start to ECS's own stop, whatever its agent says or does not.

The agent runs beside the account's code: each test lets it lie, be late or be silent.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.billing import credited
from chalicelib.billing import service as billing
from chalicelib.billing.models import BillingAccount
from chalicelib.core import db, hearing
from chalicelib.metering.models import Use
from chalicelib.notebooks import agent, audit, jobs, lifecycle
from chalicelib.notebooks.models import Server
from chalicelib.notebooks.states import ServerEnd, ServerState
from tests.fakes import event_of
from tests.unit.notebooks.world import ACCOUNT, NOON, World

USD_SECOND = 6 * Decimal("0.000014") + 24 * Decimal("0.000002")
"""What the largest size costs beyond the plan Lab."""
MONTH = "2026-11"
START = int(NOON.timestamp())


def _tell(world: World, server: Server) -> None:
    """ECS's event about the server's task arrives."""
    jobs.on_task_state_change(event_of(world.ecs.tasks[f"arn:task/{server.id}"]))


def _ended(world: World, server: Server, exit_code: int = 0) -> Use:
    world.ecs.die(f"arn:task/{server.id}", exit_code)
    _tell(world, server)
    assert world.state(server) == ServerState.ENDED
    return Use.get(server.id)


def test_an_agent_that_never_says_that_it_is_ready_pays_from_ecs_start_on(world: World) -> None:
    server = world.launched(size="extra")
    agent.boot(server)
    world.passes(minutes=6)
    jobs.fail_server({**world.work(server), "error": {"Error": "States.Timeout"}})

    use = _ended(world, server)

    assert (use.started_at, use.ended_at) == (START, START + 360)
    assert use.amount == 360 * USD_SECOND


def test_being_ready_late_does_not_make_it_cheaper(world: World) -> None:
    server = world.launched(size="extra")
    agent.boot(server)
    world.passes(minutes=4)
    agent.ready(server)
    jobs.open_server(world.work(server))
    world.passes(minutes=1)

    use = _ended(world, server)

    assert use.amount == 300 * USD_SECOND
    assert lifecycle.read_server(server.id).started_at == NOON


def test_whoever_stops_a_start_pays_for_what_ran(world: World) -> None:
    server = world.launched(size="extra")
    world.passes(seconds=50)
    lifecycle.ask_to_stop(server, ServerEnd.USER, "You stopped it.")

    assert _ended(world, server).amount == 50 * USD_SECOND


def test_a_start_that_no_event_tells_of_is_metered_by_the_sweep(world: World) -> None:
    server = world.launched(size="extra")
    world.passes(minutes=2)

    jobs.reconcile()

    assert Use.get(server.id).started_at == START


def test_a_starting_server_counts_for_the_limit(world: World) -> None:
    BillingAccount(ACCOUNT, limit_kind="own", limit=Decimal("0.02")).save()
    server = world.launched(size="extra")
    agent.boot(server)
    world.passes(minutes=2)
    _tell(world, server)
    jobs.meter_usage()

    assert lifecycle.read_server(server.id).stop_reason == ServerEnd.LIMIT


def test_a_limit_stops_no_server_while_it_could_not_save(world: World) -> None:
    BillingAccount(ACCOUNT, limit_kind="own", limit=Decimal("0.02")).save()
    server = world.launched(size="extra")
    agent.boot(server)
    hearing.note()
    world.passes(minutes=5, is_heard=False)
    _tell(world, server)
    jobs.meter_usage()
    assert lifecycle.read_server(server.id).stop_reason is None, "the service is deaf"

    hearing.note()
    jobs.meter_usage()

    assert lifecycle.read_server(server.id).stop_reason == ServerEnd.LIMIT


def test_a_start_that_never_got_its_orders_is_free(world: World) -> None:
    server = world.launched(size="extra")
    world.passes(minutes=3)
    _tell(world, server)
    jobs.meter_usage()

    use = _ended(world, server, exit_code=70)

    assert use.amount == 0
    assert (use.ended_at, use.open_shard) == (START, None)
    assert use.credit is not None
    assert BillingAccount.get(ACCOUNT).free_usd == 180 * USD_SECOND


def test_a_task_that_aws_could_not_start_is_free(world: World) -> None:
    server = world.launched(size="extra")
    arn = f"arn:task/{server.id}"
    world.ecs.tasks[arn] = replace(world.ecs.tasks[arn], stop_code="TaskFailedToStart")
    world.passes(minutes=1)
    world.ecs.die(arn, 1)
    event = {**event_of(world.ecs.tasks[arn]), "stopCode": "TaskFailedToStart"}
    jobs.on_task_state_change(event)

    assert Use.get(server.id).amount == 0


def test_failed_starts_are_free_up_to_a_bound_a_day(world: World) -> None:
    world.patch.setattr(credited, "FREE_USD_DAY", 150 * USD_SECOND)
    costs = []
    for days in (0, 0, 0, 1):
        world.passes(days=days)
        server = world.launched(size="extra")
        world.passes(minutes=1)
        costs.append(_ended(world, server, exit_code=70).amount)

    assert costs == [0, 0, 60 * USD_SECOND, 0]


def test_a_silent_agent_does_not_take_back_what_ecs_has_vouched_for(world: World) -> None:
    server = world.running(size="extra")
    world.passes(minutes=20)
    jobs.meter_usage()
    world.passes(minutes=5)
    world.ecs.knows_tasks = False

    lifecycle.ended(lifecycle.read_server(server.id), None)

    assert Use.get(server.id).amount == 20 * 60 * USD_SECOND


def _findings() -> list[str]:
    return [found.message for found in audit.differing(ACCOUNT, MONTH)]


def test_the_audit_finds_what_ecs_ran_and_nobody_was_billed_for(world: World) -> None:
    server, other = world.running(), world.launched(size="extra")
    world.passes(minutes=1)
    _ended(world, other, exit_code=70)
    assert _findings() == []

    Use(server.id).delete()
    assert _findings() == [f"ECS started it at {START}, and nothing is billed"]


def test_the_audit_finds_a_use_that_began_late(world: World) -> None:
    server = world.running()
    Use(server.id).update([Use.started_at.set(START + 60)])

    assert _findings() == [f"started at {START}, billed from {START + 60} on"]


def test_two_failures_at_one_moment_do_not_pass_the_days_bound(world: World) -> None:
    world.patch.setattr(credited, "FREE_USD_DAY", 90 * USD_SECOND)
    servers = [world.launched(size="extra") for _ in range(2)]
    for server in servers:
        _tell(world, server)
    world.passes(minutes=1)
    first, second = (billing.credit(each.id, START + 60, "not charged") for each in servers)
    assert first is not None
    assert second is not None
    with db.transaction() as write:
        billing.credit_in(write, first)

    with pytest.raises(db.Refused), db.transaction() as write:
        billing.credit_in(write, second)

    assert billing.credit(servers[1].id, START + 60, "not charged") is None
