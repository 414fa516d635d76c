"""Tables of clusters."""

from pynamodb.attributes import BooleanAttribute, MapAttribute, UnicodeSetAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import (
    Instant,
    Integer,
    MaybeInstant,
    MaybeInteger,
    MaybeMoney,
    MaybeText,
    Text,
)


class ClustersOfAccount(GlobalSecondaryIndex["Cluster"]):
    """Clusters of one account, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_account`."""

        index_name = "by_account"
        projection = AllProjection()

    account_id = Text(hash_key=True)
    id = Text(range_key=True)


class ClustersOfNotebook(GlobalSecondaryIndex["Cluster"]):
    """Clusters of one notebook, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_notebook`."""

        index_name = "by_notebook"
        projection = AllProjection()

    notebook_id = Text(hash_key=True)
    id = Text(range_key=True)


class LiveClustersOfAccount(GlobalSecondaryIndex["Cluster"]):
    """Live clusters of one account, oldest first: what pages ask for again and again."""

    class Meta(db.BaseMeta):
        """Index `by_live_account`."""

        index_name = "by_live_account"
        projection = AllProjection()

    live_account_id = Text(hash_key=True)
    id = Text(range_key=True)


class LiveClusters(GlobalSecondaryIndex["Cluster"]):
    """Every live cluster."""

    class Meta(db.BaseMeta):
        """Index `by_live`."""

        index_name = "by_live"
        projection = AllProjection()

    live = Text(hash_key=True)
    id = Text(range_key=True)


class Cluster(Model):
    """Workers beside one server of a notebook, with a name, a price and perhaps a budget.

    `state`, `wanted`, `members` and `unmade` change only in `lifecycle.py`, and where a member ends
    or is replaced: `wanted` workers were asked for, `members` are there and shall stay, `unmade`
    are still to be made. `lost` were members and ended against anybody's wish, `replaced` of such
    were made anew (`replacing.py`). `fell_back` is set once spare computers could not be had.
    `join_by` is the second by which a worker must have joined. `unclaimed_since` is the second
    since which no client was there. `live_account_id` and `live`, which names the shard of the
    sweeps' index, are there from admission to end.
    """

    class Meta(db.BaseMeta):
        """Table `clusters`."""

        table_name = db.table("clusters")

    id = Text(hash_key=True)
    account_id = Text()
    notebook_id = Text()
    notebook_name = Text()
    server_id = Text()
    name = Text()
    vcpu = Integer()
    memory_gib = Integer()
    gpu = Integer()
    purchase = Text()
    budget = MaybeMoney()
    idle_minutes = Integer()
    detached = BooleanAttribute(default=False)
    dashboard_url = MaybeText()

    python = Text()
    lock_sha256 = MaybeText()
    modules_sha256 = MaybeText()

    state = Text()
    state_since = Instant()
    created_at = Instant()
    started_at = MaybeInstant()
    stopped_at = MaybeInstant()
    wanted = Integer()
    members = Integer(default=0)
    unmade = Integer()
    lost = Integer(default=0)
    replaced = Integer(default=0)
    fell_back = BooleanAttribute(default=False)
    waiting_since = MaybeInstant()
    join_by = MaybeInteger()

    reported_at = MaybeInstant()
    lease_expires_at = MaybeInteger()
    clients = MaybeInteger()
    unclaimed_since = MaybeInteger()
    last_active_at = MaybeInstant()
    tasks: MapAttribute[str, int] = MapAttribute(null=True)
    problem_code = MaybeText()
    problem_message = MaybeText()

    stop_reason = MaybeText()
    stop_message = MaybeText()
    drain_token = MaybeText()
    saved_results = MaybeInteger()
    saved_bytes = MaybeInteger()
    spent = MaybeMoney()
    live = MaybeText()
    live_account_id = MaybeText()

    by_account = ClustersOfAccount()
    by_live_account = LiveClustersOfAccount()
    by_notebook = ClustersOfNotebook()
    by_live = LiveClusters()


