"""What the API says and hears of clusters. Money is text in dollars, so that nobody rounds it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chalicelib.clusters.states import (
    ClusterEnd,
    ClusterState,
    ProblemCode,
    Purchase,
    WorkerEnd,
    WorkerState,
)

Count = Annotated[int, Meta(ge=0, le=1000)]
"""A number of workers."""
WorkerId = Annotated[str, Meta(max_length=40)]


class WorkerSize(msgspec.Struct):
    """What each worker has: processors, GiB of memory, graphics processors."""

    vcpu: int
    memory_gib: int
    gpu: int


class WorkerCounts(msgspec.Struct):
    """How many workers are wanted, and where they are; `running` have joined."""

    wanted: int
    pending: int
    starting: int
    running: int


class Price(msgspec.Struct):
    """What an hour costs: of a worker, of all that are wanted, and of what is charged now.

    The first two are reckoned with the computers that the next workers get; each worker is charged
    as what it runs on.
    """

    worker_usd_hour: str
    usd_hour: str
    now_usd_hour: str


class TaskCounts(msgspec.Struct):
    """How many tasks of its scheduler are in which state."""

    waiting: Annotated[int, Meta(ge=0)]
    processing: Annotated[int, Meta(ge=0)]
    memory: Annotated[int, Meta(ge=0)]
    erred: Annotated[int, Meta(ge=0)]


class Problem(msgspec.Struct):
    """What keeps it from being as wanted: a word for programs and a sentence for people."""

    code: ProblemCode
    message: str


class Stop(msgspec.Struct):
    """Why it ends or has ended."""

    reason: ClusterEnd
    message: str


class Saved(msgspec.Struct):
    """Finished results that were saved when it stopped."""

    results: int
    bytes: int


class Cluster(msgspec.Struct):
    """Workers beside a notebook. `spent_usd` is up to the moment `as_of`."""

    id: str
    name: str
    notebook_id: str
    notebook_name: str
    server_id: str
    state: ClusterState
    state_since: datetime
    worker: WorkerSize
    purchase: Purchase
    workers: WorkerCounts
    price: Price
    spent_usd: str
    budget_usd: str | None
    as_of: datetime
    idle_minutes: int
    detached: bool
    clients: int | None
    tasks: TaskCounts | None
    last_active_at: datetime | None
    problem: Problem | None
    stop: Stop | None
    saved: Saved | None
    dashboard_url: str | None
    created_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None


class ClusterPage(msgspec.Struct):
    """A page of clusters, newest first."""

    items: list[Cluster]
    next_cursor: str | None


class Clusters(msgspec.Struct):
    """Clusters of one notebook, newest first."""

    items: list[Cluster]


class WorkerStop(msgspec.Struct):
    """Why a worker ended."""

    reason: WorkerEnd
    message: str


class ClusterWorker(msgspec.Struct):
    """One worker. `attempt` counts the computers it was started on; `seconds` are charged."""

    id: str
    state: WorkerState
    attempt: int
    purchase: Literal["on_demand", "spot"]
    requested_at: datetime
    started_at: datetime | None
    joined_at: datetime | None
    stopped_at: datetime | None
    end: WorkerStop | None
    spent_usd: str
    seconds: int


class WorkerPage(msgspec.Struct):
    """A page of workers, newest first."""

    items: list[ClusterWorker]
    next_cursor: str | None


class HistoryPoint(msgspec.Struct):
    """From this moment on so many workers were charged, until the next point."""

    at: datetime
    workers: int


class History(msgspec.Struct):
    """How many workers were charged over time, in at most 500 points."""

    points: list[HistoryPoint]


class LogLine(msgspec.Struct):
    """A line that a worker wrote, at most 8,000 characters of it."""

    at: datetime
    text: str
    worker: str


class LogPage(msgspec.Struct):
    """The newest lines, oldest first.

    The cursor leads to the lines before them; or, where no worker was named, to those of other
    workers: first come those that run.
    """

    lines: list[LogLine]
    next_cursor: str | None
