"""What the API says and hears of notebooks."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.notebooks.states import NotebookState, ServerEnd, SourceKind, StartStep

Name = Annotated[str, Meta(min_length=1, max_length=100)]
IdleMinutes = Annotated[int, Meta(ge=1, le=24 * 60)]
"""Minutes without work after which a notebook is stopped."""


class BlankSource(msgspec.Struct, tag="blank", tag_field="kind", forbid_unknown_fields=True):
    """Begin with one empty notebook file."""


class UploadSource(msgspec.Struct, tag="upload", tag_field="kind", forbid_unknown_fields=True):
    """Begin with a notebook file that was handed in (`POST /api/uploads`)."""

    upload_id: Annotated[str, Meta(max_length=64)]


class GitHubSource(msgspec.Struct, tag="github", tag_field="kind", forbid_unknown_fields=True):
    """Begin with a notebook file of a public GitHub repository, by the address of its page."""

    url: Annotated[str, Meta(max_length=2000)]


class CreateNotebook(msgspec.Struct, forbid_unknown_fields=True):
    """A notebook to be made."""

    name: Name
    size: Annotated[str, Meta(max_length=40)] = "small"
    idle_minutes: IdleMinutes = 60
    source: BlankSource | UploadSource | GitHubSource = msgspec.field(default_factory=BlankSource)


class UpdateNotebook(msgspec.Struct, forbid_unknown_fields=True):
    """What can be changed; what is left out stays. A new size counts from the next start."""

    name: Name | None = None
    size: Annotated[str, Meta(max_length=40)] | None = None
    idle_minutes: IdleMinutes | None = None


class DuplicateNotebook(msgspec.Struct, forbid_unknown_fields=True):
    """The name of the copy; without one, it is named after the original."""

    name: Name | None = None


class KeepRunning(msgspec.Struct, forbid_unknown_fields=True):
    """Until when a notebook is left running even if idle; null takes that back."""

    until: datetime | None


class Stage(msgspec.Struct):
    """A step of a start, and when it began."""

    name: StartStep
    at: datetime


class Failure(msgspec.Struct):
    """Why a notebook isn't running although nobody stopped it, and what to do."""

    code: ServerEnd
    message: str


class LastStop(msgspec.Struct):
    """When and why a notebook last stopped."""

    at: datetime
    reason: ServerEnd
    message: str


class Workspace(msgspec.Struct):
    """A notebook's files, as they were last saved. Sizes in bytes."""

    files: int
    bytes: int
    quota_bytes: int
    saved_at: datetime | None
    error: str | None


class Source(msgspec.Struct):
    """What a notebook was made from."""

    kind: SourceKind
    label: str | None


class Cost(msgspec.Struct):
    """What a running server costs beyond the plan, in dollars, at the moment `as_of`."""

    included: bool
    rate_usd_hour: str
    spent_usd: str
    as_of: datetime


class KernelDeath(msgspec.Struct):
    """That a kernel died, when, of which notebook file, and why: a sentence for its owner."""

    at: datetime
    notebook: Annotated[str, Meta(max_length=1000)] | None
    reason: Annotated[str, Meta(max_length=2000)]


class FailedPackage(msgspec.Struct):
    """A package that could not be installed again at the start, and what the installer said."""

    requirement: Annotated[str, Meta(max_length=200)]
    reason: Annotated[str, Meta(max_length=500)]


class Packages(msgspec.Struct):
    """How installing a notebook's own packages again goes: how many are still to come."""

    waiting: Annotated[int, Meta(ge=0)] = 0
    failed: Annotated[list[FailedPackage], Meta(max_length=10)] = []


class Activity(msgspec.Struct):
    """What a running notebook does, as it last reported.

    Kernels are busy while they have unfinished executions, terminals while a command runs in their
    foreground. `kernel_death` is that of the last kernel that died.
    """

    busy_kernels: int = 0
    busy_terminals: int = 0
    kernel_death: KernelDeath | None = None
    packages: Packages = msgspec.field(default_factory=Packages)


class Notebook(msgspec.Struct):
    """A hosted notebook. `url` is its own origin; enter it through `POST …/open`.

    `price_usd_hour` is what an hour of its size costs beyond the plan; null if the plan can't
    have it.
    """

    id: str
    name: str
    size: str
    idle_minutes: int
    state: NotebookState
    state_since: datetime
    stages: list[Stage]
    failure: Failure | None
    last_stop: LastStop | None
    keep_until: datetime | None
    last_activity_at: datetime | None
    memory_bytes: int | None
    activity: Activity | None
    workspace: Workspace
    cost: Cost | None
    price_usd_hour: str | None
    url: str
    source: Source
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    purge_at: datetime | None
    version: int


class NotebookPage(msgspec.Struct):
    """A page of notebooks, newest first."""

    items: list[Notebook]
    next_cursor: str | None


class Server(msgspec.Struct):
    """One session of a notebook."""

    id: str
    notebook_id: str
    size: str
    requested_at: datetime
    ready_at: datetime | None
    stopped_at: datetime | None
    stop_reason: ServerEnd | None
    stop_message: str | None
    exit_code: int | None
    cost_usd: str | None


class ServerPage(msgspec.Struct):
    """A page of servers, newest first."""

    items: list[Server]
    next_cursor: str | None


class Opened(msgspec.Struct):
    """The address to go to: good once, for a minute."""

    url: str


class Storage(msgspec.Struct):
    """What an account stores, in bytes, and what it costs beyond the plan, in dollars.

    `notebooks_bytes` and `deleted_bytes` are the files of notebooks, and of deleted ones until they
    are purged; `history_bytes` is what earlier versions alone keep; `offered_bytes` is on its way;
    `rest_bytes` is being deleted, or needed by clusters. `total_bytes` is all of it. Of these,
    `included_bytes` are in the plan's price; `usd_month` is what a month of all this would cost,
    `charged_usd` what this month has cost until `charged_until`. Of files, the account may have
    `quota_bytes`.
    """

    plan: str
    notebooks_bytes: int
    deleted_bytes: int
    history_bytes: int
    offered_bytes: int
    rest_bytes: int
    total_bytes: int
    included_bytes: int
    quota_bytes: int
    usd_month: str
    charged_usd: str
    charged_until: datetime | None
