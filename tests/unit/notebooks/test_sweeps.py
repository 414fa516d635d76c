"""One bad row, one refused request: the sweep goes on with all others."""

from collections.abc import Callable
from datetime import datetime, timedelta

import boto3
import pytest

from chalicelib.billing.models import BillingAccount
from chalicelib.notebooks import agent, jobs, lifecycle
from chalicelib.notebooks.agent_schemas import Heartbeat
from chalicelib.notebooks.models import Server
from chalicelib.notebooks.states import ServerEnd, ServerState
from localcloud.tables import Call
from tests.unit.notebooks.world import ACCOUNT, World

YEAR_ZERO = -62_135_700_000_000
"""Milliseconds of a moment that Python can't tell."""


def spoil(server: Server) -> None:
    """Store a time in a server's row that can't be read."""
    store("servers", {"id": server.id}, "last_activity_at", YEAR_ZERO)
    with pytest.raises(ValueError, match="year"):
        lifecycle.read_server(server.id)


def store(table: str, key: dict[str, str], attribute: str, number: float) -> None:
    """Store a number in a row, whatever its model says."""
    boto3.client("dynamodb").update_item(
        TableName=f"ramon-local-{table}",
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET #attribute = :number",
        ExpressionAttributeNames={"#attribute": attribute},
        ExpressionAttributeValues={":number": {"N": str(number)}},
    )


def all_are_idle(world: World, servers: list[Server]) -> None:
    world.passes(minutes=1)
    world.report(*servers)


def all_tasks_are_over(world: World, _servers: list[Server]) -> None:
    for arn in list(world.ecs.tasks):
        world.ecs.die(arn, 1)


@pytest.mark.parametrize(
    ("happens", "sweep", "then"),
    [
        (all_are_idle, jobs.idle_sweep, ServerState.STOPPING),
        (all_tasks_are_over, jobs.reconcile, ServerState.ENDED),
    ],
    ids=["idle", "reconcile"],
)
def test_a_row_that_cannot_be_read_stops_no_sweep(
    world: World,
    happens: Callable[[World, list[Server]], None],
    sweep: Callable[[], None],
    then: ServerState,
) -> None:
    servers = [world.running(idle_minutes=1) for _ in range(8)]
    happens(world, servers)
    spoil(servers[3])

    sweep()

    others = [server for server in servers if server is not servers[3]]
    assert [world.state(server) for server in others] == [then] * 7


def test_a_refused_start_of_a_state_machine_stops_no_sweep(world: World) -> None:
    servers = [world.running(idle_minutes=1) for _ in range(8)]
    all_are_idle(world, servers)
    world.machines.is_down = True

    jobs.idle_sweep()

    assert [world.state(server) for server in servers] == [ServerState.STOPPING] * 8


def test_what_could_not_be_begun_is_begun_a_minute_later(world: World) -> None:
    server = world.running(idle_minutes=1)
    all_are_idle(world, [server])
    world.machines.is_down = True
    jobs.idle_sweep()
    world.machines.is_down = False
    world.passes(seconds=61)

    jobs.reconcile()

    assert [e.work["server_id"] for e in world.machines.ready if e.machine == "stop"] == [server.id]


def test_a_failed_request_of_the_listing_itself_is_not_taken_for_a_bad_row(world: World) -> None:
    world.running()

    def unavailable(call: Call) -> None:
        if call.operation == "Query":
            raise ConnectionError("DynamoDB does not answer")

    world.dynamodb.before = unavailable

    with pytest.raises(ConnectionError):
        jobs.reconcile()


@pytest.mark.parametrize(
    "told",
    [
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00-14:00",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
    ],
)
def test_an_agent_with_a_wrong_clock_writes_no_row_that_cannot_be_read(
    world: World, told: str
) -> None:
    """Before it is ready, nothing else bounds what it says."""
    server = world.launched()

    agent.heartbeat(server, Heartbeat(datetime.fromisoformat(told), 0, 0, 1))

    found = lifecycle.read_server(server.id)
    assert found.last_activity_at is not None
    assert server.requested_at <= found.last_activity_at <= world.now


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_no_row_is_written_with_a_time_that_cannot_be_read(world: World, year: int) -> None:
    server = world.running()
    with pytest.raises(ValueError, match="moment"):
        server.update([Server.ready_at.set(datetime.fromisoformat(f"{year:04}-06-01T00:00:00Z"))])


