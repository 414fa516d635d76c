"""Bringing the files of a snapshot into an empty workspace."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ramon_notebook.api import AgentApi, Head
from ramon_notebook.workspace.entries import Entry, manifest_entries
from ramon_notebook.workspace.transfer import PARALLEL, BlobStore


class WorkspaceInUse(Exception):
    """The folder holds files that are not this notebook's; they are nobody's to overwrite."""


def read_manifest(store: BlobStore, head: Head) -> dict[str, Entry]:
    """The entries of the newest snapshot, by path; none when there is no snapshot yet.

    Raises ValueError for a manifest that is damaged, Unavailable when it can't be read.
    """
    if head.manifest_url is None:
        return {}
    document = _decompressed(store.read(head.manifest_url))
    if hashlib.sha256(document).hexdigest() != head.manifest:
        raise ValueError("The list of the workspace's files is not the one that was asked for.")
    return manifest_entries(json.loads(document))


def _decompressed(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error as error:
        raise ValueError(f"The list of the workspace's files is damaged: {error}") from error


def claim(root: Path, state: Path, notebook_id: str) -> bool:
    """Make `root` the workspace of this notebook; True when it already was (a restart).

    What a restarted server finds is newer than any snapshot, so it is kept as it is. Raises
    WorkspaceInUse when `root` has files and was never claimed, or was for another notebook.
    """
    root.mkdir(parents=True, exist_ok=True)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    marker = state / "workspace-of"
    owner = marker.read_text() if marker.exists() else None
    if owner == notebook_id:
        return True
    if owner is not None or any(root.iterdir()):
        raise WorkspaceInUse(f"{root} has files that are not of {notebook_id}.")
    return False


def confirm(state: Path, notebook_id: str) -> None:
    """Record that the workspace is restored completely, for `claim` after a restart."""
    (state / "workspace-of").write_text(notebook_id)


def restore(
    api: AgentApi, store: BlobStore, root: Path, state: Path, entries: Mapping[str, Entry]
) -> None:
    """Write `entries` below the empty folder `root`: files in parallel, links last.

    `state` is a folder on the same file system, for files that are not whole yet. Raises
    Unavailable when the storage keeps failing.
    """
    files_of: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries.values():
        if entry.kind == "file":
            files_of[entry.sha256].append(entry)
        folder = root / entry.path
        (folder if entry.kind == "dir" else folder.parent).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=state) as scratch:
        urls = api.downloads(list(files_of))

        def fetch(sha256: str) -> None:
            blob = Path(scratch, sha256)
            store.download(urls[sha256], sha256, blob)
            _place(blob, root, files_of[sha256])

        with ThreadPoolExecutor(PARALLEL, "restore") as threads:
            for _ in threads.map(fetch, files_of):
                pass
    for entry in entries.values():
        if entry.kind == "symlink":
            (root / entry.path).symlink_to(entry.target)


def _place(blob: Path, root: Path, files: list[Entry]) -> None:
    """Move a whole blob to the path of each of `files`, copying where there are several."""
    for entry in files[1:]:
        copy = blob.with_name(f"{blob.name}-copy")
        shutil.copyfile(blob, copy)
        _publish(copy, root, entry)
    _publish(blob, root, files[0])


def _publish(source: Path, root: Path, entry: Entry) -> None:
    source.chmod(entry.mode)
    os.utime(source, ns=(entry.mtime_ms * 1_000_000, entry.mtime_ms * 1_000_000))
    source.replace(root / entry.path)
