"""CloudFormation's AWS::Batch::JobDefinition, provisioned in our Batch.

The service makes compute environments and queues itself, so stacks have none.
"""

from ministack.services.cloudformation import provisioners

from localcloud.aws.provisioning import Caller, Properties, Provisioned, handlers, request_of
from localcloud.batch.model import MODEL
from localcloud.batch.wire import Wire


class BatchProvisioner:
    """Handlers in ministack's form."""

    def __init__(self, wire: Wire) -> None:
        """Must be called on the loop that Batch runs on."""
        self._call = Caller(wire.call)

    def install(self) -> None:
        """Make ministack know the resource."""
        provisioners._RESOURCE_HANDLERS["AWS::Batch::JobDefinition"] = handlers(
            self.create, self.update, self.delete
        )

    def create(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        """The next revision of the name; its id is its ARN."""
        name = props.get("JobDefinitionName", f"{stack}-{logical_id}")
        request = request_of(MODEL, "RegisterJobDefinition", props) | {"jobDefinitionName": name}
        arn = self._call("RegisterJobDefinition", request)["jobDefinitionArn"]
        return arn, {"JobDefinitionArn": arn}

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str = ""
    ) -> Provisioned:
        """Any change is a new revision in place of the old one."""
        made = self.create(logical_id or physical_id, new, stack)
        self.delete(physical_id, old)
        return made

    def delete(self, physical_id: str, _props: Properties) -> None:
        """Deregister the revision."""
        self._call("DeregisterJobDefinition", {"jobDefinition": physical_id})
