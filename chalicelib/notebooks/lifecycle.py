"""Every move of a notebook and its server between states, each in one transaction.

A transaction writes the notebook, the server, the account's slots and the gateway's route
together, so no two of them can disagree; `python -m ops.doctor` looks whether they ever do.
Each move is conditional on the state it starts from: asked twice, it happens once.
"""

from datetime import datetime

from chalicelib.core import clock, db, ids
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.shards import Shards
from chalicelib.metering import service as metering
from chalicelib.notebooks import disks, fargate, state_machines, stop_reasons, uses
from chalicelib.notebooks.models import Notebook, Route, Server, Slots
from chalicelib.notebooks.states import (
    FAILURES,
    STARTABLE,
    STOPPABLE,
    NotebookState,
    ServerEnd,
    ServerState,
    StartStep,
)

LIVE_SHARDS = Shards(4)
"""Parts that the sweeps' indexes are spread over, so that no one part is written too often."""
LEASE_SECONDS = 180
"""How long a server is believed to be alive after its agent's report; the reaper stops it then."""
START_LEASE = 420
"""Seconds that a start may take before the reaper ends it: more than the state machine allows."""


def host_label(notebook_id: str) -> str:
    """The first part of a notebook's host name. Host names have no underscores."""
    return notebook_id.replace("_", "-")


def read_server(server_id: str) -> Server:
    """One server, as it is now. Raises `NotFound`."""
    return db.read(Server, server_id, "server")


@db.when_contended
def admit(notebook: Notebook, at_once: int, agent_digest: str) -> Server:
    """`stopped → starting`: take a slot, and make the record of a new server.

    `at_once` is how many servers the account's plan allows. Raises `Conflict` when the notebook
    isn't stopped, or when the plan's slots are taken.
    """
    server = _new_server(notebook, agent_digest)
    try:
        with db.transaction() as write:
            write.save("server", server, condition=Server.id.does_not_exist())
            write.update(
                "notebook",
                notebook,
                [
                    *_to(NotebookState.STARTING),
                    Notebook.server_id.set(server.id),
                    Notebook.failure_code.remove(),
                    Notebook.failure_message.remove(),
                ],
                condition=Notebook.state.is_in(*STARTABLE) & Notebook.deleted_at.does_not_exist(),
            )
            write.update(
                "slots",
                Slots(notebook.account_id),
                [Slots.servers.add({server.id})],
                condition=Slots.servers.does_not_exist() | (db.size(Slots.servers) < at_once),
            )
            write.update("route", _route(notebook.id), _route_to(NotebookState.STARTING, server.id))
    except db.Refused as refused:
        raise _why_not_admitted(refused, notebook.id, at_once) from refused
    return server


def _new_server(notebook: Notebook, agent_digest: str) -> Server:
    now = clock.now()
    server_id = ids.new_id("srv")
    return Server(
        server_id,
        notebook_id=notebook.id,
        account_id=notebook.account_id,
        size=notebook.size,
        disk_gib=disks.gib_for(notebook.bytes),
        state=ServerState.STARTING,
        stages={StartStep.REQUESTED.value: clock.millis()},
        requested_at=now,
        agent_digest=agent_digest,
        live=LIVE_SHARDS.of(server_id),
        lease_expires_at=clock.seconds() + START_LEASE,
    )


def _why_not_admitted(refused: db.Refused, notebook_id: str, at_once: int) -> Exception:
    if "notebook" not in refused.failed:
        many = "one notebook" if at_once == 1 else f"{at_once} notebooks"
        return Conflict(
            f"Your plan runs {many} at once, and that many are running. Stop one, or choose a "
            "larger plan.",
            code="plan_limit",
            notebooks_at_once=at_once,
        )
    notebook = db.find(Notebook, notebook_id)
    if notebook is None:
        return NotFound("This notebook does not exist.")
    if notebook.deleted_at is not None:
        return Conflict("This notebook is deleted. Restore it first.", code="deleted")
    if notebook.state == NotebookState.STOPPING:
        return Conflict(
            "This notebook is being stopped: its files are being saved. Start it again in a "
            "moment.",
            code="busy_stopping",
        )
    return Conflict(f"This notebook is {notebook.state} already.", code="already_running")


@db.when_contended
def opened(server: Server, address: str) -> bool:
    """`starting → running`: the route opens. False when that was no longer wanted."""
    now = clock.now()
    try:
        with db.transaction() as write:
            write.update(
                "server",
                server,
                [Server.state.set(ServerState.RUNNING), Server.opened_at.set(now)],
                condition=Server.state == ServerState.STARTING,
            )
            write.update(
                "notebook",
                Notebook(server.notebook_id),
                [Notebook.state.set(NotebookState.RUNNING), Notebook.state_since.set(now)],
                condition=(Notebook.server_id == server.id)
                & (Notebook.state == NotebookState.STARTING),
            )
            write.update(
                "route",
                _route(server.notebook_id),
                _route_to(NotebookState.RUNNING, server.id, f"http://{address}:{fargate.PORT}"),
            )
    except db.Refused:
        return False
    return True


