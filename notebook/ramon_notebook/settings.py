"""What the task was told when it was started. The only module that reads the environment."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PORT = 8888
"""The port of every notebook; each task has an address of its own."""


MESSAGE_SHARE = 8
"""A message to a kernel is held several times on its way (received, passed on, read), so it may
take the notebook's memory divided by this."""


class SettingsError(Exception):
    """The environment lacks something, or holds something unusable."""


@dataclass(frozen=True)
class Settings:
    """The settings of one notebook task.

    api_url: base of the service's API, such as ``https://ramon.example.org/api``.
    server_id: this run of the notebook, ``srv_…``.
    agent_token: secret, good for the agent calls of this one server.
    notebook_origin: the only origin under which browsers may come here.
    app_origin: the origin of the application, for links back.
    memory_bytes: memory of the task, or None when nobody limits it.
    save_seconds: how often a file that goes on changing is saved (RAMON_SAVE_SECONDS, 15).
    bind_address: the local address to listen on.
    home: the home folder; the workspace is ``work`` in it.
    """

    api_url: str
    server_id: str
    agent_token: str = field(repr=False)
    notebook_origin: str
    app_origin: str
    memory_bytes: int | None
    save_seconds: int
    bind_address: str
    home: Path

    @property
    def workspace(self) -> Path:
        """The folder whose files are kept."""
        return self.home / "work"

    @property
    def state(self) -> Path:
        """The agent's own folder, beside the workspace and never part of it."""
        return self.home / ".ramon"

    @property
    def max_message_bytes(self) -> int:
        """The largest message that a page may send to a kernel, such as a file for a widget."""
        memory = self.memory_bytes or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return memory // MESSAGE_SHARE

    @property
    def overlay(self) -> Path:
        """The environment of kernels and terminals, where the user's packages go."""
        return self.state / "env"

    @property
    def notebook_host(self) -> str:
        """Host and port a browser must name, as in the ``Host`` header."""
        return urlsplit(self.notebook_origin).netloc

    @classmethod
    def take_from(cls, environ: MutableMapping[str, str]) -> Settings:
        """Read the settings and remove the secret ones, so that no child inherits them.

        Raises SettingsError naming every variable that is missing or unusable.
        """
        values = {name: environ.get(name, "") for name in _REQUIRED}
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise SettingsError(f"Missing in the environment: {', '.join(missing)}.")
        memory = environ.get("RAMON_MEMORY_BYTES", "")
        if memory and not memory.isdecimal():
            raise SettingsError(f"RAMON_MEMORY_BYTES must be a number of bytes, not {memory!r}.")
        seconds = environ.get("RAMON_SAVE_SECONDS", "15")
        if not seconds.isdecimal() or not int(seconds):
            raise SettingsError(f"RAMON_SAVE_SECONDS must be 1 or more, not {seconds!r}.")
        for name in [name for name in environ if name.startswith("RAMON_")]:
            del environ[name]
        return cls(
            api_url=values["RAMON_API_URL"].rstrip("/"),
            server_id=values["RAMON_SERVER_ID"],
            agent_token=values["RAMON_AGENT_TOKEN"],
            notebook_origin=values["RAMON_NOTEBOOK_ORIGIN"].rstrip("/"),
            app_origin=values["RAMON_APP_ORIGIN"].rstrip("/"),
            memory_bytes=int(memory) if memory else None,
            save_seconds=int(seconds),
            bind_address=environ.pop("BIND_ADDRESS", "") or "127.0.0.1",
            home=Path(values["HOME"]),
        )


_REQUIRED = (
    "RAMON_API_URL",
    "RAMON_SERVER_ID",
    "RAMON_AGENT_TOKEN",
    "RAMON_NOTEBOOK_ORIGIN",
    "RAMON_APP_ORIGIN",
    "HOME",
)
