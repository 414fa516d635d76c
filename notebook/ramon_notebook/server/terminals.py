"""Terminals: what is typed counts as activity, and so does a command while it runs."""

# Jupyter's own subclasses change their parents' signatures.
# mypy: disable-error-code="override"

from __future__ import annotations

import json
from typing import Any

from jupyter_server_terminals.app import TerminalsExtensionApp
from jupyter_server_terminals.handlers import TermSocket
from tornado.web import Application

from ramon_notebook.server.foreground import has_job


class NotedTermSocket(TermSocket):
    """A page's connection to a terminal."""

    async def on_message(self, message: Any) -> None:
        """Pass a message on; typing is activity."""
        if json.loads(message)[:1] == ["stdin"]:
            self.settings["ramon_agent"].activity.note()
        await super().on_message(message)

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Connect, without Nagle's algorithm."""
        self.set_nodelay(True)
        return super().open(*args, **kwargs)


class Terminals(TerminalsExtensionApp):
    """Jupyter's terminals with our socket."""

    def initialize_handlers(self) -> None:
        """Register the handlers."""
        super().initialize_handlers()
        self.handlers = [
            (rule[0], NotedTermSocket, *rule[2:]) if rule[1] is TermSocket else rule
            for rule in self.handlers
        ]


def busy_terminals(application: Application) -> int:
    """How many terminals have a command in their foreground."""
    manager = application.settings.get("terminal_manager")
    terminals = list(manager.terminals.values()) if manager else []
    return sum(has_job(terminal.ptyproc.fd) for terminal in terminals)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": __name__, "app": Terminals}]
