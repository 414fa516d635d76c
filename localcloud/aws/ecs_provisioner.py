"""CloudFormation's AWS::ECS::* resources, provisioned in our ECS instead of ministack's."""

from ministack.services.cloudformation import provisioners

from localcloud.aws.provisioning import Caller, Properties, Provisioned, handlers, request_of
from localcloud.ecs.model import MODEL
from localcloud.ecs.names import last_part
from localcloud.ecs.wire import Wire


class EcsProvisioner:
    """Handlers in ministack's form; it calls them on the loop, for nested stacks in a thread."""

    def __init__(self, wire: Wire) -> None:
        """Must be called on the loop that ECS runs on."""
        self._call = Caller(wire.call)

    def install(self) -> None:
        """Take the place of ministack's own handlers."""
        provisioners._RESOURCE_HANDLERS.update(
            {
                "AWS::ECS::Cluster": handlers(
                    self.create_cluster, self.update_cluster, self.delete_cluster
                ),
                "AWS::ECS::TaskDefinition": handlers(
                    self.create_definition, self.update_definition, self.delete_definition
                ),
                "AWS::ECS::Service": handlers(
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


def _request(operation: str, props: Properties) -> Properties:
    return request_of(MODEL, operation, props)
