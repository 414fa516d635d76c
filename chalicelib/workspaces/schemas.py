"""What the API says and hears of a notebook's files."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chalicelib.storage.schemas import Sha256, Size

MANIFEST_VERSION = 2
"""The format of manifests: compressed, with the owner of each copy."""

Path = Annotated[str, Meta(min_length=1, max_length=1024)]
EntryKind = Literal["file", "symlink", "dir"]
"""What is at a path. Plain text, as a manifest of 100,000 entries has it."""


class Entry(msgspec.Struct):
    """A file, a symlink, or an empty directory.

    `path` is relative, with `/` between its parts; `mode` has the permission bits; `mtime_ms` is
    in milliseconds since 1970. Files have `sha256` and `size`, symlinks a `target` that stays
    inside the workspace.
    """

    path: Path
    kind: EntryKind = "file"
    sha256: Sha256 | None = None
    size: Size = 0
    mode: Annotated[int, Meta(ge=0, le=0o7777)] = 0o644
    mtime_ms: Annotated[int, Meta(ge=-(2**53), le=2**53)] = 0
    target: Annotated[str, Meta(max_length=1024)] | None = None


class File(Entry):
    """An entry as a manifest has it: with the account that owns the copy of its content."""

    owner: str | None = None


class Manifest(msgspec.Struct, omit_defaults=True):
    """Everything in a workspace, sorted by path.

    `owner` is the account that wrote it, if no entry names one: so no two accounts ever write the
    same manifest without knowing of each other. `again` makes another name of the same entries,
    while a sweep deletes the manifest that has the first one.
    """

    version: int
    entries: list[File]
    owner: str | None = None
    again: int = 0


class Head(msgspec.Struct):
    """The newest snapshot of a workspace, and how full it is. Sizes in bytes.

    The manifest is JSON, compressed by zlib; `manifest` is the SHA-256 of the JSON.
    """

    snapshot_id: str | None
    seq: int
    manifest: str | None
    manifest_url: str | None
    quota_bytes: int
    used_bytes: int


class Commit(msgspec.Struct):
    """A change of a workspace, based on the snapshot `parent`. Deletes happen before puts."""

    parent: str | None
    puts: Annotated[list[Entry], Meta(max_length=1000)] = []
    deletes: Annotated[list[Path], Meta(max_length=1000)] = []


class Committed(msgspec.Struct):
    """The snapshot that a change made."""

    snapshot_id: str
    seq: int
    used_bytes: int
    files: int


class SavedSnapshot(msgspec.Struct):
    """All files at one moment, and how many paths differ from the kept snapshot before it.

    Sizes in bytes; `is_newest` marks what the notebook holds now.
    """

    seq: int
    saved_at: datetime
    files: int
    bytes: int
    added: int
    changed: int
    removed: int
    is_newest: bool


class SnapshotPage(msgspec.Struct):
    """Snapshots, newest first, and a cursor if there are more."""

    items: list[SavedSnapshot]
    next_cursor: str | None


class ChangeKind(StrEnum):
    """What became of a path."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class FileChange(msgspec.Struct):
    """A path that differs from the kept snapshot before; `size` in bytes, before if removed."""

    path: str
    change: ChangeKind
    size: int


class Changes(msgspec.Struct):
    """What changed in a snapshot, sorted by path; `more` counts those that are left out."""

    changes: list[FileChange]
    more: int


class FileOfThen(msgspec.Struct):
    """A file in a snapshot; `size` in bytes."""

    path: str
    kind: EntryKind
    size: int
    modified_at: datetime


class FilePage(msgspec.Struct):
    """Files of a snapshot, sorted by path, and a cursor if there are more."""

    items: list[FileOfThen]
    next_cursor: str | None


class ContentOfThen(msgspec.Struct):
    """A file of a snapshot: its text if it is short and text, and where to download it."""

    path: str
    size: int
    text: str | None
    url: str


class RestoreFiles(msgspec.Struct, forbid_unknown_fields=True):
    """What to restore: these files, or (without `paths`) everything as it was."""

    paths: Annotated[list[Path], Meta(min_length=1, max_length=1000)] | None = None


class ZipAddress(msgspec.Struct):
    """Where to download a snapshot as a zip, for an hour."""

    url: str
