"""Bodies of the state machines' steps, of ECS's events, and of the sweeps.

Every one may run twice, late, or beside itself: each does what is left to do.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import msgspec

from chalicelib.billing import catalogue
from chalicelib.billing import service as billing
from chalicelib.clusters import service as clusters
from chalicelib.core import clock, config, db
from chalicelib.core.errors import NotFound
from chalicelib.core.observability import log, surviving
from chalicelib.notebooks import agent, fargate, lifecycle, service, state_machines
from chalicelib.notebooks import reconcile as reconcile_chain
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.states import Reason, ServerState
from chalicelib.storage import service as storage
from chalicelib.workspaces import service as workspaces

_STRAY_AFTER = timedelta(minutes=2)
"""A task this old must have a live server; a younger one may be on its way into the records."""
_STUCK_AFTER = timedelta(minutes=5)
"""A stop that takes longer is begun once more."""
_UNLAUNCHED_AFTER = timedelta(seconds=60)
"""A start that has not launched anything by then was cut off before it began."""


class StillRunning(Exception):
    """The task has not stopped yet; the state machine asks again."""


def launch_server(event: dict[str, Any]) -> None:
    """Step: start the task of a server, and leave the token for the agent's ready call.

    Raises `fargate.LaunchRefused` when there is no capacity; the state machine tries again.
    """
    server, token = lifecycle.read_server(event["server_id"]), event["task_token"]
    try:
        server.update([Server.start_token.set(token)], condition=_is_starting())
        agent.note_stage(server, "launching")
        arn = fargate.launch(_launch(server, event["agent_token"]))
        _keep_or_stop(server, arn)
    except db.UpdateError as error:
        db.unless_refused(error)
        state_machines.fail(token, "NotWanted", "The start was taken back.")
        return
    if server.ready_at is not None:
        # The agent was ready before the token was known: a retry of this step finds that.
        state_machines.succeed(token, {"ready": True})


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
    return fargate.Launch(server.id, server.notebook_id, server.account_id, size, environment)


def _keep_or_stop(server: Server, arn: str) -> None:
    """Record the task, unless the server was stopped while it was being launched."""
    try:
        server.update([Server.task_arn.set(arn)], condition=_is_starting())
    except db.UpdateError:
        fargate.stop(arn, "no longer wanted")
        raise


def open_server(event: dict[str, Any]) -> None:
    """Step: open the route to a server that is ready."""
    server = lifecycle.read_server(event["server_id"])
    tasks = fargate.describe([server.task_arn]) if server.task_arn else []
    if tasks and tasks[0].address and not tasks[0].is_over:
        lifecycle.opened(server, tasks[0].address)


def fail_server(event: dict[str, Any]) -> None:
    """Step: a start came to nothing. Stop what there is of it, and tell the owner why."""
    server = lifecycle.read_server(event["server_id"])
    error = event.get("error") or {}
    log.warning("start failed", server_id=server.id, error=error)
    lifecycle.ask_to_stop(server, Reason.FAILED_START, _why_failed(str(error.get("Error", ""))))


def _why_failed(error: str) -> str:
    if error == "LaunchRefused":
        return (
            "There was no computer free for it just now. You are not charged for this. Start it "
            "again in a few minutes."
        )
    if error in ("States.Timeout", "States.HeartbeatTimeout"):
        return "It was not ready in time. You are not charged for this. Start it again."
    return "It could not start. You are not charged for this. Start it again."


def stop_server(event: dict[str, Any]) -> None:
    """Step: ask the task to stop, and leave the token for the event that says that it has."""
    server, token = lifecycle.read_server(event["server_id"]), event["task_token"]
    server.update([Server.stop_token.set(token)])
    task = _task_of(server)
    if server.state == ServerState.ENDED or task is None or task.is_over:
        state_machines.succeed(token, {"ended": True})
        return
    fargate.stop(task.arn, server.stop_reason or "stopped")


def close_server(event: dict[str, Any]) -> None:
    """Step: close the record of a server whose task is over. Raises `StillRunning` before."""
    server = lifecycle.read_server(event["server_id"])
    if server.state == ServerState.ENDED:
        return
    task = _task_of(server)
    if task is not None and not task.is_over:
        fargate.stop(task.arn, "stop was asked for before")
        raise StillRunning(task.arn)
    lifecycle.ended(server, task)


def _task_of(server: Server) -> fargate.Task | None:
    if server.task_arn is None:
        return fargate.find(server.id)
    return next(iter(fargate.describe([server.task_arn])), None)


def on_task_state_change(detail: dict[str, Any]) -> None:
    """Event: a task of the cluster has changed. One that stopped ends its server's record."""
    task = fargate.parse(detail)
    if not task.is_over or not task.server_id.startswith("srv_"):
        return
    try:
        server = lifecycle.read_server(task.server_id)
    except NotFound:
        log.warning("a task without a record stopped", task_arn=task.arn)
        return
    lifecycle.ended(server, task)


def idle_sweep() -> None:
    """Sweep: stop the servers that nobody used for their notebook's idle time."""
    now = clock.seconds()
    for found in _shards(Server.idle, Server.idle_at <= now):
        server = lifecycle.read_server(found.id)
        notebook = Notebook.get(server.notebook_id, consistent_read=True)
        message = f"Nothing ran for {_minutes(notebook.idle_minutes)}."
        # The condition is what counts: activity since the look-up keeps the notebook up.
        lifecycle.ask_to_stop(server, Reason.IDLE, message, only_if=Server.idle_at <= now)


