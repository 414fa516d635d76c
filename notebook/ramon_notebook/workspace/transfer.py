"""Bytes to and from the blob storage, by the presigned addresses that the service gives."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TypeVar, cast

import urllib3

from ramon_notebook.api import AgentApi, Upload
from ramon_notebook.errors import FileChanged, Unavailable

PARALLEL = 8
"""Transfers at once: enough to fill the line when files are small."""

CHUNK = 1 << 20
TRIES = 4

STORED = (200, 204, 412)
"""Answers to an upload that is there: an address works once, and 412 says that it did before."""

_T = TypeVar("_T")


class BlobStore:
    """Uploads and downloads of blobs, each tried a few times. Safe to use from several threads.

    Raises Unavailable when the storage keeps failing, FileChanged when a file's content is no
    longer what its hash says.
    """

    def __init__(self, api: AgentApi) -> None:
        self._api = api
        timeout = urllib3.Timeout(connect=5, read=60)
        self._pool = urllib3.PoolManager(maxsize=PARALLEL, timeout=timeout, retries=False)

    def read(self, url: str) -> bytes:
        """The whole of a small blob."""
        return _retried(lambda: b"".join(self._stream(url)))

    def download(self, url: str, sha256: str, target: Path) -> None:
        """Write the blob to `target`, having checked its hash."""
        _retried(lambda: self._download(url, sha256, target))

    def upload(self, path: Path, size: int, upload: Upload) -> None:
        """Upload the content of `path`, `size` bytes, as the blob `upload.sha256`."""
        if upload.kind == "put":
            _retried(lambda: self._put(path, size, upload))
        elif upload.kind == "multipart":
            self._put_parts(path, size, upload)

    def _stream(self, url: str) -> Iterator[bytes]:
        with _storage_errors():
            response = self._pool.request("GET", url, preload_content=False, redirect=False)
            try:
                if response.status != 200:
                    raise Unavailable(f"The storage answered {response.status} to a download.")
                yield from response.stream(CHUNK)
            finally:
                response.release_conn()

    def _download(self, url: str, sha256: str, target: Path) -> None:
        digest = hashlib.sha256()
        with target.open("wb") as file:
            for chunk in self._stream(url):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != sha256:
            raise Unavailable(f"The storage gave other bytes than {sha256}.")

    def _put(self, path: Path, size: int, upload: Upload) -> None:
        with path.open("rb") as file:
            body = cast("IO[bytes]", _ExactReader(file, size))
            status = self._send(upload.url, body, size, dict(upload.headers))[0]
        if status == 400:
            # The storage checks the hash (x-amz-checksum-sha256): these were other bytes.
            raise FileChanged(str(path))
        if status not in STORED:
            raise Unavailable(f"The storage answered {status} to an upload.")

    def _put_parts(self, path: Path, size: int, upload: Upload) -> None:
        digest = hashlib.sha256()
        etags = []
        with path.open("rb") as file:
            for url in upload.urls:
                part = file.read(upload.part_size)
                digest.update(part)
                etags.append(_retried(partial(self._put_part, url, part)))
            if file.read(1) or digest.hexdigest() != upload.sha256:
                raise FileChanged(str(path))
        self._api.complete_upload(upload.sha256, size, upload.upload_id, etags)

    def _put_part(self, url: str, part: bytes) -> str:
        status, etag = self._send(url, part, len(part), {})
        if status != 200 or not etag:
            raise Unavailable(f"The storage answered {status} to a part of an upload.")
        return etag

    def _send(
        self, url: str, body: IO[bytes] | bytes, size: int, headers: dict[str, str]
    ) -> tuple[int, str | None]:
        if "content-length" not in {name.lower() for name in headers}:
            headers["content-length"] = str(size)
        with _storage_errors():
            response = self._pool.request("PUT", url, body=body, headers=headers, redirect=False)
        return response.status, response.headers.get("ETag")


class _ExactReader:
    """Gives exactly `size` bytes of a file: a shorter one is a FileChanged, no stalled upload."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def read(self, amount: int = -1) -> bytes:
        wanted = self._left if amount < 0 else min(amount, self._left)
        data = self._file.read(wanted)
        if wanted and not data:
            raise FileChanged(self._file.name)
        self._left -= len(data)
        return data


def content_hash(path: Path) -> tuple[str, int]:
    """SHA-256 (hex) and size in bytes of a file's content."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError) as error:
        raise Unavailable(f"The storage does not answer: {error}") from error


def _retried(action: Callable[[], _T]) -> _T:
    for attempt in range(1, TRIES):
        try:
            return action()
        except Unavailable:
            time.sleep(0.1 * 2**attempt)
    return action()
