"""Bodies of the state machines' steps, of ECS's events, and of the sweeps.

Every one may run twice, late, or beside itself: each does what is left to do.
"""

from typing import Any

from chalicelib.billing import rights as billing
from chalicelib.core import config, db
from chalicelib.core.entry_points import (
    EVERY_DAY,
    EVERY_MINUTE,
    AskAgain,
    on_event,
    schedule,
    step,
)
from chalicelib.core.errors import NotFound
from chalicelib.core.observability import log
from chalicelib.core.sweeps import MAY_SWEEP
from chalicelib.metering import rights as metering
from chalicelib.notebooks import (
    agent,
    fargate,
    lifecycle,
    purge,
    rights,
    service,
    state_machines,
    stop_reasons,
    sweeps,
    tasks,
    uses,
)
from chalicelib.notebooks.models import Server
from chalicelib.notebooks.states import ServerEnd, ServerState, StartStep
from chalicelib.plans import catalogue


class StillRunning(AskAgain):
    """The task has not stopped yet; the state machine asks again."""


class NoAddressYet(AskAgain):
    """ECS does not tell the task's address yet; the state machine asks again."""


@step(
    alarm="notebooks",
    may=(
        "get, update servers",
        "succeed waiting steps",
        "fail waiting steps",
        "run notebook tasks",
        "stop tasks",
    ),
)
def launch_server(event: dict[str, Any]) -> None:
    """Step: start the task of a server, and leave the token for the agent's ready call.

    Raises `fargate.LaunchRefused` when there is no capacity; the state machine tries again.
    """
    server, token = lifecycle.read_server(event["server_id"]), event["task_token"]
    if not _launch_if_wanted(server, token, event["agent_token"]):
        state_machines.fail(token, "NotWanted", "The start was taken back.")
        return
    if server.ready_at is not None:
        # The agent was ready before the token was known: a retry of this step finds that.
        state_machines.succeed(token, {"ready": True})


def _launch_if_wanted(server: Server, token: str, agent_token: str) -> bool:
    """Start the task of a server and record it, unless the server was stopped in the meantime."""
    if not db.update_if(server, _is_starting(), [Server.start_token.set(token)]):
        return False
    agent.note_stage(server, StartStep.LAUNCHING)
    arn = fargate.launch(_launch(server, agent_token))
    if db.update_if(server, _is_starting(), [Server.task_arn.set(arn)]):
        return True
    fargate.stop(arn, "no longer wanted")
    return False


def _is_starting() -> db.Condition:
    return Server.state == ServerState.STARTING


def _launch(server: Server, agent_token: str) -> fargate.Launch:
    settings = config.settings()
    size = catalogue.size(server.size)
    environment = {
        "RAMON_API_URL": settings.api_url,
        "RAMON_SERVER_ID": server.id,
        "RAMON_AGENT_TOKEN": agent_token,
        "RAMON_NOTEBOOK_ORIGIN": service.origin(server.notebook_id),
        "RAMON_APP_ORIGIN": settings.app_origin,
        "RAMON_MEMORY_BYTES": str(size.memory_gib * catalogue.GIB),
    }
    return fargate.Launch(
        server_id=server.id,
        notebook_id=server.notebook_id,
        account_id=server.account_id,
        size=size,
        disk_gib=server.disk_gib,
        environment=environment,
    )


@step(
    alarm="notebooks",
    may=(*rights.CHANGE, "describe tasks", *metering.BEGIN_USES, "batch-get uses"),
)
def open_server(event: dict[str, Any]) -> None:
    """Step: open the route to a server that is ready.

    Raises `NoAddressYet` while ECS does not tell where it is, and when its task has just ended;
    the state machine asks again.
    """
    server = lifecycle.read_server(event["server_id"])
    if server.state != ServerState.STARTING:
        return
    found = fargate.describe([server.task_arn]) if server.task_arn else []
    if not found or found[0].is_over or not found[0].address:
        raise NoAddressYet(server.id)
    uses.begin_if_started(server, found[0])
    lifecycle.opened(server, found[0].address)


@step(alarm="notebooks", may=rights.STOP)
def fail_server(event: dict[str, Any]) -> None:
    """Step: a start came to nothing. Stop what there is of it, and tell the owner why."""
    server = lifecycle.read_server(event["server_id"])
    error = event.get("error") or {}
    log.warning("start failed", server_id=server.id, error=error)
    lifecycle.ask_to_stop(
        server, ServerEnd.FAILED_START, stop_reasons.failed_start(str(error.get("Error", "")))
    )


