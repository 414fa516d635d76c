"""The rules of notebooks: making, changing, starting, stopping, entering, deleting."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.billing import service as billing
from chalicelib.core import clock, config, db, ids, names, pages, sweeps
from chalicelib.core.errors import Conflict, Invalid, NotFound, VersionMismatch
from chalicelib.notebooks import disks, fargate, lifecycle, sources, state_machines
from chalicelib.notebooks.models import Notebook, Route, Server, Ticket
from chalicelib.notebooks.schemas import CreateNotebook, UpdateNotebook
from chalicelib.notebooks.states import NotebookState, ServerEnd, ServerState, SourceKind
from chalicelib.plans import catalogue
from chalicelib.workspaces import service as workspaces

MOST_NOTEBOOKS = 500
"""Notebooks of one account, deleted ones included until they are purged."""
MOST_KEEP = timedelta(days=7)
"""The furthest that "keep running until" may lie ahead."""
_TICKET_SECONDS = 60


def create(account_id: str, wanted: CreateNotebook) -> Notebook:
    """Make a notebook with its first files, stopped."""
    name = names.clean(wanted.name)
    catalogue.size(wanted.size)
    _require_room(account_id)
    seed = sources.gather(account_id, name, wanted.source)
    notebook = _new(account_id, name, wanted.size, wanted.idle_minutes)
    notebook.source_kind, notebook.source_label = seed.kind, seed.label
    room = limits(plan_of(account_id))
    _insert(notebook, workspaces.first(account_id, notebook.id, room, seed.files))
    return notebook


def duplicate(account_id: str, notebook_id: str, name: str | None) -> Notebook:
    """Make a notebook with the files that another one has now; no bytes are copied."""
    original = read(account_id, notebook_id)
    _require_room(account_id)
    copied = _new(
        account_id,
        names.clean(name or names.shortened(f"Copy of {original.name}", characters=100)),
        original.size,
        original.idle_minutes,
    )
    copied.source_kind, copied.source_label = SourceKind.DUPLICATE, original.name
    _insert(copied, workspaces.copy(account_id, original.id, copied.id))
    return copied


def _new(account_id: str, name: str, size: str, idle_minutes: int) -> Notebook:
    now = clock.now()
    return Notebook(
        ids.new_id("nb"),
        account_id=account_id,
        name=name,
        size=size,
        idle_minutes=idle_minutes,
        state=NotebookState.STOPPED,
        state_since=now,
        created_at=now,
        updated_at=now,
    )


def _insert(notebook: Notebook, first: workspaces.Draft | None) -> None:
    """Write a new notebook, its route and its first snapshot: all of it, or nothing."""
    route = Route(
        lifecycle.host_label(notebook.id), notebook_id=notebook.id, state=NotebookState.STOPPED
    )

    def also(write: db.Writes) -> None:
        write.save("notebook", notebook, condition=Notebook.id.does_not_exist())
        write.save("route", route)

    if first is None:
        _write_alone(also)
        return
    notebook.files, notebook.bytes = first.snapshot.files, first.snapshot.bytes
    notebook.saved_at = clock.now()
    workspaces.add(first, limits(plan_of(notebook.account_id)), also)


@db.when_contended
def _write_alone(also: Callable[[db.Writes], None]) -> None:
    with db.transaction() as write:
        also(write)


def _require_room(account_id: str) -> None:
    if Notebook.by_account.count(account_id, limit=MOST_NOTEBOOKS) >= MOST_NOTEBOOKS:
        raise Conflict(
            f"You have {MOST_NOTEBOOKS} notebooks. Delete some that you no longer need.",
            code="too_many_notebooks",
        )


def read(account_id: str, notebook_id: str) -> Notebook:
    """One notebook of this account, deleted ones too. Raises `NotFound` for anybody else's."""
    notebook = db.find(Notebook, notebook_id) if ids.is_id("nb", notebook_id) else None
    if notebook is None or notebook.account_id != account_id or notebook.purging_since is not None:
        raise NotFound("This notebook does not exist.")
    return notebook


def listing(
    account_id: str, *, deleted: bool, limit: int, cursor: str | None
) -> tuple[list[Notebook], str | None]:
    """A page of an account's notebooks, newest first, and a cursor if there may be more."""
    is_deleted = Notebook.deleted_at.exists()
    return pages.page(
        Notebook.by_account.query(
            account_id,
            filter_condition=is_deleted if deleted else ~is_deleted,
            scan_index_forward=False,
            limit=limit,
            last_evaluated_key=pages.decode_cursor(cursor, belongs_to=account_id),
        )
    )


def current_servers(notebooks: list[Notebook]) -> dict[str, Server]:
    """The live servers of these notebooks, by the notebook's id."""
    live = [n.server_id for n in notebooks if n.server_id and is_live(n)]
    return {server.notebook_id: server for server in Server.batch_get(live)} if live else {}


def is_live(notebook: Notebook) -> bool:
    """Whether there is a server of it, or about to be."""
    return notebook.state not in (NotebookState.STOPPED, NotebookState.FAILED)


def plan_of(account_id: str) -> catalogue.Plan:
    """The plan that an account is on."""
    return catalogue.plan(accounts.read(account_id).plan)


def limits(plan: catalogue.Plan) -> workspaces.Limits:
    """Bytes that a plan has room for, and for one notebook: what the largest disk holds."""
    return workspaces.Limits(plan.most_storage_gib * catalogue.GIB, disks.LARGEST_WORKSPACE)


