"""Routes of clusters, for people and their programs."""

from chalicelib.clusters import rights, schemas, service, views
from chalicelib.core import pages
from chalicelib.core.errors import Invalid
from chalicelib.core.http import Api, Call

api = Api("clusters", may=rights.SERVE)

_PAGE = 50


@api.get(
    "/clusters",
    returns=schemas.ClusterPage,
    scope="clusters:read",
    query=("state", "notebook_id", "cursor", "limit"),
)
def list_clusters(call: Call) -> schemas.ClusterPage:
    """List clusters, newest first; `state` is `live` or `all`."""
    state = call.query.get("state", "all")
    if state not in ("live", "all"):
        raise Invalid("state must be live or all.", field="state")
    found, cursor = service.listing(
        call.account_id,
        notebook_id=call.query.get("notebook_id"),
        is_live=state == "live",
        limit=call.limit(_PAGE, pages.MAX_PAGE),
        cursor=call.query.get("cursor"),
    )
    return schemas.ClusterPage(views.clusters(found), cursor)


@api.get("/clusters/{cluster_id}", returns=schemas.Cluster, scope="clusters:read")
def read_cluster(call: Call, cluster_id: str) -> schemas.Cluster:
    """Read a cluster."""
    return views.cluster(service.read(call.account_id, cluster_id))


@api.post("/clusters/{cluster_id}/stop", returns=schemas.Cluster, scope="clusters:write")
def stop_cluster(call: Call, cluster_id: str) -> schemas.Cluster:
    """Stop a cluster; unfinished tasks are lost."""
    return views.cluster(service.stop(service.read(call.account_id, cluster_id)))


@api.get(
    "/clusters/{cluster_id}/workers",
    returns=schemas.WorkerPage,
    scope="clusters:read",
    query=("cursor", "limit"),
)
def list_workers(call: Call, cluster_id: str) -> schemas.WorkerPage:
    """List the workers of a cluster, newest first."""
    found, cursor = service.workers(
        service.read(call.account_id, cluster_id),
        limit=call.limit(_PAGE, pages.MAX_PAGE),
        cursor=call.query.get("cursor"),
    )
    return schemas.WorkerPage(views.workers(found), cursor)


@api.get("/clusters/{cluster_id}/history", returns=schemas.History, scope="clusters:read")
def read_history(call: Call, cluster_id: str) -> schemas.History:
    """Read how many workers were charged over time."""
    return views.history(service.every_worker(service.read(call.account_id, cluster_id)))


@api.get(
    "/clusters/{cluster_id}/logs",
    returns=schemas.LogPage,
    scope="clusters:read",
    query=("worker", "cursor"),
)
def read_logs(call: Call, cluster_id: str) -> schemas.LogPage:
    """Read the newest lines that a worker has written; without `worker`, those of every worker."""
    cluster = service.read(call.account_id, cluster_id)
    return service.log_of(cluster, call.query.get("worker"), call.query.get("cursor"))
