"""Routes by which the agent of a notebook has clusters, for its notebook alone."""

from chalicelib.clusters import agent_schemas, rights, schemas
from chalicelib.clusters import service as clusters
from chalicelib.core.http import Api, Call
from chalicelib.notebooks.callers import place_of, server_of
from chalicelib.storage.schemas import Done

api = Api("agent clusters", may=rights.SERVE)


@api.post(
    "/agent/clusters",
    access="agent",
    body=agent_schemas.CreateCluster,
    returns=schemas.Cluster,
    status=201,
)
def create_cluster(call: Call, body: agent_schemas.CreateCluster) -> schemas.Cluster:
    """Start a cluster."""
    return clusters.view(clusters.create(place_of(server_of(call)), body))


@api.get("/agent/clusters", access="agent", returns=schemas.Clusters, query=("name",))
def list_own_clusters(call: Call) -> schemas.Clusters:
    """List the notebook's clusters: those that live, and those that ended within a day."""
    found = clusters.recent(server_of(call).notebook_id, call.query.get("name"))
    return schemas.Clusters(clusters.views(found))


@api.get("/agent/clusters/{cluster_id}", access="agent", returns=schemas.Cluster)
def read_own_cluster(call: Call, cluster_id: str) -> schemas.Cluster:
    """Read a cluster of the notebook."""
    return clusters.view(clusters.of_notebook(server_of(call).notebook_id, cluster_id))


@api.post(
    "/agent/clusters/{cluster_id}/scale",
    access="agent",
    body=agent_schemas.Scale,
    returns=schemas.Cluster,
)
def scale_cluster(call: Call, cluster_id: str, body: agent_schemas.Scale) -> schemas.Cluster:
    """Change how many workers there shall be."""
    cluster = clusters.of_notebook(server_of(call).notebook_id, cluster_id)
    return clusters.view(clusters.scale(cluster, body.workers, body.retire))


@api.post(
    "/agent/clusters/{cluster_id}/stop",
    access="agent",
    body=agent_schemas.CloseCluster,
    returns=schemas.Cluster,
)
def close_cluster(call: Call, cluster_id: str, body: agent_schemas.CloseCluster) -> schemas.Cluster:
    """End a cluster that code has closed or a person has stopped; nothing is saved."""
    cluster = clusters.of_notebook(server_of(call).notebook_id, cluster_id)
    ended = clusters.stop(cluster) if body.by_person else clusters.close(cluster, body.message)
    return clusters.view(ended)


@api.post(
    "/agent/clusters/{cluster_id}/report",
    access="agent",
    body=agent_schemas.ClusterReport,
    returns=agent_schemas.ReportAnswer,
)
def report_cluster(
    call: Call, cluster_id: str, body: agent_schemas.ClusterReport
) -> agent_schemas.ReportAnswer:
    """Tell how a cluster is doing; it is stopped when nobody does."""
    cluster = clusters.of_notebook(server_of(call).notebook_id, cluster_id)
    return clusters.report(cluster, body)


@api.post(
    "/agent/clusters/{cluster_id}/saved",
    access="agent",
    body=agent_schemas.SavedResults,
    returns=Done,
)
def note_saved(call: Call, cluster_id: str, body: agent_schemas.SavedResults) -> Done:
    """Tell that finished results are saved; the stop goes on."""
    cluster = clusters.of_notebook(server_of(call).notebook_id, cluster_id)
    clusters.note_saved(cluster, body.results, body.bytes)
    return Done()


@api.post(
    "/agent/clusters/{cluster_id}/environment",
    access="agent",
    body=agent_schemas.Environment,
    returns=schemas.Cluster,
)
def set_environment(
    call: Call, cluster_id: str, body: agent_schemas.Environment
) -> schemas.Cluster:
    """Give workers that start from now on another environment."""
    cluster = clusters.of_notebook(server_of(call).notebook_id, cluster_id)
    return clusters.view(clusters.set_environment(cluster, body))


@api.get(
    "/agent/clusters/{cluster_id}/logs",
    access="agent",
    returns=schemas.LogPage,
    query=("worker", "cursor"),
)
def read_own_logs(call: Call, cluster_id: str) -> schemas.LogPage:
    """Read the newest lines that a worker has written; without `worker`, those of every worker."""
    cluster = clusters.of_notebook(server_of(call).notebook_id, cluster_id)
    return clusters.log_of(cluster, call.query.get("worker"), call.query.get("cursor"))
