"""What can go wrong between a notebook and the service.

AgentError
├── Unavailable      nobody answered, or not in time: try again later
├── Gone             the service says this server is no longer wanted
├── Refused          the service understood and said no (code, message, details)
└── FileChanged      a file was written to while it was read: take it next time
"""

from __future__ import annotations

from typing import Any


class AgentError(Exception):
    """Base of all errors of the agent."""


class Unavailable(AgentError):
    """The service, or its storage, did not answer as it should; later it may."""


class Gone(AgentError):
    """The service answered 410, or 401 to the first call: this server's token is not good."""


class Refused(AgentError):
    """The service said no; `code` is the service's own word for why."""

    def __init__(self, status: int, code: str, message: str, details: dict[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details


class FileChanged(AgentError):
    """A file changed while it was being read."""