def _minutes(count: int) -> str:
    return "a minute" if count == 1 else f"{count} minutes"


def lease_reaper() -> None:
    """Sweep: stop the servers whose agents have fallen silent."""
    now = clock.seconds()
    for found in _shards(Server.leases, Server.lease_expires_at <= now):
        server = lifecycle.read_server(found.id)
        starting = server.state == ServerState.STARTING
        lifecycle.ask_to_stop(
            server,
            Reason.FAILED_START if starting else Reason.LEASE_EXPIRED,
            _why_failed("States.Timeout")
            if starting
            else "It stopped answering. Files that were saved are kept.",
            only_if=Server.lease_expires_at <= now,
        )


def reconcile() -> None:
    """Sweep: stop tasks that no server stands for, and end servers that no task stands for."""
    running = {task.arn: task for task in fargate.running()}
    for task in running.values():
        _stop_if_stray(task)
    now = clock.now()
    for server in _shards(Server.by_live, None):
        if server.task_arn is not None and server.task_arn not in running:
            _end_if_over(server)
        elif server.state == ServerState.STOPPING:
            if now - (server.stopping_since or now) > _STUCK_AFTER:
                lifecycle.begin_stop(server, attempt=f"again-{clock.seconds()}")
        elif server.task_arn is None and now - server.requested_at > _UNLAUNCHED_AFTER:
            _fail_if_unlaunched(server)


def _stop_if_stray(task: fargate.Task) -> None:
    young = task.created_at is None or clock.now() - task.created_at < _STRAY_AFTER
    if young or _has_live_server(task):
        return
    log.warning("stopping a task without a live server", task_arn=task.arn)
    fargate.stop(task.arn, "no live server")


def _has_live_server(task: fargate.Task) -> bool:
    try:
        return lifecycle.read_server(task.server_id).state != ServerState.ENDED
    except NotFound:
        return False


def _end_if_over(server: Server) -> None:
    # Look again: the list was made before, and a task may have been launched since.
    task = _task_of(server)
    if task is None or task.is_over:
        log.warning("ending a server whose task is over", server_id=server.id)
        lifecycle.ended(lifecycle.read_server(server.id), task)


def _fail_if_unlaunched(server: Server) -> None:
    if server.start_token is None and fargate.find(server.id) is None:
        lifecycle.ask_to_stop(server, Reason.FAILED_START, _why_failed(""))


def meter_usage() -> None:
    """Sweep: record what runs, and stop what may not go on: limit, plan, unpaid invoice."""
    # Before the look at ECS: what it says runs then has run until this second.
    seen_at = clock.seconds()
    up = {task.server_id for task in fargate.running() if task.is_up}
    billing.record_use(billing.Kind.NOTEBOOK, up.__contains__, seen_at)
    for verdict in billing.verdicts(billing.Kind.NOTEBOOK):
        with surviving("a server was not stopped", server_id=verdict.run_id, cause=verdict.cause):
            server = lifecycle.read_server(verdict.run_id)
            lifecycle.ask_to_stop(server, Reason(verdict.cause), verdict.message)


def sample_storage() -> None:
    """Sweep: record what every account stores in its notebooks, deleted ones left out."""
    stored: dict[str, int] = {}
    for notebook in Notebook.scan(attributes_to_get=["account_id", "bytes", "deleted_at"]):
        size = 0 if notebook.deleted_at is not None else notebook.bytes
        stored[notebook.account_id] = stored.get(notebook.account_id, 0) + size
    billing.sample_storage(stored)


def reconcile_usage() -> None:
    """Schedule: hold the whole chain of this and last month together; differences are errors."""
    reconcile_chain.recent_months()


def reconcile_month(event: dict[str, Any]) -> list[dict[str, Any]]:
    """For an operator: the reports of `month` (of `account_id` alone, if there is one)."""
    reports = reconcile_chain.of_month(event["month"], event.get("account_id"))
    return [msgspec.to_builtins(report) for report in reports]


def purge_sweep() -> None:
    """Sweep: delete for good what was deleted 30 days ago, and contents that nothing names."""
    due = Notebook.purgeable.query(service.PURGE_SHARD, Notebook.purge_at <= clock.seconds())
    for found in list(due):
        service.purge(found.id)
    _sweep_contents()


def _sweep_contents() -> None:
    notebooks: dict[str, list[str]] = {}
    for notebook in Notebook.scan(attributes_to_get=["id", "account_id"]):
        notebooks.setdefault(notebook.account_id, []).append(notebook.id)
    for account_id, notebook_ids in notebooks.items():
        in_use = clusters.contents(account_id)
        in_use.update(*(workspaces.contents(id_) for id_ in notebook_ids))
        for notebook_id in notebook_ids:
            workspaces.sweep(notebook_id)
        swept = storage.sweep(account_id, in_use)
        log.info("swept contents", account_id=account_id, swept=swept)


def _shards(index: Any, condition: db.Condition | None) -> Iterator[Server]:
    """What an index of live servers has in all its shards."""
    shards: Iterable[str] = map(str, range(lifecycle.LIVE_SHARDS))
    for shard in shards:
        yield from list(index.query(shard, condition))
