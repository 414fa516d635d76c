"""Everything that has to agree, as plain values. Times are seconds since 1970."""

from dataclasses import dataclass, field

LIVE_STATES = frozenset({"starting", "running", "stopping"})
"""States in which a notebook has a server, and a server a slot."""


@dataclass(frozen=True)
class Task:
    """A task of ECS that has not stopped, or has stopped within the last hour."""

    arn: str
    family: str
    server_id: str
    status: str
    desired_status: str
    address: str | None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.status == "STOPPED"

    @property
    def is_notebook(self) -> bool:
        """Whether it runs a notebook, and not a gateway."""
        return self.family.endswith("-notebook")


@dataclass(frozen=True)
class Server:
    """A row of the table `servers`."""

    id: str
    notebook_id: str
    account_id: str
    state: str
    task_arn: str | None
    is_in_sweeps: bool
    lease_expires_at: int | None

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.state in LIVE_STATES


@dataclass(frozen=True)
class Notebook:
    """A row of the table `notebooks`."""

    id: str
    account_id: str
    state: str
    server_id: str | None
    is_deleted: bool

    @property
    def host(self) -> str:
        """The first label of its host name, which is its key in `routes`."""
        return self.id.replace("_", "-")

    @property
    def is_up(self) -> bool:
        """Whether it claims to have a server."""
        return self.state in LIVE_STATES


@dataclass(frozen=True)
class Route:
    """A row of the table `routes`."""

    host: str
    notebook_id: str
    state: str
    target: str | None
    server_id: str | None


@dataclass(frozen=True)
class Slots:
    """A row of the table `slots`: the servers that count against an account's plan."""

    account_id: str
    server_ids: frozenset[str]


@dataclass(frozen=True)
class World:
    """All of it, read at about the same moment."""

    now: int
    tasks: dict[str, Task] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    notebooks: dict[str, Notebook] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    slots: dict[str, Slots] = field(default_factory=dict)

    def live_server(self, server_id: str | None) -> Server | None:
        """The server of that id, unless it has ended or never was."""
        server = self.servers.get(server_id or "")
        return server if server and server.is_live else None

    def running_task(self, task_arn: str | None) -> Task | None:
        """The task of that ARN, unless it is over."""
        task = self.tasks.get(task_arn or "")
        return task if task and not task.is_over else None
