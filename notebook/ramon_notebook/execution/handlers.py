"""What a page asks when it shows a notebook whose cells may be running."""

from __future__ import annotations

import json

from jupyter_server.base.handlers import APIHandler
from tornado import web

from ramon_notebook.execution.saver import OutputSaver


class ExecutionsHandler(APIHandler):
    """POST /ramon/executions/<kernel>?session=…: take over what runs without a page."""

    _track_activity = False

    @web.authenticated
    async def post(self, kernel_id: str) -> None:
        """{"executions": [{msg_id, cell_id, running, execution_count, messages, seen}]}."""
        saver: OutputSaver = self.settings["ramon_saver"]
        executions = saver.adopt(kernel_id, self.get_query_argument("session"))
        await self.finish(json.dumps({"executions": executions}, default=str))


EXECUTIONS = (r"/ramon/executions/([\w-]+)", ExecutionsHandler)