def update(account_id: str, notebook_id: str, changes: UpdateNotebook, version: int) -> Notebook:
    """Change what a person can edit; `version` is the one that was read.

    Raises `VersionMismatch` with the present version if it was changed since.
    """
    notebook = read(account_id, notebook_id)
    actions: list[db.Action] = [Notebook.version.add(1), Notebook.updated_at.set(clock.now())]
    if changes.name is not None:
        actions.append(Notebook.name.set(names.clean(changes.name)))
    if changes.size is not None:
        actions.append(Notebook.size.set(catalogue.size(changes.size).id))
    if changes.idle_minutes is not None:
        actions.append(Notebook.idle_minutes.set(changes.idle_minutes))
    if not db.update_if(notebook, Notebook.version == version, actions):
        raise VersionMismatch(
            "This notebook was changed elsewhere in the meantime. Look at the new values, and "
            "try again.",
            version=read(account_id, notebook_id).version,
        )
    return notebook


def keep_running(account_id: str, notebook_id: str, until: datetime | None) -> Notebook:
    """Leave a running notebook alone until this time even if it is idle; None takes that back."""
    notebook = _require_present(read(account_id, notebook_id))
    if until is None:
        db.update(notebook, [Notebook.keep_until.remove()])
        return notebook
    now = clock.now()
    if until.tzinfo is None:
        raise Invalid("Give the time with its zone, such as 2026-11-23T09:00:00Z.", field="until")
    if not now < until <= now + MOST_KEEP:
        raise Invalid(f"Choose a time within the next {MOST_KEEP.days} days.", field="until")
    is_up = Notebook.state.is_in(NotebookState.STARTING, NotebookState.RUNNING)
    if not db.update_if(notebook, is_up, [Notebook.keep_until.set(clock.second_of(until))]):
        raise Conflict("This notebook isn't running. Start it first.", code="not_running")
    return notebook


def start(account_id: str, notebook_id: str) -> Notebook:
    """Start a notebook.

    Raises `Conflict` if it isn't stopped, or if plan, limit or an unpaid invoice stand against it.
    """
    notebook = _require_present(read(account_id, notebook_id))
    plan = billing.admit(account_id, catalogue.size(notebook.size).units)
    secret = ids.new_secret()
    server = lifecycle.admit(notebook, plan.notebooks_at_once, ids.digest(secret))
    state_machines.begin_start({**lifecycle.work(server), "agent_token": f"{server.id}.{secret}"})
    return read(account_id, notebook_id)


def stop(account_id: str, notebook_id: str) -> Notebook:
    """Stop a notebook; its files are saved first. Raises `Conflict` if it isn't up."""
    notebook = read(account_id, notebook_id)
    server = live_server(notebook)
    if server is None or not lifecycle.ask_to_stop(server, ServerEnd.USER, "You stopped it."):
        current = read(account_id, notebook_id)
        if current.state == NotebookState.STOPPING:
            raise Conflict("This notebook is being stopped already.", code="busy_stopping")
        raise Conflict("This notebook isn't running.", code="not_running")
    return read(account_id, notebook_id)


def live_server(notebook: Notebook) -> Server | None:
    """The server of a notebook that is up, or on its way up or down."""
    if notebook.server_id is None or not is_live(notebook):
        return None
    return lifecycle.read_server(notebook.server_id)


def open_ticket(account_id: str, notebook_id: str) -> str:
    """An address that lets a browser into a running notebook, once, within a minute."""
    notebook = _require_present(read(account_id, notebook_id))
    if notebook.state != NotebookState.RUNNING or notebook.server_id is None:
        raise Conflict("This notebook isn't running. Start it first.", code="not_running")
    secret = ids.new_secret()
    Ticket(
        ids.digest(secret),
        server_id=notebook.server_id,
        account_id=account_id,
        expires_at=clock.seconds() + _TICKET_SECONDS,
    ).save()
    return f"{origin(notebook.id)}/ramon/enter?ticket={secret}"


def origin(notebook_id: str) -> str:
    """The origin that a notebook has for itself alone."""
    label = lifecycle.host_label(notebook_id)
    return config.settings().notebook_origin_template.replace("{label}", label)


def servers(
    account_id: str, notebook_id: str, *, limit: int, cursor: str | None
) -> tuple[list[Server], str | None]:
    """A page of a notebook's servers, newest first."""
    notebook = read(account_id, notebook_id)
    return pages.page(
        Server.by_notebook.query(
            notebook.id,
            scan_index_forward=False,
            limit=limit,
            last_evaluated_key=pages.decode_cursor(cursor, belongs_to=notebook.id),
        )
    )


def stopped_server(detail: dict[str, Any]) -> Server | None:
    """The server whose task has stopped, as an event of ECS says; None of all other events."""
    task = fargate.parse(detail)
    if not task.is_over or not ids.is_id("srv", task.server_id):
        return None
    try:
        return lifecycle.read_server(task.server_id)
    except NotFound:
        return None


def ended_servers(server_ids: Iterable[str]) -> set[str]:
    """Those of these servers that have ended."""
    wanted = list(server_ids)
    rows = Server.batch_get(wanted, consistent_read=True) if wanted else ()
    found = sweeps.readable("servers were not all read", rows)
    return {server.id for server in found if server.state == ServerState.ENDED}


def _require_present(notebook: Notebook) -> Notebook:
    if notebook.deleted_at is not None:
        raise Conflict("This notebook is deleted. Restore it first.", code="deleted")
    return notebook