@step(
    alarm="notebooks",
    may=("get, update servers", "succeed waiting steps", *rights.FIND_TASKS, "stop tasks"),
)
def stop_server(event: dict[str, Any]) -> None:
    """Step: ask the task to stop, and leave the token for the event that says that it has."""
    server, token = lifecycle.read_server(event["server_id"]), event["task_token"]
    db.update(server, [Server.stop_token.set(token)])
    task = tasks.find(server)
    if server.state == ServerState.ENDED or tasks.is_over(server, task):
        state_machines.succeed(token, {"ended": True})
        return
    fargate.stop(_arn(server, task), server.stop_reason or "stopped")


@step(alarm="notebooks", may=(*rights.END, *rights.FIND_TASKS, "stop tasks"))
def close_server(event: dict[str, Any]) -> None:
    """Step: close the record of a server whose task is over. Raises `StillRunning` before."""
    server = lifecycle.read_server(event["server_id"])
    if server.state == ServerState.ENDED:
        lifecycle.ended(server, None)  # whoever ended it may not have come to what follows that
        return
    task = tasks.find(server)
    if not tasks.is_over(server, task):
        arn = _arn(server, task)
        fargate.stop(arn, "stop was asked for before")
        raise StillRunning(arn)
    lifecycle.ended(server, task)


def _arn(server: Server, task: fargate.Task | None) -> str:
    """The ARN of what must be stopped, though ECS may not know it at the moment."""
    return task.arn if task is not None else server.task_arn or ""


@on_event("aws.ecs", "ECS Task State Change", alarm="notebooks", may=rights.END)
def on_task_state_change(detail: dict[str, Any]) -> None:
    """Event: a task of the cluster has changed.

    From its start on its server is metered; one that stopped ends its server's record.
    """
    task = fargate.parse(detail)
    has_news = task.is_over or task.started_at is not None
    if not has_news or not task.server_id.startswith("srv_"):
        return
    try:
        server = lifecycle.read_server(task.server_id)
    except NotFound:
        log.warning("a task without a record has changed", task_arn=task.arn)
        return
    uses.begin_if_started(server, task)
    if task.is_over:
        lifecycle.ended(server, task)


@schedule(EVERY_MINUTE, alarm="notebooks", may=("query servers.idle", *rights.STOP, *MAY_SWEEP))
def idle_sweep() -> None:
    """Sweep: stop the servers that nobody used for their notebook's idle time."""
    sweeps.stop_idle()


@schedule(
    EVERY_MINUTE,
    alarm="notebooks",
    may=(
        *MAY_SWEEP,
        "query servers.leases",
        "query servers.by_live",
        "get hearing",
        "describe tasks",
        *rights.STOP,
    ),
)
def lease_reaper() -> None:
    """Sweep: stop the servers whose agents have fallen silent."""
    sweeps.stop_silent()


@schedule(
    EVERY_MINUTE,
    alarm="notebooks",
    may=(
        *MAY_SWEEP,
        "query servers.by_live",
        *rights.END,
        "execute stop_notebook",
        *rights.FIND_TASKS,
        "stop tasks",
    ),
)
def reconcile() -> None:
    """Sweep: stop tasks that no server stands for, and end servers that no task stands for."""
    sweeps.reconcile()


@schedule(
    EVERY_MINUTE,
    alarm="billing",
    timeout_seconds=120,
    may=(
        *MAY_SWEEP,
        *billing.METER_ALL,
        "get hearing",
        "batch-get uses",
        *metering.RECORD_USES,
        *rights.STOP,
        *rights.FIND_TASKS,
    ),
)
def meter_usage() -> None:
    """Sweep: record what runs, and stop what may not go on: limit, plan, unpaid invoice."""
    sweeps.meter()


@schedule(
    EVERY_DAY,
    alarm="notebooks",
    timeout_seconds=900,
    may=(
        *MAY_SWEEP,
        "query notebooks.purgeable",
        "delete, get, update notebooks",
        "delete routes",
        "delete, get, query, update snapshots",
        "get, update byte_counters",
    ),
)
def purge_sweep() -> None:
    """Sweep: delete for good what was deleted 30 days ago."""
    purge.sweep()
