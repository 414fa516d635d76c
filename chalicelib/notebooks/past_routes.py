"""Routes of a notebook's history: what its files were, and bringing them back."""

from chalicelib.core import clock, pages
from chalicelib.core.errors import Invalid, NotFound
from chalicelib.core.http import Api, Call
from chalicelib.notebooks import past, rights
from chalicelib.workspaces import schemas
from chalicelib.workspaces import service as workspaces

api = Api("history", may=rights.SERVE)

_PAGE = 50
_FILES = 200
_MOST_FILES = 1000


@api.get(
    "/notebooks/{notebook_id}/snapshots",
    returns=schemas.SnapshotPage,
    scope="notebooks:read",
    query=("cursor", "limit"),
)
def list_snapshots(call: Call, notebook_id: str) -> schemas.SnapshotPage:
    """List the kept versions of a notebook's files, newest first."""
    found, cursor, newest = past.snapshots(
        call.account_id,
        notebook_id,
        limit=call.limit(_PAGE, pages.MAX_PAGE),
        cursor=call.query.get("cursor"),
    )
    return schemas.SnapshotPage([_view(row, newest) for row in found], cursor)


@api.get(
    "/notebooks/{notebook_id}/snapshots/{seq}/changes",
    returns=schemas.Changes,
    scope="notebooks:read",
)
def list_changes(call: Call, notebook_id: str, seq: str) -> schemas.Changes:
    """List what changed in a version, against the kept one before."""
    return workspaces.changes(_find(call, notebook_id, seq))


@api.get(
    "/notebooks/{notebook_id}/snapshots/{seq}/files",
    returns=schemas.FilePage,
    scope="notebooks:read",
    query=("cursor", "limit"),
)
def list_files(call: Call, notebook_id: str, seq: str) -> schemas.FilePage:
    """List the files of a version by path. The cursor is the last path of the page before."""
    limit = call.limit(_FILES, _MOST_FILES)
    snapshot = _find(call, notebook_id, seq)
    found = workspaces.files(snapshot, call.query.get("cursor", ""), limit + 1)
    shown = [
        schemas.FileOfThen(each.path, each.kind, each.size, clock.moment_of_millis(each.mtime_ms))
        for each in found[:limit]
    ]
    return schemas.FilePage(shown, shown[-1].path if len(found) > limit else None)


@api.get(
    "/notebooks/{notebook_id}/snapshots/{seq}/file",
    returns=schemas.ContentOfThen,
    scope="notebooks:read",
    query=("path",),
)
def read_file(call: Call, notebook_id: str, seq: str) -> schemas.ContentOfThen:
    """Read a file of a version: its text if it is short, and where to download it."""
    snapshot, path = _find(call, notebook_id, seq), call.query.get("path")
    if not path:
        raise Invalid("Say which file: ?path=…", field="path")
    return workspaces.content(snapshot, path)


@api.post(
    "/notebooks/{notebook_id}/snapshots/{seq}/restore",
    body=schemas.RestoreFiles,
    returns=schemas.SavedSnapshot,
    status=201,
    scope="notebooks:write",
)
def restore_files(
    call: Call, notebook_id: str, seq: str, body: schemas.RestoreFiles
) -> schemas.SavedSnapshot:
    """Bring files of a version, or all of it, back as the newest version of a stopped notebook."""
    saved = past.restore(call.account_id, notebook_id, _number(seq), body.paths)
    return _view(saved, saved.seq)


@api.post(
    "/notebooks/{notebook_id}/snapshots/{seq}/zip",
    returns=schemas.ZipAddress,
    scope="notebooks:read",
)
def zip_snapshot(call: Call, notebook_id: str, seq: str) -> schemas.ZipAddress:
    """Pack a version into a zip, and get an address to download it."""
    return schemas.ZipAddress(past.zipped(call.account_id, notebook_id, _number(seq)))


def _find(call: Call, notebook_id: str, seq: str) -> workspaces.Snapshot:
    return past.find(call.account_id, notebook_id, _number(seq))


def _number(seq: str) -> int:
    if not (seq.isascii() and seq.isdigit() and len(seq) <= 12):
        raise NotFound("There is no such version.")
    return int(seq)


def _view(row: workspaces.Snapshot, newest: int) -> schemas.SavedSnapshot:
    return schemas.SavedSnapshot(
        seq=row.seq,
        saved_at=row.created_at,
        files=row.files,
        bytes=row.bytes,
        added=row.added,
        changed=row.changed,
        removed=row.removed,
        is_newest=row.seq == newest,
    )
