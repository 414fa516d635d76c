"""Routes of notebooks, for people and their programs."""

from chalicelib.core import pages
from chalicelib.core.http import Api, Call
from chalicelib.notebooks import deletion, models, rights, schemas, service, views

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
    return schemas.NotebookPage(views.notebooks(call.account_id, found), cursor)


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
    return schemas.ServerPage(views.servers(found), cursor)


def _view(call: Call, notebook: models.Notebook) -> schemas.Notebook:
    return views.notebooks(call.account_id, [notebook])[0]
