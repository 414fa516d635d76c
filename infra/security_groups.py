"""Who may call whom, and where notebooks and workers may go."""

from infra.cloudformation import Json, Resources, att, named, ref, resource

_WEB = (
    "0.0.0.0/5",
    "8.0.0.0/7",
    "11.0.0.0/8",
    "12.0.0.0/6",
    "16.0.0.0/4",
    "32.0.0.0/3",
    "64.0.0.0/2",
    "128.0.0.0/1",
)
"""Every address outside 10.0.0.0/8."""

_UNPRIVILEGED = (1024, 65535)
"""Ports of what workers listen at: Dask picks them."""

_SCHEDULERS = (8700, 8799)
"""Ports of schedulers, beside notebooks."""

_WORKERS = "WorkerGroup"
_NOTEBOOKS = "NotebookGroup"


def resources() -> Resources:
    """The groups, and the rules between notebooks and workers, which name each other."""
    return {
        "LoadBalancerGroup": _load_balancer(),
        "GatewayGroup": _gateways(),
        _NOTEBOOKS: _notebooks(),
        _WORKERS: _workers(),
        "WorkersFromWorkers": _may_be_called(
            _WORKERS, by=_WORKERS, ports=_UNPRIVILEGED, what="Workers of the same cluster"
        ),
        "WorkersToWorkers": _may_call(
            _WORKERS, _WORKERS, ports=_UNPRIVILEGED, what="Workers of the same cluster"
        ),
        "WorkersFromSchedulers": _may_be_called(
            _WORKERS, by=_NOTEBOOKS, ports=_UNPRIVILEGED, what="Schedulers, beside notebooks"
        ),
        "SchedulersToWorkers": _may_call(
            _NOTEBOOKS, _WORKERS, ports=_UNPRIVILEGED, what="Workers of the notebook's clusters"
        ),
        "SchedulersFromWorkers": _may_be_called(
            _NOTEBOOKS, by=_WORKERS, ports=_SCHEDULERS, what="Workers of the notebook's clusters"
        ),
        "WorkersToSchedulers": _may_call(
            _WORKERS, _NOTEBOOKS, ports=_SCHEDULERS, what="Schedulers, beside notebooks"
        ),
    }


def _load_balancer() -> Json:
    return _group(
        "load-balancer",
        "The load balancer: anybody may call, it calls gateways only",
        ingress=[
            _open_to("0.0.0.0/0", 443, "HTTPS"),
            _open_to("0.0.0.0/0", 80, "HTTP, redirected to HTTPS"),
        ],
        egress=[_open_to("10.64.0.0/23", 8000, "Gateways")],
    )


def _gateways() -> Json:
    return _group(
        "gateway",
        "Gateways: called by the load balancer, they call notebooks and AWS",
        ingress=[_open_to_group("LoadBalancerGroup", 8000, "The load balancer")],
        egress=[
            _open_to("10.64.64.0/18", 8888, "Notebooks"),
            _open_to("0.0.0.0/0", 443, "DynamoDB, the registry, logs"),
        ],
    )


def _notebooks() -> Json:
    return _group(
        "notebook",
        "Notebooks: called by gateways, they call the web and nothing in the VPC",
        ingress=[_open_to_group("GatewayGroup", 8888, "Gateways")],
        egress=[_web(block, port, port) for port in (443, 80) for block in _WEB],
        about="Egress lists every address outside 10.0.0.0/8, so that nothing in the VPC can be "
        "called from a notebook. Its resolver (DNS) is not subject to security groups.",
    )


def _workers() -> Json:
    return _group(
        "worker",
        "Workers: called by schedulers and each other, they call those and the web",
        ingress=[],
        egress=[_web(block, 80, 443) for block in _WEB],
        about="Hosts of workers. They call the web, the schedulers of notebooks, and each other; "
        "which cluster a worker belongs to is decided by TLS certificates, not here. Egress to the "
        "web lists every address outside 10.0.0.0/8, as for notebooks, but for the link-local "
        "ones: no worker gets at a host's credentials.",
    )


def _group(
    name: str, what: str, *, ingress: list[Json], egress: list[Json], about: str | None = None
) -> Json:
    properties = {
        "GroupDescription": what,
        "VpcId": ref("Vpc"),
        "SecurityGroupIngress": ingress,
        "SecurityGroupEgress": egress,
        "Tags": named(name),
    }
    return resource("AWS::EC2::SecurityGroup", properties, about=about)


def _tcp(first: int, last: int) -> Json:
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last}


def _web(block: str, first: int, last: int) -> Json:
    return {"CidrIp": block, **_tcp(first, last)}


def _open_to(block: str, port: int, what: str) -> Json:
    return {"CidrIp": block, **_tcp(port, port), "Description": what}


def _open_to_group(group: str, port: int, what: str) -> Json:
    source = {"SourceSecurityGroupId": att(group, "GroupId")}
    return {**_tcp(port, port), **source, "Description": what}


def _may_be_called(group: str, *, by: str, ports: tuple[int, int], what: str) -> Json:
    other = {"SourceSecurityGroupId": att(by, "GroupId")}
    return _rule("AWS::EC2::SecurityGroupIngress", group, ports, {**other, "Description": what})


def _may_call(group: str, other: str, *, ports: tuple[int, int], what: str) -> Json:
    target = {"DestinationSecurityGroupId": att(other, "GroupId")}
    return _rule("AWS::EC2::SecurityGroupEgress", group, ports, {**target, "Description": what})


def _rule(kind: str, group: str, ports: tuple[int, int], more: Json) -> Json:
    return resource(kind, {"GroupId": att(group, "GroupId"), **_tcp(*ports), **more})
