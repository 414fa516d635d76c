"""The network: who can reach whom. Two halves in two zones, and no NAT gateway.

Gateways and the load balancer are in the front subnets, notebooks and workers in the others. All
have public addresses, because those cost a tenth of a NAT gateway; security groups say who may
call (`infra/security_groups.py`).
"""

from infra.cloudformation import (
    Json,
    Resources,
    att,
    named,
    policy_document,
    ref,
    resource,
    sub,
)

ANYWHERE = "0.0.0.0/0"
NETWORK = "10.64.0.0/16"

FRONT = {"A": "10.64.0.0/24", "B": "10.64.1.0/24"}
"""Subnets of load balancer and gateways, by zone."""

NOTEBOOKS = {"A": "10.64.64.0/19", "B": "10.64.96.0/19"}
"""Subnets of notebooks and workers, by zone: 8,187 addresses each."""

_ZONES = ("A", "B")


def resources() -> Resources:
    """The VPC, its subnets and its ways out."""
    return {
        "Vpc": resource(
            "AWS::EC2::VPC",
            {
                "CidrBlock": NETWORK,
                "EnableDnsSupport": True,
                "EnableDnsHostnames": True,
                "Tags": named("vpc"),
            },
        ),
        "InternetGateway": resource("AWS::EC2::InternetGateway", {"Tags": named("internet")}),
        "InternetGatewayAttachment": resource(
            "AWS::EC2::VPCGatewayAttachment",
            {"VpcId": ref("Vpc"), "InternetGatewayId": ref("InternetGateway")},
        ),
        **_half("Front", FRONT, {}),
        **_half("Notebook", NOTEBOOKS, {"MapPublicIpOnLaunch": True}),
        **_endpoints(),
    }


def _half(name: str, blocks: dict[str, str], more: Json) -> Resources:
    """The subnets of one purpose, with a route table that leads to the internet."""
    routes = f"{name}Routes"
    made = {
        routes: resource(
            "AWS::EC2::RouteTable",
            {"VpcId": ref("Vpc"), "Tags": named(f"{name.lower()}-routes")},
        ),
        f"{name}RouteToInternet": resource(
            "AWS::EC2::Route",
            {
                "RouteTableId": ref(routes),
                "DestinationCidrBlock": ANYWHERE,
                "GatewayId": ref("InternetGateway"),
            },
            DependsOn="InternetGatewayAttachment",
        ),
    }
    for number, zone in enumerate(_ZONES):
        subnet = f"{name}Subnet{zone}"
        made[subnet] = _subnet(name, zone, number, {"CidrBlock": blocks[zone], **more})
        made[f"{subnet}Routes"] = resource(
            "AWS::EC2::SubnetRouteTableAssociation",
            {"SubnetId": ref(subnet), "RouteTableId": ref(routes)},
        )
    return made


def _subnet(name: str, zone: str, number: int, more: Json) -> Json:
    return resource(
        "AWS::EC2::Subnet",
        {
            "VpcId": ref("Vpc"),
            "AvailabilityZone": {"Fn::Select": [number, {"Fn::GetAZs": ""}]},
            "Tags": named(f"{name.lower()}-subnet-{zone.lower()}"),
            **more,
        },
    )


def _endpoints() -> Resources:
    read_routes = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "dynamodb:GetItem",
        "Resource": att("RoutesTable", "Arn"),
    }
    return {
        "S3Endpoint": _endpoint(
            "s3",
            {"RouteTableIds": [ref("NotebookRoutes"), ref("FrontRoutes")]},
            about="Free of charge, and snapshots stay on the provider's network. No endpoint "
            "policy: notebooks also read public data sets.",
        ),
        "DynamoDbEndpoint": _endpoint(
            "dynamodb",
            {
                "RouteTableIds": [ref("FrontRoutes")],
                "PolicyDocument": policy_document([read_routes]),
            },
            about="For the gateway's look-ups of routes; notebooks have no business in DynamoDB.",
        ),
    }


def _endpoint(service: str, more: Json, *, about: str) -> Json:
    properties = {
        "VpcId": ref("Vpc"),
        "VpcEndpointType": "Gateway",
        "ServiceName": sub("com.amazonaws.${AWS::Region}." + service),
        **more,
    }
    return resource("AWS::EC2::VPCEndpoint", properties, about=about)
