"""Everything that has to agree, as plain values. Times are seconds since 1970."""

from dataclasses import dataclass, field

LIVE_STATES = frozenset({"starting", "running", "stopping"})
"""States in which a notebook has a server, a server a slot, and a cluster a name."""


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
class Cluster:
    """A row of the table `clusters`."""

    id: str
    account_id: str
    notebook_id: str
    server_id: str
    name: str
    state: str
    is_in_sweeps: bool
    members: int
    vcpus: int
    lease_expires_at: int | None

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.state in LIVE_STATES


@dataclass(frozen=True)
class Worker:
    """A row of the table `workers`: one worker of a cluster."""

    id: str
    cluster_id: str
    job_id: str | None
    is_leaving: bool
    is_live: bool


@dataclass(frozen=True)
class Job:
    """A job of Batch that is not over."""

    id: str
    worker_id: str
    status: str


@dataclass(frozen=True)
class Pool:
    """A row of the table `cluster_pools`, and the name of its environment and queue."""

    id: str
    name: str
    state: str


@dataclass(frozen=True)
class OpenUse:
    """A use of a cluster's worker that has not been ended."""

    id: str

    @property
    def worker_id(self) -> str:
        """The worker whose attempt it is."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Batch:
    """Clusters, and everything that there is of them in AWS and in the tables.

    `names` and `keys` give the cluster of each row, `vcpus` what each account has taken.
    `environments` and `queues` are names.
    """

    clusters: dict[str, Cluster] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    open_uses: dict[str, OpenUse] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    vcpus: dict[str, int] = field(default_factory=dict)
    environments: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()

    def live_cluster(self, cluster_id: str) -> Cluster | None:
        """The cluster of that id, unless it has ended or never was."""
        cluster = self.clusters.get(cluster_id)
        return cluster if cluster and cluster.is_live else None

    def live_worker(self, worker_id: str) -> Worker | None:
        """The worker of that id, unless it has ended or never was."""
        worker = self.workers.get(worker_id)
        return worker if worker and worker.is_live else None


@dataclass(frozen=True)
class World:
    """All of it, read at about the same moment."""

    now: int
    tasks: dict[str, Task] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    notebooks: dict[str, Notebook] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    slots: dict[str, Slots] = field(default_factory=dict)
    batch: Batch = field(default_factory=Batch)

    def live_server(self, server_id: str | None) -> Server | None:
        """The server of that id, unless it has ended or never was."""
        server = self.servers.get(server_id or "")
        return server if server and server.is_live else None

    def running_task(self, task_arn: str | None) -> Task | None:
        """The task of that ARN, unless it is over."""
        task = self.tasks.get(task_arn or "")
        return task if task and not task.is_over else None
