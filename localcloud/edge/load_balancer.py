"""Finds the gateways, as the load balancer in front of an ECS service does."""

import itertools

from localcloud.api_model import Record
from localcloud.ecs.store import Store

Target = tuple[str, int]
"""Address and port."""


class LoadBalancer:
    """Hands out the running tasks of services that are behind a load balancer, in turns."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = itertools.count()

    def target(self) -> Target | None:
        """Where to send the next connection; None if no gateway runs."""
        targets = self._targets()
        return targets[next(self._turn) % len(targets)] if targets else None

    def _targets(self) -> list[Target]:
        ports = {
            (service["clusterArn"], service["serviceName"]): _port(service)
            for service in self._store.services.values()
            if service["status"] == "ACTIVE" and service.get("loadBalancers")
        }
        return [
            (task.address, ports[key])
            for task in self._store.tasks.values()
            if task.record["lastStatus"] == "RUNNING"
            and task.address
            and (key := (task.record["clusterArn"], task.service or "")) in ports
        ]


def _port(service: Record) -> int:
    port: int = service["loadBalancers"][0]["containerPort"]
    return port
