"""What is looked after each minute: live servers, their tasks, and tasks that nobody wants."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from chalicelib.billing import service as billing
from chalicelib.core import clock, db, hearing, sweeps, words
from chalicelib.core.errors import NotFound
from chalicelib.core.observability import log
from chalicelib.core.sweeps import Sweep
from chalicelib.metering import service as metering
from chalicelib.notebooks import fargate, lifecycle, stop_reasons, tasks, uses
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.states import ServerEnd, ServerState

_IDLE = Sweep("idle_sweep")
_SILENT = Sweep("lease_reaper")
_RECONCILE = Sweep("reconcile")
_VERDICTS = Sweep("notebook_verdicts")

_STRAY_AFTER = timedelta(minutes=2)
"""A task this old must have a live server; a younger one may be on its way into the records."""
_STUCK_AFTER = timedelta(minutes=5)
"""A stop that takes longer is begun once more."""
_UNBEGUN_AFTER = timedelta(seconds=60)
"""A start or a stop whose first step has not run by then was cut off before it began."""


def stop_idle() -> None:
    """Stop the servers that nobody used for their notebook's idle time."""
    due = _in_shards(Server.idle, Server.idle_at <= clock.seconds())
    # The index has keys only, so that its items tell no account.
    _IDLE.over(due, "an idle server was not stopped", _stop_if_idle, account_of=_alone)


def _stop_if_idle(found: Server) -> None:
    server = lifecycle.read_server(found.id)
    if not lifecycle.is_known_to_be_idle(server):
        return  # its last report is older than that: whether it is silent is the reaper's to say
    notebook = Notebook.get(server.notebook_id, consistent_read=True)
    message = f"Nothing ran for {words.minutes(notebook.idle_minutes)}."
    # The condition is what counts: activity since the look-up keeps the notebook up.
    lifecycle.ask_to_stop(
        server, ServerEnd.IDLE, message, only_if=Server.idle_at <= clock.seconds()
    )


def _alone(found: Server) -> str:
    return str(found.id)


def stop_silent() -> None:
    """Stop the servers whose agents have fallen silent, as far as the service hears others."""
    due = list(_in_shards(Server.leases, Server.lease_expires_at <= clock.seconds()))
    if not due:
        return
    heard = hearing.now(_voices())
    if heard.since is None:
        log.error("the service is deaf: nobody is stopped for silence", silent=len(due))
        return
    _SILENT.over(
        due,
        "a silent server was not stopped",
        lambda found: _stop_if_silent(found, heard),
        account_of=_alone,
    )


def _voices() -> dict[str, bool]:
    """Accounts with running servers, by whether any of their agents was heard within its lease."""
    voices: dict[str, bool] = {}
    for server in _in_shards(Server.by_live, None):
        if server.state == ServerState.RUNNING:
            is_heard = (server.lease_expires_at or 0) > clock.seconds()
            voices[server.account_id] = voices.get(server.account_id, False) or is_heard
    return voices


def _stop_if_silent(found: Server, heard: hearing.Hearing) -> None:
    server = lifecycle.read_server(found.id)
    starting = server.state == ServerState.STARTING
    lease = lifecycle.START_LEASE if starting else lifecycle.LEASE_SECONDS
    if not heard.is_silent(server.account_id, server.lease_expires_at, lease):
        _say_if_held(server, heard)
        return
    # ECS is asked before anything is declared over. What it says has ended, or does not know,
    # is the reconcile sweep's, with ECS's own times.
    if server.task_arn is not None and not _is_up(server.task_arn):
        return
    lifecycle.ask_to_stop(
        server,
        ServerEnd.FAILED_START if starting else ServerEnd.LEASE_EXPIRED,
        stop_reasons.failed_start("States.Timeout")
        if starting
        else "It stopped answering. Files that were saved are kept.",
        only_if=Server.lease_expires_at <= clock.seconds(),
    )


def _say_if_held(server: Server, heard: hearing.Hearing) -> None:
    if heard.most_are_silent(but=server.account_id):
        log.error(
            "most agents are silent: none is stopped for it yet", server_id=server.id,
            accounts=len(heard.voices), heard=sum(heard.voices.values()),
        )  # fmt: skip


def _is_up(task_arn: str) -> bool:
    return any(not task.is_over for task in fargate.describe([task_arn]))


def reconcile() -> None:
    """Stop tasks that no server stands for, and end servers that no task stands for."""
    running = list(fargate.running())
    sweeps.each("a stray task was not stopped", running, _stop_if_stray)
    by_arn = {task.arn: task for task in running}
    _RECONCILE.over(
        _in_shards(Server.by_live, None),
        "a server was not reconciled",
        lambda server: _reconcile(server, by_arn),
    )


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


def _reconcile(server: Server, running: Mapping[str, fargate.Task]) -> None:
    now = clock.now()
    task = running.get(server.task_arn or "")
    if task is not None:
        tasks.note_known(server)
        uses.begin_if_started(server, task)
    elif server.task_arn is not None and _end_if_over(server):
        return
    if server.state == ServerState.STOPPING:
        begun = server.stop_token is not None
        if now - (server.stopping_since or now) > (_STUCK_AFTER if begun else _UNBEGUN_AFTER):
            lifecycle.begin_stop(server, attempt=f"again-{clock.seconds()}")
    elif server.task_arn is None and now - server.requested_at > _UNBEGUN_AFTER:
        _fail_if_unlaunched(server)


def _end_if_over(server: Server) -> bool:
    # Look again: the list was made before, and a task may have been launched since.
    current = lifecycle.read_server(server.id)
    task = tasks.find(current)
    if current.state == ServerState.ENDED:
        return True
    if not tasks.is_over(current, task):
        return False
    log.warning("ending a server whose task is over", server_id=server.id)
    lifecycle.ended(current, task)
    return True


def _fail_if_unlaunched(server: Server) -> None:
    if server.start_token is None and fargate.find(server.id) is None:
        lifecycle.ask_to_stop(server, ServerEnd.FAILED_START, stop_reasons.failed_start(""))


def meter() -> None:
    """Record what runs, and stop what may not go on: limit, plan, unpaid invoice."""
    # Before the look at ECS: what it says runs then has run until this second.
    seen_at = clock.seconds()
    up = {task.server_id for task in fargate.running() if task.is_up}
    metering.record_use(metering.Kind.NOTEBOOK, up.__contains__, seen_at)
    if not hearing.may_stop_for_money():
        log.error("the service is deaf: no server is stopped for money, it could not save")
        return
    _VERDICTS.over(billing.verdicts(metering.Kind.NOTEBOOK), "a server was not stopped", _carry_out)


def _carry_out(verdict: billing.Verdict) -> None:
    server = lifecycle.read_server(verdict.use_id)
    lifecycle.ask_to_stop(server, ServerEnd(verdict.cause), verdict.message)


def _in_shards(index: Any, condition: db.Condition | None) -> Iterator[Server]:
    """What an index of live servers has in all its shards, but for rows that can't be read."""
    for shard in lifecycle.LIVE_SHARDS:
        yield from list(
            sweeps.readable("live servers were not all listed", index.query(shard, condition))
        )
