"""Ways to the internet: who needs one, and what must be there first."""

from collections.abc import Iterator
from typing import Any

from ops.checks.behaviour.template import Template

_ANYWHERE = "0.0.0.0/0"


def internet_facing_waits_for_its_routes(template: Template) -> Iterator[str]:
    """What faces the internet is made after the gateway's attachment and its subnets' routes.

    Otherwise EC2 refuses it ("VPC … has no internet gateway", InvalidSubnet) whenever
    CloudFormation happens to be faster (its guide, "DependsOn attribute").
    """
    for name, subnets in _internet_facing(template):
        missing = _ways_out(template, subnets) - template.waits_for(name)
        for needed in sorted(missing):
            yield f"{name} faces the internet and may be made before {needed}: add it to DependsOn."


def hosts_reach_aws(template: Template) -> Iterator[str]:
    """Every subnet of Batch's hosts gives them a way to the internet, where ECS's endpoint is.

    Hosts get a public address only from their subnet (Batch user guide, "Compute environment
    parameters", `subnets`); without one, a NAT gateway must route for them. Else jobs stay
    RUNNABLE while their hosts are paid for.
    """
    for name in sorted(_host_subnets(template)):
        routes = [template.resources[route]["Properties"] for route in _routes(template, name)]
        by_nat = any("NatGatewayId" in route for route in routes)
        by_address = any("GatewayId" in route for route in routes)
        is_public = template.resources[name]["Properties"].get("MapPublicIpOnLaunch") is True
        if not by_nat and not (by_address and is_public):
            yield (
                f"{name} gives hosts no way to AWS: set MapPublicIpOnLaunch and a route to the "
                "internet gateway, or route to a NAT gateway."
            )


def _internet_facing(template: Template) -> Iterator[tuple[str, set[str]]]:
    """What faces the internet, with its subnets."""
    for name, balancer in template.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer"):
        if balancer.get("Scheme", "internet-facing") == "internet-facing":
            yield name, template.named_by(balancer["Subnets"])
    for name, service in template.of_type("AWS::ECS::Service"):
        network: dict[str, Any] = service.get("NetworkConfiguration", {})
        network = network.get("AwsvpcConfiguration", {})
        if network.get("AssignPublicIp") == "ENABLED":
            yield name, template.named_by(network["Subnets"])
    for name, gateway in template.of_type("AWS::EC2::NatGateway"):
        yield name, template.named_by(gateway["SubnetId"])


def _ways_out(template: Template, subnets: set[str]) -> set[str]:
    """The attachments of the internet gateways, and how these subnets' routes lead there."""
    needed = {name for name, _ in template.of_type("AWS::EC2::VPCGatewayAttachment")}
    for subnet in subnets:
        needed |= set(_associations(template, subnet)) | set(_routes(template, subnet))
    return needed


def _associations(template: Template, subnet: str) -> Iterator[str]:
    for name, association in template.of_type("AWS::EC2::SubnetRouteTableAssociation"):
        if subnet in template.named_by(association["SubnetId"]):
            yield name


def _routes(template: Template, subnet: str) -> Iterator[str]:
    """The routes of a subnet's table that lead anywhere."""
    for association in _associations(template, subnet):
        table = template.resources[association]["Properties"]["RouteTableId"]
        for name, route in template.of_type("AWS::EC2::Route"):
            if route["RouteTableId"] == table and route["DestinationCidrBlock"] == _ANYWHERE:
                yield name


def _host_subnets(template: Template) -> set[str]:
    """The subnets in which the service makes compute environments: its setting RAMON_SUBNETS."""
    found: set[str] = set()
    for _, function in template.of_type("AWS::Lambda::Function"):
        variables = function.get("Environment", {}).get("Variables", {})
        found |= template.named_by(variables.get("RAMON_SUBNETS", ""))
    return found
