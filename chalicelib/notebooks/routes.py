"""Routes of notebooks, for people and their programs."""

from datetime import UTC, datetime

import msgspec

from chalicelib.core import clock, pages
from chalicelib.core.http import Api, Call
from chalicelib.metering import service as metering
from chalicelib.notebooks import deletion, models, rights, schemas, service
from chalicelib.plans import catalogue

api = Api("notebooks", may=rights.SERVE)

_PAGE = 50


@api.get(
    "/notebooks",
    returns=schemas.NotebookPage,
    scope="notebooks:read",
    query=("cursor", "limit", "deleted"),
)
def list_notebooks(call: Call) -> schemas.NotebookPage:
    """List notebooks, newest first."""
    found, cursor = service.listing(
        call.account_id,
        deleted=call.query.get("deleted") == "true",
        limit=call.limit(_PAGE, pages.MAX_PAGE),
        cursor=call.query.get("cursor"),
    )
    return schemas.NotebookPage(_views(call, found), cursor)


@api.post(
    "/notebooks",
    body=schemas.CreateNotebook,
    returns=schemas.Notebook,
    status=201,
    scope="notebooks:write",
)
def create_notebook(call: Call, body: schemas.CreateNotebook) -> schemas.Notebook:
    """Create a notebook."""
    return _view(call, service.create(call.account_id, body))


@api.get("/notebooks/{notebook_id}", returns=schemas.Notebook, scope="notebooks:read")
def read_notebook(call: Call, notebook_id: str) -> schemas.Notebook:
    """Read a notebook."""
    return _view(call, service.read(call.account_id, notebook_id))


@api.patch(
    "/notebooks/{notebook_id}",
    body=schemas.UpdateNotebook,
    returns=schemas.Notebook,
    scope="notebooks:write",
    versioned=True,
)
def update_notebook(call: Call, notebook_id: str, body: schemas.UpdateNotebook) -> schemas.Notebook:
    """Change a notebook's name, size or idle time."""
    return _view(call, service.update(call.account_id, notebook_id, body, call.if_match()))


@api.delete("/notebooks/{notebook_id}", status=204, scope="notebooks:write")
def delete_notebook(call: Call, notebook_id: str) -> None:
    """Delete a notebook; it can be restored for 30 days."""
    deletion.delete(call.account_id, notebook_id)


@api.post("/notebooks/{notebook_id}/restore", returns=schemas.Notebook, scope="notebooks:write")
def restore_notebook(call: Call, notebook_id: str) -> schemas.Notebook:
    """Restore a deleted notebook."""
    return _view(call, deletion.restore(call.account_id, notebook_id))


@api.post(
    "/notebooks/{notebook_id}/duplicate",
    body=schemas.DuplicateNotebook,
    returns=schemas.Notebook,
    status=201,
    scope="notebooks:write",
)
def duplicate_notebook(
    call: Call, notebook_id: str, body: schemas.DuplicateNotebook
) -> schemas.Notebook:
    """Create a notebook with the same files."""
    return _view(call, service.duplicate(call.account_id, notebook_id, body.name))


@api.post(
    "/notebooks/{notebook_id}/start",
    returns=schemas.Notebook,
    status=202,
    scope="notebooks:write",
)
def start_notebook(call: Call, notebook_id: str) -> schemas.Notebook:
    """Start a notebook."""
    return _view(call, service.start(call.account_id, notebook_id))


@api.post(
    "/notebooks/{notebook_id}/stop",
    returns=schemas.Notebook,
    status=202,
    scope="notebooks:write",
)
def stop_notebook(call: Call, notebook_id: str) -> schemas.Notebook:
    """Stop a notebook; its files are saved first."""
    return _view(call, service.stop(call.account_id, notebook_id))


@api.put(
    "/notebooks/{notebook_id}/keep-running",
    body=schemas.KeepRunning,
    returns=schemas.Notebook,
    scope="notebooks:write",
)
def keep_running(call: Call, notebook_id: str, body: schemas.KeepRunning) -> schemas.Notebook:
    """Leave a notebook running until a given time, even if it is idle."""
    return _view(call, service.keep_running(call.account_id, notebook_id, body.until))


@api.post("/notebooks/{notebook_id}/open", returns=schemas.Opened, scope="notebooks:write")
def open_notebook(call: Call, notebook_id: str) -> schemas.Opened:
    """Get the address by which a browser enters a running notebook."""
    return schemas.Opened(service.open_ticket(call.account_id, notebook_id))


