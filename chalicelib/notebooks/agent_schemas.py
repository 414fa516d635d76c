"""What the API says to a notebook's agent, and hears from it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chalicelib.notebooks.schemas import KernelDeath, Packages
from chalicelib.workspaces.schemas import Head


class NotebookRef(msgspec.Struct):
    """Which notebook an agent runs."""

    id: str
    name: str


class Boot(msgspec.Struct):
    """What an agent needs to know to begin.

    `signing_key` is the same at each start of this notebook, and no other notebook's.
    """

    notebook: NotebookRef
    server_id: str
    app_origin: str
    notebook_origin: str
    heartbeat_seconds: int
    idle_minutes: int
    signing_key: str
    workspace: Head


class Progress(msgspec.Struct):
    """A step of the start that has begun."""

    name: Literal["booting", "restoring"]


class WorkspaceStatus(msgspec.Struct):
    """How saving goes."""

    saved_at: datetime | None = None
    error: Annotated[str, Meta(max_length=2000)] | None = None
    pending_files: Annotated[int, Meta(ge=0)] = 0


class Heartbeat(msgspec.Struct):
    """That a notebook is alive, and what it does. Memory in bytes; `clusters` are those alive.

    A kernel is busy while an execution of it is unfinished, a terminal while a command runs in it.
    """

    last_activity: datetime
    busy_kernels: Annotated[int, Meta(ge=0)]
    kernels: Annotated[int, Meta(ge=0)]
    memory_bytes: Annotated[int, Meta(ge=0)]
    memory_limit_bytes: Annotated[int, Meta(ge=0)] | None = None
    workspace: WorkspaceStatus = msgspec.field(default_factory=WorkspaceStatus)
    clusters: Annotated[int, Meta(ge=0)] = 0
    busy_terminals: Annotated[int, Meta(ge=0)] = 0
    kernel_death: KernelDeath | None = None
    packages: Packages = msgspec.field(default_factory=Packages)


class HeartbeatAnswer(msgspec.Struct):
    """What an agent should know of its owner's wishes."""

    keep_until: datetime | None
    stopping: bool


class RedeemTicket(msgspec.Struct):
    """What a browser carried."""

    ticket: Annotated[str, Meta(min_length=1, max_length=200)]


class Visitor(msgspec.Struct):
    """Who entered."""

    id: str
    login: str
    name: str
    avatar_url: str | None


class Redeemed(msgspec.Struct):
    """The ticket was good, once."""

    account: Visitor
