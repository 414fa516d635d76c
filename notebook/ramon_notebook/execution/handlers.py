"""What a page asks when it shows a notebook whose cells may be running."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from jupyter_server.base.handlers import APIHandler
from tornado import web

from ramon_notebook.execution.saver import OutputSaver

if TYPE_CHECKING:
    from ramon_notebook.server.contents import WorkspaceContents


class ExecutionsHandler(APIHandler):
    """POST /ramon/executions/<kernel>?session=…&path=…&heard=…: take over what has no page.

    session: the page's own, of its connection to the kernel; path: the notebook it shows;
    heard, several times: the last messages of the kernel that it has had.
    """

    _track_activity = False

    @web.authenticated
    async def post(self, kernel_id: str) -> None:
        """{"executions": [{msg_id, cell_id, running, execution_count, messages, seen}], …}."""
        saver: OutputSaver = self.settings["ramon_saver"]
        session, path = self.get_query_argument("session"), self.get_query_argument("path", "")
        file = cast("WorkspaceContents", self.contents_manager).file(path) if path else None
        heard = self.get_query_arguments("heard")
        adopted = await saver.adopt(kernel_id, session, file, heard)
        await self.finish(json.dumps(adopted, default=str))


EXECUTIONS = (r"/ramon/executions/([\w-]+)", ExecutionsHandler)