@api.get(
    "/notebooks/{notebook_id}/servers",
    returns=schemas.ServerPage,
    scope="notebooks:read",
    query=("cursor", "limit"),
)
def list_servers(call: Call, notebook_id: str) -> schemas.ServerPage:
    """List the servers of a notebook, newest first."""
    found, cursor = service.servers(
        call.account_id,
        notebook_id,
        limit=call.limit(_PAGE, pages.MAX_PAGE),
        cursor=call.query.get("cursor"),
    )
    costs = metering.costs(server.id for server in found)
    views = [_server(server, costs.get(server.id)) for server in found]
    return schemas.ServerPage(views, cursor)


def _view(call: Call, notebook: models.Notebook) -> schemas.Notebook:
    return _views(call, [notebook])[0]


def _views(call: Call, notebooks: list[models.Notebook]) -> list[schemas.Notebook]:
    servers = service.current_servers(notebooks)
    if not notebooks:
        return []
    plan = service.plan_of(call.account_id)
    costs = metering.costs(server.id for server in servers.values())
    return [_notebook(notebook, servers.get(notebook.id), plan, costs) for notebook in notebooks]


def _notebook(
    notebook: models.Notebook,
    server: models.Server | None,
    plan: catalogue.Plan,
    costs: dict[str, metering.Cost],
) -> schemas.Notebook:
    extra = plan.extra_usd_hour(catalogue.size(notebook.size).units)
    return schemas.Notebook(
        id=notebook.id,
        name=notebook.name,
        size=notebook.size,
        idle_minutes=notebook.idle_minutes,
        state=notebook.state,
        state_since=notebook.state_since,
        stages=_stages(server),
        failure=_failure(notebook),
        last_stop=_last_stop(notebook),
        keep_until=clock.moment(notebook.keep_until),
        last_activity_at=server.last_activity_at if server else None,
        memory_bytes=server.memory_bytes if server and server.memory_bytes else None,
        activity=_activity(server),
        workspace=schemas.Workspace(
            files=notebook.files,
            bytes=notebook.bytes,
            quota_bytes=service.limits(plan).alone,
            saved_at=notebook.saved_at,
            error=notebook.workspace_error,
        ),
        cost=_cost(costs.get(server.id)) if server else None,
        price_usd_hour=None if extra is None else f"{extra:.4f}",
        url=service.origin(notebook.id),
        source=schemas.Source(notebook.source_kind, notebook.source_label),
        created_at=notebook.created_at,
        updated_at=notebook.updated_at,
        deleted_at=notebook.deleted_at,
        purge_at=clock.moment(notebook.purge_at),
        version=notebook.version,
    )


def _activity(server: models.Server | None) -> schemas.Activity | None:
    if server is None or server.activity is None:
        return None
    return msgspec.json.decode(server.activity, type=schemas.Activity)


def _cost(cost: metering.Cost | None) -> schemas.Cost | None:
    if cost is None:
        return None
    return schemas.Cost(
        included=cost.is_included,
        rate_usd_hour=f"{cost.usd_hour:.4f}",
        spent_usd=f"{cost.spent:.6f}",
        as_of=datetime.fromtimestamp(cost.at, UTC),
    )


def _stages(server: models.Server | None) -> list[schemas.Stage]:
    if server is None:
        return []
    begun = sorted(server.stages.attribute_values.items(), key=lambda stage: stage[1])
    return [schemas.Stage(name, datetime.fromtimestamp(at / 1000, UTC)) for name, at in begun]


def _failure(notebook: models.Notebook) -> schemas.Failure | None:
    if notebook.failure_code is None:
        return None
    return schemas.Failure(notebook.failure_code, notebook.failure_message or "")


def _last_stop(notebook: models.Notebook) -> schemas.LastStop | None:
    if notebook.last_stop_at is None:
        return None
    return schemas.LastStop(
        notebook.last_stop_at, notebook.last_stop_reason or "", notebook.last_stop_message or ""
    )


def _server(server: models.Server, cost: metering.Cost | None) -> schemas.Server:
    return schemas.Server(
        id=server.id,
        notebook_id=server.notebook_id,
        size=server.size,
        requested_at=server.requested_at,
        ready_at=server.ready_at,
        stopped_at=server.stopped_at,
        stop_reason=server.stop_reason,
        stop_message=server.stop_message,
        exit_code=None if server.exit_code is None else server.exit_code,
        cost_usd=None if cost is None else f"{cost.spent:.6f}",
    )