class ClusterName(Model):
    """The name of a live cluster: `key` is `<notebook>/<name>`, so that a notebook has it once."""

    class Meta(db.BaseMeta):
        """Table `cluster_names`."""

        table_name = db.table("cluster_names")

    key = Text(hash_key=True)
    cluster_id = Text()


class ClusterSlots(Model):
    """How many processors an account's live clusters want; the plan bounds them."""

    class Meta(db.BaseMeta):
        """Table `cluster_slots`."""

        table_name = db.table("cluster_slots")

    account_id = Text(hash_key=True)
    vcpus = Integer(default=0)


class ClusterKeys(Model):
    """Where a live cluster's scheduler listens, and its TLS certificate and key; then deleted."""

    class Meta(db.BaseMeta):
        """Table `cluster_keys`."""

        table_name = db.table("cluster_keys")

    cluster_id = Text(hash_key=True)
    address = Text()
    ca = Text()
    certificate = Text()
    key = Text()


class WorkersOfCluster(GlobalSecondaryIndex["Worker"]):
    """Workers of one cluster, oldest first."""

    class Meta(db.BaseMeta):
        """Index `by_cluster`."""

        index_name = "by_cluster"
        projection = AllProjection()

    cluster_id = Text(hash_key=True)
    id = Text(range_key=True)


class LiveWorkers(GlobalSecondaryIndex["Worker"]):
    """Workers of one cluster that have not ended."""

    class Meta(db.BaseMeta):
        """Index `by_live_cluster`."""

        index_name = "by_live_cluster"
        projection = AllProjection()

    live_cluster_id = Text(hash_key=True)
    id = Text(range_key=True)


class Worker(Model):
    """One worker: one job of Batch, named by its id, with one attempt after the other.

    The maps hold what is known of each attempt, by its number: the milliseconds since 1970 at which
    Batch started and stopped it, at which its cluster's scheduler was first said to have it, and
    its log stream. Numbers are Batch's. `free` has the numbers of those that are not charged,
    because the service or AWS failed. `ordered_at` is the millisecond at which a job of it last got
    its orders, `met_at` that at which the scheduler was said to have it while Batch had not told
    of a start yet. `leaving` says why it is to end; until then it counts among its cluster's
    members. `submitted_at` is when a job was last asked for, `job_id` is that job,
    `unknown_since` when Batch first said that it does not know it. `digest` is the SHA-256 of the
    job's token.
    """

    class Meta(db.BaseMeta):
        """Table `workers`."""

        table_name = db.table("workers")

    id = Text(hash_key=True)
    cluster_id = Text()
    account_id = Text()
    kind = Text()
    requested_at = Instant()
    submitted_at = MaybeInstant()
    digest = MaybeText()
    job_id = MaybeText()
    unknown_since = MaybeInstant()

    started: MapAttribute[str, int] = MapAttribute(default=dict)
    joined: MapAttribute[str, int] = MapAttribute(default=dict)
    stopped: MapAttribute[str, int] = MapAttribute(default=dict)
    streams: MapAttribute[str, str] = MapAttribute(default=dict)
    free = UnicodeSetAttribute(null=True)
    ordered_at = MaybeInteger()
    met_at = MaybeInteger()

    leaving = MaybeText()
    leaving_message = MaybeText()
    ended_at = MaybeInstant()
    end_reason = MaybeText()
    end_message = MaybeText()
    live_cluster_id = MaybeText()

    by_cluster = WorkersOfCluster()
    by_live_cluster = LiveWorkers()


class Pool(Model):
    """An account's compute environment and queue of one kind: `id` is `<account>/<kind>`."""

    class Meta(db.BaseMeta):
        """Table `cluster_pools`."""

        table_name = db.table("cluster_pools")

    id = Text(hash_key=True)
    account_id = Text()
    kind = Text()
    state = Text()
    made_at = Instant()
    last_used_at = Instant()
