"""The service's own deafness ends nothing; who truly falls silent is stopped all the same."""

from chalicelib.core import hearing
from chalicelib.notebooks import agent, jobs, lifecycle
from chalicelib.notebooks.models import Route, Server
from chalicelib.notebooks.states import ServerEnd, ServerState
from tests.unit.notebooks.world import ACCOUNT, World

OTHERS = ("acc_2", "acc_3", "acc_4")


def sweep() -> None:
    """Everything that could stop a notebook."""
    jobs.idle_sweep()
    jobs.lease_reaper()
    jobs.reconcile()


def everybody_else(world: World) -> list[Server]:
    """A running server of each of three other accounts."""
    for account in OTHERS:
        world.sign_up(account)
    return [world.running(account) for account in OTHERS]


def test_ten_minutes_of_deafness_end_nothing(world: World) -> None:
    """A cell runs, its notebook's idle time is short, and nothing that it reports arrives."""
    mine = world.running(idle_minutes=1)
    servers = [mine, *everybody_else(world)]
    world.report(*servers, busy_kernels=1)

    for _ in range(10):
        world.passes(minutes=1, is_heard=False)
        sweep()
    assert [world.state(server) for server in servers] == [ServerState.RUNNING] * 4

    # The service hears again; the agents' reports are still on their way.
    world.passes(minutes=2)
    sweep()
    assert [world.state(server) for server in servers] == [ServerState.RUNNING] * 4
    world.report(*servers, busy_kernels=1)
    world.passes(minutes=2)
    sweep()
    assert [world.state(server) for server in servers] == [ServerState.RUNNING] * 4


def test_a_deployment_that_has_not_heard_anybody_yet_ends_nothing(world: World) -> None:
    server = world.running()
    world.passes(minutes=30, is_heard=False)
    sweep()
    assert world.state(server) == ServerState.RUNNING


def test_the_one_running_notebook_is_stopped_once_it_is_silent_and_the_canary_is_not(
    world: World,
) -> None:
    server = world.running()
    world.passes(seconds=lifecycle.LEASE_SECONDS + 60)

    sweep()

    found = lifecycle.read_server(server.id)
    assert (found.state, found.stop_reason) == (ServerState.STOPPING, ServerEnd.LEASE_EXPIRED)


def test_after_an_outage_the_silent_one_is_stopped_a_lease_later(world: World) -> None:
    silent, others = world.running(), everybody_else(world)
    world.passes(minutes=10, is_heard=False)
    world.passes(seconds=lifecycle.LEASE_SECONDS)
    world.report(*others)
    sweep()
    assert world.state(silent) == ServerState.RUNNING

    world.passes(minutes=2)
    world.report(*others)
    sweep()

    assert world.state(silent) == ServerState.STOPPING
    assert [world.state(server) for server in others] == [ServerState.RUNNING] * 3


def test_the_end_of_a_task_is_not_held_by_deafness(world: World) -> None:
    """What ECS says is believed: it is no report that could be lost."""
    server = world.running()
    world.ecs.die(f"arn:task/{server.id}", 1)
    world.passes(minutes=1, is_heard=False)

    jobs.lease_reaper()
    assert world.state(server) == ServerState.RUNNING
    jobs.reconcile()

    found = lifecycle.read_server(server.id)
    assert (found.state, found.stop_reason) == (ServerState.ENDED, ServerEnd.CRASHED)
    told = Route.get(lifecycle.host_label(server.notebook_id), consistent_read=True)
    assert (told.state, told.reason) == ("failed", "crashed"), "for the gateway's page"


def test_the_reaper_asks_ecs_first(world: World) -> None:
    """A task that has ended is no silent agent: its end has another reason, and another time."""
    server = world.running()
    world.passes(seconds=lifecycle.LEASE_SECONDS + 60)
    world.ecs.die(f"arn:task/{server.id}", 137)

    jobs.lease_reaper()
    jobs.reconcile()

    found = lifecycle.read_server(server.id)
    assert (found.state, found.stop_reason) == (ServerState.ENDED, ServerEnd.CRASHED)


def test_a_silent_server_that_ecs_does_not_know_is_asked_about_again(world: World) -> None:
    server = world.running()
    world.passes(seconds=lifecycle.LEASE_SECONDS + 60)
    world.ecs.knows_tasks = False

    sweep()

    assert world.state(server) == ServerState.RUNNING


def test_when_most_are_silent_all_are_waited_for_but_not_for_ever(world: World) -> None:
    """The canary is heard and the agents are not: their network, say, or somebody's flood."""
    servers = [world.running(), *everybody_else(world)]
    world.passes(minutes=10)
    sweep()
    assert [world.state(server) for server in servers] == [ServerState.RUNNING] * 4

    world.passes(minutes=30)
    sweep()

    assert [world.state(server) for server in servers] == [ServerState.STOPPING] * 4


def test_one_account_with_many_silent_servers_keeps_nobodys_lease_alive(world: World) -> None:
    everybody = everybody_else(world)
    greedy = [world.running("acc_2") for _ in range(8)]
    silent = world.running()
    world.passes(seconds=lifecycle.LEASE_SECONDS + 60)
    world.report(*everybody[1:])

    sweep()

    assert world.state(silent) == ServerState.STOPPING
    assert {world.state(server) for server in greedy} == {ServerState.STOPPING}


def test_one_account_that_is_heard_often_makes_no_deaf_service_hear(world: World) -> None:
    """Its reports arrive, ten times a second; the canary's do not."""
    everybody_else(world)
    greedy = [world.running("acc_2") for _ in range(8)]
    silent = world.running()

    for _ in range(10):
        world.passes(minutes=1, is_heard=False)
        world.report(*greedy)
        sweep()

    assert world.state(silent) == ServerState.RUNNING


def test_what_is_busy_when_the_reports_stop_is_not_taken_for_idle(world: World) -> None:
    """The canary is heard: it is this agent alone whose reports are late."""
    server = world.running(idle_minutes=1)
    world.report(server, busy_kernels=1)
    world.passes(seconds=100)

    jobs.idle_sweep()

    assert world.state(server) == ServerState.RUNNING


def test_leases_outlast_an_outage_that_the_canary_cannot_see() -> None:
    longest_between_reports = agent.HEARTBEAT_SECONDS + 20
    assert hearing.GAP_SECONDS + longest_between_reports < lifecycle.LEASE_SECONDS


def test_an_account_is_one_voice(world: World) -> None:
    heard = hearing.Hearing(0, {"acc_2": True, "acc_3": False, ACCOUNT: False})
    assert not heard.most_are_silent(but=ACCOUNT)
    heard = hearing.Hearing(0, {"acc_2": False, "acc_3": False, "acc_4": True, ACCOUNT: True})
    assert heard.most_are_silent(but=ACCOUNT)
