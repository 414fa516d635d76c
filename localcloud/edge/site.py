"""The built frontend, as CloudFront serves it from the site's bucket."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from localcloud.edge.asgi import Headers, Receive, Scope, Send, respond, respond_html
from localcloud.edge.pages import page
from localcloud.edge.security_headers import HeaderPolicy

FOREVER = b"public, max-age=31536000, immutable"
"""For files whose name holds a hash of their content."""

ASK_AGAIN = b"no-cache"
"""For everything else: keep it, but ask each time whether it changed."""


@dataclass(frozen=True)
class File:
    """A file as it was read."""

    modified: int
    body: bytes
    etag: bytes
    content_type: bytes


class Site:
    """The ASGI application for everything that is not the API."""

    def __init__(self, directory: Path, security_headers: HeaderPolicy) -> None:
        self._directory = directory.resolve()
        self._security_headers = security_headers
        self._files: dict[Path, File] = {}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer GET and HEAD."""
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, [(b"allow", b"GET, HEAD")])
            return
        if not self._directory.is_dir():
            text = "The web pages are not built yet: run `make setup`, then reload."
            await respond_html(send, 503, page("Almost there", text, reload_seconds=5))
            return
        file = self._find(scope["path"])
        if file is None:
            await respond_html(send, 404, page("Not found", "There is no such page."))
            return
        await self._send_file(scope, send, file)

    async def _send_file(self, scope: Scope, send: Send, file: File) -> None:
        hashed = scope["path"].startswith("/assets/")
        headers: Headers = [
            (b"content-type", file.content_type),
            (b"cache-control", FOREVER if hashed else ASK_AGAIN),
            (b"etag", file.etag),
        ]
        headers = self._security_headers.added_to(headers)
        known = dict(scope["headers"]).get(b"if-none-match", b"")
        if file.etag in [each.strip() for each in known.split(b",")]:
            await respond(send, 304, headers)
            return
        await respond(send, 200, headers, file.body)

    def _find(self, path: str) -> File | None:
        """The file of a path; a path whose last part has no dot is a page of the application."""
        name = path.lstrip("/")
        if "." not in name.rsplit("/", 1)[-1]:
            name = "index.html"
        try:
            file = (self._directory / name).resolve()
            if file.is_relative_to(self._directory) and file.is_file():
                return self._read(file)
        except (ValueError, OSError):
            pass  # no name that a file could have: with a null byte, or too long
        return None

    def _read(self, file: Path) -> File:
        modified = file.stat().st_mtime_ns
        known = self._files.get(file)
        if known is None or known.modified != modified:
            body = file.read_bytes()
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            if kind.startswith("text/") or kind == "application/javascript":
                kind += "; charset=utf-8"
            etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            known = File(modified, body, etag.encode(), kind.encode())
            self._files[file] = known
        return known
