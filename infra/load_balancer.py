"""The way to notebooks: a load balancer in front of the gateways."""

from infra.cloudformation import Json, Resources, att, ref, resource, staged, sub


def resources() -> Resources:
    """The load balancer, its targets, and its ports: 443, and 80, which leads there."""
    return {
        "LoadBalancer": resource(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            {
                "Name": sub("ramon-${Stage}"),
                "Type": "application",
                "Scheme": "internet-facing",
                "Subnets": [ref("FrontSubnetA"), ref("FrontSubnetB")],
                "SecurityGroups": [att("LoadBalancerGroup", "GroupId")],
                "LoadBalancerAttributes": [
                    _attribute("idle_timeout.timeout_seconds", "3600"),
                    _attribute("routing.http.drop_invalid_header_fields.enabled", "true"),
                    _attribute("routing.http.desync_mitigation_mode", "strictest"),
                ],
            },
            about="An hour of idle time, so that the WebSocket of a quiet kernel stays open. The "
            "gateway keeps its connections longer (gateway/lib/settings.js).",
            DependsOn=["FrontRouteToInternet", "FrontSubnetARoutes", "FrontSubnetBRoutes"],
        ),
        "GatewayTargets": resource("AWS::ElasticLoadBalancingV2::TargetGroup", _targets()),
        "HttpsListener": _listener(
            "HTTPS",
            443,
            {"Type": "forward", "TargetGroupArn": ref("GatewayTargets")},
            SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
            Certificates=[{"CertificateArn": ref("CertificateArn")}],
        ),
        "HttpListener": _listener(
            "HTTP",
            80,
            {
                "Type": "redirect",
                "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
            },
        ),
    }


def _targets() -> Json:
    return {
        "Name": staged("gateway"),
        "VpcId": ref("Vpc"),
        "TargetType": "ip",
        "Protocol": "HTTP",
        "Port": 8000,
        "HealthCheckPath": "/ramon-gateway/health",
        "HealthCheckIntervalSeconds": 10,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 3,
        "TargetGroupAttributes": [
            _attribute("deregistration_delay.timeout_seconds", "120"),
            _attribute("load_balancing.algorithm.type", "least_outstanding_requests"),
        ],
    }


def _listener(protocol: str, port: int, action: Json, **more: object) -> Json:
    properties = {
        "LoadBalancerArn": ref("LoadBalancer"),
        "Protocol": protocol,
        "Port": port,
        "DefaultActions": [action],
        **more,
    }
    return resource("AWS::ElasticLoadBalancingV2::Listener", properties)


def _attribute(key: str, value: str) -> Json:
    return {"Key": key, "Value": value}
