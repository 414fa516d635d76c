"""The rules of an agent's calls: what the program inside a notebook may say and ask."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.accounts import service as accounts
from chalicelib.core import clock, config, db, ids
from chalicelib.core.errors import Gone, Invalid
from chalicelib.notebooks import lifecycle, service, state_machines
from chalicelib.notebooks.agent_schemas import (
    Boot,
    Heartbeat,
    HeartbeatAnswer,
    NotebookRef,
    Redeemed,
    Visitor,
)
from chalicelib.notebooks.callers import AgentCaller
from chalicelib.notebooks.models import Notebook, Server, Ticket
from chalicelib.notebooks.schemas import Activity
from chalicelib.notebooks.states import ServerState, StartStep
from chalicelib.storage.schemas import BlobRef, BlobUpload
from chalicelib.workspaces import service as workspaces
from chalicelib.workspaces.schemas import Commit, Committed, Head

HEARTBEAT_SECONDS = 15
"""How often an agent reports."""


def recognise(headers: Mapping[str, str]) -> AgentCaller | None:
    """The server whose agent sends these headers. Raises `Gone` when that server has ended."""
    token = headers.get("authorization", "").removeprefix("Bearer ").strip()
    server_id, _, secret = token.partition(".")
    server = db.find(Server, server_id) if ids.is_id("srv", server_id) else None
    if server is None or not ids.same(server.agent_digest, ids.digest(secret)):
        return None
    if server.state == ServerState.ENDED:
        raise Gone("This server has ended.", code="server_ended")
    return AgentCaller(server.id, server=server)


def boot(server: Server) -> Boot:
    """What an agent needs to begin."""
    notebook = _notebook(server)
    progress(server, StartStep.BOOTING)
    return Boot(
        notebook=NotebookRef(notebook.id, notebook.name),
        server_id=server.id,
        app_origin=config.settings().app_origin,
        notebook_origin=service.origin(notebook.id),
        heartbeat_seconds=HEARTBEAT_SECONDS,
        idle_minutes=notebook.idle_minutes,
        signing_key=_signing_key(notebook),
        workspace=head(server),
    )


def _signing_key(notebook: Notebook) -> str:
    """The notebook's own key for signing outputs, made at its first start."""
    if notebook.signing_key is None:
        first = Notebook.signing_key.set(Notebook.signing_key | ids.new_secret())
        if not db.update_if(notebook, Notebook.id.exists(), [first]):
            raise Gone("This notebook was deleted.", code="server_ended")
    return notebook.signing_key or ""


def note_stage(server: Server, step: StartStep) -> None:
    """Record that a step of the start has begun; told again, changes nothing."""
    stage: Any = Server.stages[step.value]
    db.update(server, [stage.set(stage | clock.millis())])


def progress(server: Server, step: StartStep) -> None:
    """Record a step that the agent has begun, and let the waiting start know of it."""
    note_stage(server, step)
    if server.start_token:
        state_machines.beat(server.start_token)


def ready(server: Server) -> None:
    """The notebook can be entered: let the start go on."""
    now = clock.now()
    if server.ready_at is None:
        note_stage(server, StartStep.READY)
        db.update(server, [Server.ready_at.set(now), *_alive(server, _notebook(server), now)])
    if server.start_token:
        state_machines.succeed(server.start_token, {"ready": True})


def heartbeat(server: Server, beat: Heartbeat) -> HeartbeatAnswer:
    """Renew the lease, and note when the notebook was last in use.

    A busy kernel or terminal is in use, and so is a cluster, which ends by rules of its own.
    """
    if beat.last_activity.tzinfo is None:
        raise Invalid("last_activity needs a time zone.", field="last_activity")
    now = clock.now()
    notebook = _notebook(server)
    is_in_use = beat.busy_kernels + beat.busy_terminals + beat.clusters > 0
    # A clock that is wrong must not make it idle since before it was, or not idle for ever.
    reported = max(min(beat.last_activity, now), server.requested_at)
    active = now if is_in_use else reported
    told = [
        *_alive(server, notebook, active),
        Server.memory_bytes.set(beat.memory_bytes),
        Server.activity.set(_activity(beat)),
    ]
    if not db.update_if(server, Server.state != ServerState.ENDED, told):
        raise Gone("This server has ended.", code="server_ended")
    _note_error(notebook, beat.workspace.error)
    return HeartbeatAnswer(
        keep_until=clock.moment(notebook.keep_until),
        stopping=server.state == ServerState.STOPPING,
    )


def _activity(beat: Heartbeat) -> str:
    activity = Activity(
        busy_kernels=beat.busy_kernels,
        busy_terminals=beat.busy_terminals,
        kernel_death=beat.kernel_death,
        packages=beat.packages,
    )
    return msgspec.json.encode(activity).decode()


def _alive(server: Server, notebook: Notebook, active: datetime) -> list[db.Action]:
    if server.last_activity_at is not None:
        # A late or repeated report must not make a notebook look idle.
        active = max(active, server.last_activity_at)
    idle_at = clock.second_of(active) + notebook.idle_minutes * 60
    return [
        Server.last_activity_at.set(active),
        Server.idle_at.set(max(idle_at, notebook.keep_until or 0)),
        Server.lease_expires_at.set(clock.seconds() + lifecycle.LEASE_SECONDS),
    ]


def _note_error(notebook: Notebook, error: str | None) -> None:
    if error == notebook.workspace_error:
        return
    changed = Notebook.workspace_error
    db.update(notebook, [changed.remove() if error is None else changed.set(error)])


def redeem(server: Server, ticket: str) -> Redeemed:
    """Let in whom the ticket names. It is good once, for one server, for a minute."""
    refused = Invalid(
        "This way in was used already, or is too old. Open the notebook again.", code="bad_ticket"
    )
    found = db.find(Ticket, ids.digest(ticket))
    # Deleting on condition is what makes it good once, even if asked twice at a time.
    if found is None or not db.delete_if(found, Ticket.server_id == server.id):
        raise refused
    if found.expires_at <= clock.seconds():
        raise refused
    account = accounts.read(found.account_id)
    return Redeemed(Visitor(account.id, account.login, account.name, account.avatar_url))


def head(server: Server) -> Head:
    """The newest snapshot of the notebook's files."""
    return workspaces.head(server.account_id, server.notebook_id, _limits(server))


def offer(server: Server, blobs: list[BlobRef]) -> list[BlobUpload]:
    """How to store contents that the next snapshot is to name."""
    return workspaces.offer(server.account_id, server.notebook_id, _limits(server), blobs)


def _limits(server: Server) -> workspaces.Limits:
    return service.limits(service.plan_of(server.account_id))


def commit(server: Server, change: Commit) -> Committed:
    """Add a snapshot of the notebook's files. Raises `Gone` once it is being deleted for good."""
    notebook = Notebook(server.notebook_id)
    is_kept = Notebook.id.exists() & Notebook.purging_since.does_not_exist()

    def show(write: db.Writes, saved: workspaces.Snapshot) -> None:
        actions: list[db.Action] = [
            Notebook.files.set(saved.files),
            Notebook.bytes.set(saved.bytes),
            Notebook.saved_at.set(saved.created_at),
        ]
        write.update("notebook", notebook, actions, condition=is_kept)

    try:
        return workspaces.commit(
            server.account_id, server.notebook_id, _limits(server), change, show
        )
    except db.Refused as refused:
        raise Gone("This notebook was deleted for good.", code="notebook_deleted") from refused


def _notebook(server: Server) -> Notebook:
    return Notebook.get(server.notebook_id, consistent_read=True)
