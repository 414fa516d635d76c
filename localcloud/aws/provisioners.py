"""CloudFormation's AWS::ECS::* resources, provisioned in our ECS instead of ministack's."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

from localcloud.ecs.model import MODEL
from localcloud.ecs.names import last_part
from localcloud.ecs.wire import Wire

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, str]]


class EcsProvisioner:
    """Handlers in ministack's form; it calls them on the loop, for nested stacks in a thread."""

    def __init__(self, wire: Wire) -> None:
        """Must be called on the loop that ECS runs on."""
        self._wire = wire
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()

    def install(self) -> None:
        """Take the place of ministack's own handlers."""
        provisioners._RESOURCE_HANDLERS.update(
            {
                "AWS::ECS::Cluster": _handlers(
                    self.create_cluster, self.update_cluster, self.delete_cluster
                ),
                "AWS::ECS::TaskDefinition": _handlers(
                    self.create_definition, self.update_definition, self.delete_definition
                ),
                "AWS::ECS::Service": _handlers(
                    self.create_service, self.update_service, self.delete_service
                ),
            }
        )

    def create_cluster(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        """A cluster; its id is its name."""
        name = props.get("ClusterName", f"{stack}-{logical_id}")
        request = _request("CreateCluster", props) | {"clusterName": name}
        cluster = self._call("CreateCluster", request)["cluster"]
        return name, {"Arn": cluster["clusterArn"], "ClusterName": name}

    def update_cluster(
        self, physical_id: str, _old: Properties, new: Properties, stack: str, logical_id: str = ""
    ) -> Provisioned:
        """Only the name matters here, and a new name is a new cluster."""
        return self.create_cluster(logical_id or physical_id, new, stack)

    def delete_cluster(self, physical_id: str, _props: Properties) -> None:
        """The cluster goes once its tasks have been told to stop."""
        self._call("DeleteCluster", {"cluster": physical_id})

    def create_definition(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        """The next revision of the family; its id is its ARN."""
        family = props.get("Family", f"{stack}-{logical_id}")
        request = _request("RegisterTaskDefinition", props) | {"family": family}
        definition = self._call("RegisterTaskDefinition", request)["taskDefinition"]
        arn = definition["taskDefinitionArn"]
        return arn, {"TaskDefinitionArn": arn}

    def update_definition(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str = ""
    ) -> Provisioned:
        """Any change is a new revision in place of the old one."""
        made = self.create_definition(logical_id or physical_id, new, stack)
        self.delete_definition(physical_id, old)
        return made

    def delete_definition(self, physical_id: str, _props: Properties) -> None:
        """Deregister the revision."""
        self._call("DeregisterTaskDefinition", {"taskDefinition": physical_id})

    def create_service(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        """A service; its id is its ARN."""
        name = props.get("ServiceName", f"{stack}-{logical_id}")
        request = _request("CreateService", props) | {"serviceName": name}
        service = self._call("CreateService", request)["service"]
        return service["serviceArn"], {"ServiceArn": service["serviceArn"], "Name": name}

    def update_service(
        self, physical_id: str, _old: Properties, new: Properties, *_: str
    ) -> Provisioned:
        """Count, task definition and network are updated in place."""
        request = _request("UpdateService", new) | {"service": physical_id}
        service = self._call("UpdateService", request)["service"]
        return physical_id, {"ServiceArn": physical_id, "Name": service["serviceName"]}

    def delete_service(self, physical_id: str, _props: Properties) -> None:
        """Its tasks are stopped."""
        cluster = last_part(physical_id.rpartition("/")[0])
        request = {"cluster": cluster, "service": physical_id, "force": True}
        self._call("DeleteService", request)

    def _call(self, operation: str, request: Properties) -> Properties:
        if threading.get_ident() == self._loop_thread:
            return self._wire.call(operation, request)

        async def call() -> Properties:
            return self._wire.call(operation, request)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()


def _handlers(
    create: Callable[..., Provisioned],
    update: Callable[..., Provisioned],
    delete: Callable[..., None],
) -> dict[str, Any]:
    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _request(operation: str, props: Properties) -> Properties:
    """The properties which the operation knows, in its own spelling and types."""
    request: Properties = _convert(props, MODEL.input_shape(operation))
    if "tags" in request:  # without CloudFormation's own, which the API takes from nobody else
        request["tags"] = [tag for tag in request["tags"] if not tag["key"].startswith("aws:")]
    return request


def _convert(value: Any, shape: Any) -> Any:
    """CloudFormation's `Name` is the API's `name`; numbers may arrive as text."""
    if shape.type_name == "structure":
        by_name = {name.lower(): (name, member) for name, member in shape.members.items()}
        known = [
            (by_name[key.lower()], each) for key, each in value.items() if key.lower() in by_name
        ]
        return {name: _convert(each, member) for (name, member), each in known}
    if shape.type_name == "list":
        return [_convert(each, shape.member) for each in value]
    if shape.type_name == "map":
        return {key: _convert(each, shape.value) for key, each in value.items()}
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name == "boolean":
        return value in (True, "true")
    return str(value)
