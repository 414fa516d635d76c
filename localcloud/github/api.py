"""The REST API: the user who signed in, and public repositories."""

import base64
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from localcloud.github import repositories
from localcloud.github.accounts import ACCOUNTS, CLIENT_ID, CLIENT_SECRET, Account
from localcloud.github.grants import Grants
from localcloud.github.repositories import Repository, blob_id

DOCS = "https://docs.github.com/rest"
LARGEST_IN_JSON = 1024 * 1024
"""Bytes of a file that come in JSON; more only come raw (docs, "Get repository content")."""

HEADERS = {"X-GitHub-Media-Type": "github.v3; format=json", "X-RateLimit-Remaining": "4999"}


class ApiError(Exception):
    """An answer in GitHub's error form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Api:
    """Handlers below `/api/v3`."""

    web_base: str
    api_base: str
    grants: Grants

    async def user(self, request: Request) -> Response:
        """GET /user."""
        return _json(self._require_account(request).user(self.web_base))

    async def emails(self, request: Request) -> Response:
        """GET /user/emails."""
        return _json(self._require_account(request).emails())

    async def repository(self, request: Request) -> Response:
        """GET /repos/{owner}/{repo}."""
        return _json(self._repository(request).record(self.api_base, self.web_base))

    async def commit(self, request: Request) -> Response:
        """GET /repos/{owner}/{repo}/commits/{ref}: what a branch, tag or id names."""
        repository = self._repository(request)
        ref = request.path_params["ref"]
        if not repository.has_ref(ref):
            raise ApiError(422, f"No commit found for SHA: {ref}")
        if "sha" in request.headers.get("accept", ""):
            return Response(repository.commit, media_type="application/vnd.github.sha")
        return _json({"sha": repository.commit, "commit": {"message": "Everything"}, "parents": []})

    async def contents(self, request: Request) -> Response:
        """GET /repos/{owner}/{repo}/contents/{path}: a file raw or as JSON, or a directory."""
        repository = self._repository(request)
        path = request.path_params.get("path", "").strip("/")
        ref = request.query_params.get("ref", repositories.DEFAULT_BRANCH)
        if not repository.has_ref(ref):
            raise ApiError(404, f"No commit found for the ref {ref}")
        if path not in repository.files:
            return _json(self._directory(repository, path))
        content = repository.files[path].read_bytes()
        if "raw" in request.headers.get("accept", ""):
            return Response(content, media_type="application/vnd.github.raw+json", headers=HEADERS)
        return _json(self._file(repository, path, content))

    def _file(self, repository: Repository, path: str, content: bytes) -> dict[str, Any]:
        small = len(content) <= LARGEST_IN_JSON
        return self._entry(repository, path, "file") | {
            "size": len(content),
            "sha": blob_id(content),
            "encoding": "base64" if small else "none",
            "content": base64.encodebytes(content).decode() if small else "",
        }

    def _directory(self, repository: Repository, path: str) -> list[dict[str, Any]]:
        names = repository.entries(path)
        if not names:
            raise ApiError(404, "Not Found")
        paths = [f"{path}/{name}".lstrip("/") for name in names]
        return [
            self._entry(repository, each, "file" if each in repository.files else "dir")
            for each in paths
        ]

    def _entry(self, repository: Repository, path: str, kind: str) -> dict[str, Any]:
        name = f"{repository.owner}/{repository.name}"
        return {
            "type": kind,
            "name": path.rsplit("/", 1)[-1],
            "path": path,
            "url": f"{self.api_base}/repos/{name}/contents/{path}?ref={repository.commit}",
            "html_url": f"{self.web_base}/{name}/blob/{repository.commit}/{path}",
        }

    def _repository(self, request: Request) -> Repository:
        self._account(request)
        owner, name = request.path_params["owner"], request.path_params["repo"]
        repository = repositories.find(owner, name)
        if repository is None:
            raise ApiError(404, "Not Found")
        return repository

    def _require_account(self, request: Request) -> Account:
        account = self._account(request)
        if account is None:
            raise ApiError(401, "Requires authentication")
        return account

    def _account(self, request: Request) -> Account | None:
        """Who signed the request; None for nobody, or for the application itself."""
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if not kind:
            return None
        if kind.lower() == "basic" and value == _application_credentials():
            return None
        login = self.grants.login_of(value)
        if kind.lower() not in ("bearer", "token") or login is None:
            raise ApiError(401, "Bad credentials")
        return ACCOUNTS[login]


async def answer_error(_request: Request, error: Exception) -> Response:
    """An ApiError as GitHub writes it."""
    error = cast(ApiError, error)
    body = {"message": error.message, "documentation_url": DOCS, "status": str(error.status)}
    return JSONResponse(body, error.status, headers=HEADERS)


def _json(content: Any) -> Response:
    return JSONResponse(content, headers=HEADERS)


def _application_credentials() -> str:
    return base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
