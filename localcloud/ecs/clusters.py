"""Operations on clusters."""

from localcloud.api_model import Record
from localcloud.ecs.errors import (
    ClusterHasServices,
    ClusterNotEmpty,
    ClusterNotFound,
    InvalidParameter,
)
from localcloud.ecs.names import last_part
from localcloud.ecs.store import Store, Task
from localcloud.ecs.tags import set_tags, tags_of
from localcloud.paging import page

DEFAULT = "default"


def create(store: Store, request: Record) -> Record:
    """CreateCluster: an ACTIVE cluster of that name is given back as it is."""
    name = request.get("clusterName", DEFAULT)
    cluster = store.clusters.get(name)
    if cluster is None or cluster["status"] != "ACTIVE":
        cluster = {
            "clusterArn": store.names.cluster(name),
            "clusterName": name,
            "status": "ACTIVE",
            "settings": request.get("settings", []),
            "capacityProviders": request.get("capacityProviders", []),
            "defaultCapacityProviderStrategy": request.get("defaultCapacityProviderStrategy", []),
        }
        store.clusters[name] = cluster
        set_tags(store, cluster["clusterArn"], request.get("tags", []))
    store.save_resources()
    return {"cluster": describe_one(store, cluster, with_tags=True)}


def describe(store: Store, request: Record) -> Record:
    """DescribeClusters."""
    include = request.get("include", [])
    clusters, failures = [], []
    for reference in request.get("clusters") or [DEFAULT]:
        cluster = store.clusters.get(last_part(reference))
        if cluster is None:
            arn = store.names.cluster(last_part(reference))
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            clusters.append(describe_one(store, cluster, with_tags="TAGS" in include))
    return {"clusters": clusters, "failures": failures}


def list_(store: Store, request: Record) -> Record:
    """ListClusters."""
    arns = [c["clusterArn"] for c in store.clusters.values() if c["status"] == "ACTIVE"]
    return page(arns, request, "clusterArns", InvalidParameter)


def delete(store: Store, request: Record) -> Record:
    """DeleteCluster: refused while it has tasks or services that nobody asked to stop."""
    cluster = find(store, request["cluster"])
    name = cluster["clusterName"]
    if any(service["status"] == "ACTIVE" for service in active_services(store, name)):
        raise ClusterHasServices("The Cluster cannot be deleted while Services are active.")
    if any(task.record["desiredStatus"] == "RUNNING" for task in tasks_in(store, name)):
        raise ClusterNotEmpty("The Cluster cannot be deleted while Tasks are active.")
    cluster["status"] = "INACTIVE"
    store.save_resources()
    return {"cluster": describe_one(store, cluster, with_tags=False)}


def find(store: Store, reference: str | None) -> Record:
    """The ACTIVE cluster of a name or ARN (default: `default`); raises ClusterNotFound."""
    cluster = store.clusters.get(last_part(reference or DEFAULT))
    if cluster is None or cluster["status"] != "ACTIVE":
        raise ClusterNotFound
    return cluster


def describe_one(store: Store, cluster: Record, *, with_tags: bool) -> Record:
    """A cluster's record with its counts."""
    tasks = [t.record["lastStatus"] for t in tasks_in(store, cluster["clusterName"])]
    services = active_services(store, cluster["clusterName"])
    return cluster | {
        "tags": tags_of(store, cluster["clusterArn"]) if with_tags else [],
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": tasks.count("RUNNING"),
        "pendingTasksCount": tasks.count("PENDING") + tasks.count("PROVISIONING"),
        "activeServicesCount": len(services),
    }


def tasks_in(store: Store, name: str) -> list[Task]:
    """The tasks of a cluster, stopped ones included."""
    arn = store.names.cluster(name)
    return [task for task in store.tasks.values() if task.record["clusterArn"] == arn]


def active_services(store: Store, name: str) -> list[Record]:
    """The services of a cluster that were not deleted."""
    arn = store.names.cluster(name)
    return [
        service
        for service in store.services.values()
        if service["clusterArn"] == arn and service["status"] != "INACTIVE"
    ]
