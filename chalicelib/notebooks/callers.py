"""Whose agent calls, and where what it asks for belongs."""

from dataclasses import dataclass

from chalicelib.core.access import Principal
from chalicelib.core.errors import Conflict
from chalicelib.core.http import Call
from chalicelib.notebooks import service
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.states import ServerState


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCaller(Principal):
    """The agent of a server."""

    server: Server


@dataclass(frozen=True, slots=True)
class Place:
    """Where something of a server belongs: `origin` is that of the notebook's own pages."""

    account_id: str
    notebook_id: str
    notebook_name: str
    server_id: str
    origin: str


def server_of(call: Call) -> Server:
    """The server whose agent calls."""
    return call.caller_as(AgentCaller).server


def place_of(server: Server) -> Place:
    """Where what a server's agent starts belongs.

    Raises `Conflict` (`stopping`) once the server is on its way down.
    """
    if server.state not in (ServerState.STARTING, ServerState.RUNNING):
        raise Conflict("This notebook is being stopped.", code="stopping")
    notebook = Notebook.get(server.notebook_id, consistent_read=True)
    return Place(
        server.account_id, notebook.id, notebook.name, server.id, service.origin(notebook.id)
    )
