"""What JupyterLab's Dask panel (dask-labextension) asks a server for: this notebook's clusters.

The extension's own server part imports Dask and starts clusters inside the server's process, beside
the user's memory limit and bill. This answers in its place: the panel takes the dashboard of a
cluster from the list, and the page reads it through `/proxy/<port>`. Clusters are started, scaled
and closed in cells, so the panel's buttons for that are hidden (overrides.json).
"""

# Jupyter's handlers are partly untyped.
# mypy: allow-untyped-calls, disable-error-code="untyped-decorator"

from __future__ import annotations

import json
from typing import Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

from ramon_notebook.server.agent import Agent


class PanelClusters(APIHandler):
    """`/dask/clusters`."""

    _track_activity = False  # an open panel asks every few seconds

    @web.authenticated
    async def get(self) -> None:
        """The clusters that live, as the panel knows them."""
        agent: Agent = self.settings["ramon_agent"]
        await self.finish(json.dumps([_shown(**cluster) for cluster in agent.clusters.live()]))

    @web.authenticated
    async def put(self) -> None:
        """Nothing is started here: it costs, and a cell shows how much."""
        self.set_status(409)
        await self.finish(json.dumps({"message": "Start a cluster in a cell: ramon.Cluster(4)."}))


CLUSTERS = (r"/dask/clusters/?", PanelClusters)


def _shown(cluster_id: str, name: str, connection: dict[str, Any], workers: int) -> dict[str, Any]:
    return {
        "id": cluster_id,
        "name": name,
        "scheduler_address": connection["address"],
        "dashboard_link": connection["dashboard_url"],
        "workers": workers,
        "cores": 0,
        "memory": "",
    }
