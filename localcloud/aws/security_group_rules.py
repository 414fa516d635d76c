"""CloudFormation's AWS::EC2::SecurityGroupIngress and -Egress, which ministack does not know."""

from uuid import uuid4

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from localcloud.aws.provisioning import Properties, Provisioned, handlers

KINDS = {
    "AWS::EC2::SecurityGroupIngress": "IpPermissions",
    "AWS::EC2::SecurityGroupEgress": "IpPermissionsEgress",
}
"""Where ministack keeps the rules of a group."""


class RuleProvisioner:
    """Handlers of one of the two types, in ministack's form."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def create(self, _logical_id: str, props: Properties, _stack: str) -> Provisioned:
        """A rule of a group; raises KeyError if there is no such group."""
        self._rules(props).extend(provisioners._ec2_sg_permissions([props]))
        rule_id = f"sgr-{uuid4().hex[:17]}"
        return rule_id, {"Id": rule_id}

    def update(self, _physical_id: str, old: Properties, new: Properties, *_: str) -> Provisioned:
        """Any change is a new rule in place of the old one."""
        made = self.create("", new, "")
        self.delete("", old)
        return made

    def delete(self, _physical_id: str, props: Properties) -> None:
        """Take the rule away; nothing happens if its group is gone."""
        if props["GroupId"] not in ec2._security_groups:
            return
        rules = self._rules(props)
        for gone in provisioners._ec2_sg_permissions([props]):
            if gone in rules:
                rules.remove(gone)

    def _rules(self, props: Properties) -> list[Properties]:
        group = ec2._security_groups[props["GroupId"]]
        rules: list[Properties] = group.setdefault(KINDS[self._kind], [])
        return rules


def install() -> None:
    """Make ministack know the two types."""
    for kind in KINDS:
        rule = RuleProvisioner(kind)
        provisioners._RESOURCE_HANDLERS[kind] = handlers(rule.create, rule.update, rule.delete)
