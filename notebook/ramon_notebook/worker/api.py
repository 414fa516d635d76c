"""The two calls of a worker: what it is to do, and why it can't."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ramon_notebook.api import AgentApi
from ramon_notebook.errors import AgentError
from ramon_notebook.workspace.transfer import BlobStore

MOST_MESSAGE = 2000
"""Characters of a message: the service's limit."""


@dataclass(frozen=True)
class Blob:
    """Something to fetch."""

    sha256: str
    url: str


@dataclass(frozen=True)
class Boot:
    """What the service tells a worker.

    address, ca, certificate, key: how the cluster's scheduler is reached.
    python: the notebook's version. lock, modules: what the notebook added, if anything.
    """

    worker_id: str
    cluster_name: str
    vcpu: int
    gpu: int
    address: str
    ca: str
    certificate: str
    key: str = field(repr=False)
    python: str
    lock: Blob | None
    modules: Blob | None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Boot:
        """A boot as the service writes it."""
        environment = data["environment"]
        return cls(
            worker_id=data["worker_id"],
            cluster_name=data["cluster_name"],
            vcpu=int(data["vcpu"]),
            gpu=int(data["gpu"]),
            python=environment["python"],
            lock=Blob(**environment["lock"]) if environment["lock"] else None,
            modules=Blob(**environment["modules"]) if environment["modules"] else None,
            **data["scheduler"],
        )


class WorkerApi:
    """The service, as one worker sees it, and its storage. Raises as `AgentApi` does."""

    def __init__(self, base_url: str, token: str) -> None:
        self._api = AgentApi(base_url, token)
        self.blobs = BlobStore(self._api)

    def boot(self, job_id: str, *, patience: float) -> dict[str, Any]:
        """Ask what to do. Raises Gone when this worker, or this job of it, is not wanted."""
        return self._api.call("POST", "/worker/boot", {"job_id": job_id}, patience=patience)

    def failed(self, code: str, message: str) -> None:
        """Say why this worker can't work; nobody is left to hear when that fails too."""
        body = {"code": code, "message": message[:MOST_MESSAGE]}
        try:
            self._api.call("POST", "/worker/failed", body, patience=5)
        except AgentError:
            return