@db.when_contended
def ask_to_stop(
    server: Server, reason: ServerEnd, message: str, only_if: db.Condition | None = None
) -> bool:
    """`starting | running → stopping`: close the route, and begin the stop.

    `only_if` is one more condition on the server. False when the server was on its way out
    already, or the condition did not hold. Asked again, it begins the stop that the first may not
    have come to.
    """
    now = clock.now()
    wanted = Server.state.is_in(ServerState.STARTING, ServerState.RUNNING)
    try:
        with db.transaction() as write:
            write.update(
                "server",
                server,
                [
                    Server.state.set(ServerState.STOPPING),
                    Server.stopping_since.set(now),
                    Server.stop_reason.set(reason),
                    Server.stop_message.set(message),
                ],
                condition=wanted if only_if is None else wanted & only_if,
            )
            write.update(
                "notebook",
                Notebook(server.notebook_id),
                [Notebook.state.set(NotebookState.STOPPING), Notebook.state_since.set(now)],
                condition=(Notebook.server_id == server.id) & Notebook.state.is_in(*STOPPABLE),
            )
            write.update(
                "route", _route(server.notebook_id), _route_to(NotebookState.STOPPING, server.id)
            )
    except db.Refused:
        if read_server(server.id).state == ServerState.STOPPING:
            begin_stop(server, attempt="stop")
        return False
    begin_stop(server, attempt="stop")
    return True


def begin_stop(server: Server, attempt: str) -> None:
    """Begin the stop of a server that is `stopping`; a new `attempt` begins it once more."""
    state_machines.begin_stop(work(server), attempt)


def work(server: Server) -> dict[str, str]:
    """What a state machine is told of a server."""
    return {
        "notebook_id": server.notebook_id,
        "server_id": server.id,
        "account_id": server.account_id,
    }


def ended(server: Server, task: fargate.Task | None) -> None:
    """`any → ended`: the task is over. Close the record with the provider's own stop time.

    `task` is None when ECS knows of no task: then it ended when it was last seen, so that nobody
    pays for what nobody can vouch for. Asked twice, does nothing more.
    """
    if server.state != ServerState.ENDED:
        uses.begin_if_started(server, task)
        _end(server, task)
    _release(server)
    # Last: if it fails, nobody waits for it, and the minute's sweep does it.
    metering.settle(server.id)


@db.when_contended
def _end(server: Server, task: fargate.Task | None) -> None:
    end = stop_reasons.of(server, task)
    at = (task.stopped_at if task else None) or uses.last_seen(server, _last_report(server))
    notebook = Notebook.get(server.notebook_id, consistent_read=True)
    state = NotebookState.FAILED if end.reason in FAILURES else NotebookState.STOPPED
    try:
        with db.transaction() as write:
            write.update("server", server, _ending(end, at), condition=_is_as_read(server))
            uses.end_in(write, server, end, task, at)
            write.update(
                "notebook",
                notebook,
                [*_to(state), *_told(end, at, failed=state is NotebookState.FAILED)],
                condition=Notebook.server_id == server.id,
            )
            write.update("slots", Slots(server.account_id), [Slots.servers.delete({server.id})])
            shown = "deleted" if notebook.deleted_at is not None else state
            write.update(
                "route", _route(server.notebook_id), _route_to(shown, None, why=end.reason)
            )
    except db.Refused as refused:
        server.refresh(consistent_read=True)
        if server.state != ServerState.ENDED and refused.failed & {"server", "credit"}:
            # Its use was begun, or another one credited, at this moment: once more with that.
            raise db.Contended from refused
        # Else somebody closed it: the event, the state machine and the sweep may meet here.


def _last_report(server: Server) -> int | None:
    ends = server.lease_expires_at
    return None if ends is None else ends - LEASE_SECONDS


def is_known_to_be_idle(server: Server) -> bool:
    """Whether its agent has reported, once its idle time was over, that it was.

    Without a report since, nobody knows: what ran when the service last heard may run still.
    """
    reported = _last_report(server)
    return server.idle_at is not None and reported is not None and reported >= server.idle_at


def _is_as_read(server: Server) -> db.Condition:
    begun, opened = server.started_at, server.opened_at
    condition: db.Condition = (
        (Server.state != ServerState.ENDED)
        & (Server.started_at.does_not_exist() if begun is None else Server.started_at == begun)
        & (Server.opened_at.does_not_exist() if opened is None else Server.opened_at == opened)
    )
    return condition


def _ending(end: stop_reasons.End, at: datetime) -> list[db.Action]:
    exit_code = (
        Server.exit_code.remove() if end.exit_code is None else Server.exit_code.set(end.exit_code)
    )
    return [
        Server.state.set(ServerState.ENDED),
        Server.stopped_at.set(at),
        Server.stop_reason.set(end.reason),
        Server.stop_message.set(end.message),
        exit_code,
        Server.live.remove(),
        Server.idle_at.remove(),
        Server.lease_expires_at.remove(),
    ]


def _told(end: stop_reasons.End, at: datetime, *, failed: bool) -> list[db.Action]:
    told: list[db.Action] = [
        Notebook.last_stop_at.set(at),
        Notebook.last_stop_reason.set(end.reason),
        Notebook.last_stop_message.set(end.message),
        Notebook.keep_until.remove(),
    ]
    if failed:
        told += [
            Notebook.failure_code.set(end.reason),
            Notebook.failure_message.set(end.message),
        ]
    return told


def _release(server: Server) -> None:
    """Let the steps go on that wait for this server."""
    current = read_server(server.id)
    if current.stop_token:
        state_machines.succeed(current.stop_token, {"ended": True})
    if current.start_token and current.ready_at is None:
        state_machines.fail(
            current.start_token, "ServerEnded", current.stop_message or "The server ended."
        )


def _to(state: NotebookState) -> list[db.Action]:
    now = clock.now()
    return [
        Notebook.state.set(state),
        Notebook.state_since.set(now),
        Notebook.updated_at.set(now),
    ]


def _route(notebook_id: str) -> Route:
    return Route(host_label(notebook_id))


def _route_to(
    state: str, server_id: str | None, target: str | None = None, why: str | None = None
) -> list[db.Action]:
    return [
        Route.state.set(state),
        Route.reason.remove() if why is None else Route.reason.set(why),
        Route.server_id.remove() if server_id is None else Route.server_id.set(server_id),
        Route.target.remove() if target is None else Route.target.set(target),
    ]
