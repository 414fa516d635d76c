"""The calls of the Agent API that are about clusters, beside those in `ramon_notebook.api`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ramon_notebook.api import AgentApi

Json = dict[str, Any]


class ClusterApi:
    """The service's clusters of this notebook. Raises as `AgentApi` does.

    What the service answers is passed on as it is: kernels know its form, the agent only what
    it needs itself.
    """

    def __init__(self, api: AgentApi) -> None:
        self._api = api

    def create(self, request: Json) -> Json:
        """A new cluster; one try, for a second could find the name taken by the first."""
        return self._api.call("POST", "/agent/clusters", request, patience=0)

    def read(self, cluster_id: str) -> Json:
        """A cluster as it is now."""
        return self._api.call("GET", f"/agent/clusters/{cluster_id}", None)

    def newest(self, name: str | None = None) -> list[Json]:
        """This notebook's clusters, newest first; of the last day, those that ended too."""
        query = f"?{urlencode({'name': name})}" if name else ""
        items: list[Json] = self._api.call("GET", f"/agent/clusters{query}", None)["items"]
        return items

    def scale(self, cluster_id: str, workers: int, retire: list[str]) -> Json:
        """Have so many workers; those in `retire` are the first to go."""
        body = {"workers": workers, "retire": retire}
        return self._api.call("POST", f"/agent/clusters/{cluster_id}/scale", body)

    def stop(self, cluster_id: str, message: str | None = None, *, by_person: bool = False) -> Json:
        """End it because code closed it, a person stopped it, or because of what `message` says."""
        body = {"by_person": by_person, "message": message}
        return self._api.call("POST", f"/agent/clusters/{cluster_id}/stop", body)

    def report(self, cluster_id: str, state: Json) -> Json:
        """Say how it is, which renews its lease; what the service wants of it. One try."""
        path = f"/agent/clusters/{cluster_id}/report"
        return self._api.call("POST", path, state, patience=0)

    def saved(self, cluster_id: str, results: int, size: int) -> None:
        """Say that results are saved, `size` bytes, so that the stop may go on."""
        body = {"results": results, "bytes": size}
        self._api.call("POST", f"/agent/clusters/{cluster_id}/saved", body)

    def renew(self, cluster_id: str, environment: Json) -> Json:
        """Give workers that start from now on another environment."""
        return self._api.call("POST", f"/agent/clusters/{cluster_id}/environment", environment)

    def logs(self, cluster_id: str, worker: str | None, cursor: str | None) -> Json:
        """The newest lines that the workers wrote, or one of them; a page of them."""
        asked = {"worker": worker, "cursor": cursor}
        query = urlencode({name: value for name, value in asked.items() if value})
        return self._api.call("GET", f"/agent/clusters/{cluster_id}/logs?{query}", None)

    def usage(self) -> Json:
        """What this month has cost until now, and what runs."""
        return self._api.call("GET", "/agent/usage", None)