def test_a_running_task_that_ecs_does_not_know_yet_is_not_over(world: World) -> None:
    server = world.launched()
    world.ecs.knows_tasks = False

    for _ in range(5):
        jobs.reconcile()
        world.passes(minutes=1)

    assert world.state(server) == ServerState.STARTING
    world.ecs.knows_tasks = True
    agent.ready(lifecycle.read_server(server.id))
    jobs.open_server(world.work(server))
    assert world.state(server) == ServerState.RUNNING


def test_a_task_that_ecs_has_not_known_for_long_is_over(world: World) -> None:
    server = world.running()
    world.ecs.knows_tasks = False
    jobs.reconcile()
    world.passes(minutes=6)

    jobs.reconcile()

    ended = lifecycle.read_server(server.id)
    assert (ended.state, ended.stop_reason) == (ServerState.ENDED, ServerEnd.LOST)


def test_a_task_that_ecs_knows_again_begins_anew(world: World) -> None:
    server = world.running()
    for knows in (False, True, False):
        world.ecs.knows_tasks = knows
        jobs.reconcile()
        world.passes(minutes=5)
    jobs.reconcile()

    assert world.state(server) == ServerState.RUNNING


def test_a_stop_waits_for_a_task_that_ecs_does_not_know_yet(world: World) -> None:
    server = world.launched()
    world.ecs.knows_tasks = False
    lifecycle.ask_to_stop(server, ServerEnd.USER, "You stopped it.")

    jobs.stop_server(world.work(server))
    with pytest.raises(jobs.StillRunning):
        jobs.close_server(world.work(server))

    assert world.state(server) == ServerState.STOPPING
    world.ecs.knows_tasks = True
    jobs.close_server(world.work(server))  # StopTask was heard, though the task was not listed
    assert world.state(server) == ServerState.ENDED


def test_a_server_whose_address_ecs_does_not_tell_yet_is_asked_for_again(world: World) -> None:
    server = world.launched()
    agent.ready(server)
    world.ecs.tells_addresses = False
    with pytest.raises(jobs.NoAddressYet):
        jobs.open_server(world.work(server))
    world.ecs.tells_addresses, world.ecs.knows_tasks = True, False
    with pytest.raises(jobs.NoAddressYet):
        jobs.open_server(world.work(server))
    world.ecs.knows_tasks = True

    jobs.open_server(world.work(server))

    assert world.state(server) == ServerState.RUNNING


def test_a_server_that_is_on_its_way_out_is_not_opened_and_not_asked_for(world: World) -> None:
    server = world.launched()
    lifecycle.ask_to_stop(server, ServerEnd.USER, "You stopped it.")
    world.ecs.tells_addresses = False

    jobs.open_server(world.work(server))

    assert world.state(server) == ServerState.STOPPING


def test_a_condition_that_does_not_hold_is_no_failure_of_a_sweep(world: World) -> None:
    """Somebody uses a notebook at the moment at which the sweep would stop it."""
    server = world.running(idle_minutes=1)
    all_are_idle(world, [server])

    def used(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            later = int((world.now + timedelta(minutes=1)).timestamp())
            Server(server.id).update([Server.idle_at.set(later)])

    world.dynamodb.before = used

    jobs.idle_sweep()

    assert world.state(server) == ServerState.RUNNING


@pytest.mark.parametrize("row", ["accounts", "billing_accounts"])
def test_an_account_that_cannot_be_read_keeps_no_other_from_being_stopped(
    world: World, row: str
) -> None:
    world.sign_up("acc_2")
    servers = [world.running("acc_2"), world.running()]
    longest_unpaid = int(world.now.timestamp()) - 30 * 86400
    BillingAccount(ACCOUNT, unpaid_since=longest_unpaid).save()
    BillingAccount("acc_2").save()
    key, attribute = ("id", "created_at") if row == "accounts" else ("account_id", "unpaid_since")
    store(row, {key: "acc_2"}, attribute, 1.5)

    jobs.meter_usage()

    assert [world.state(server) for server in servers] == [
        ServerState.RUNNING,
        ServerState.STOPPING,
    ]
