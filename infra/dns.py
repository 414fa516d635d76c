"""Names of the site and of notebooks, if the zone is Route 53's."""

from infra.cloudformation import Json, Resources, att, ref, resource, sub

_CLOUDFRONT = {"Fn::FindInMap": ["CloudFrontPolicies", "HostedZone", "Id"]}
"""The zone of all distributions."""


def resources() -> Resources:
    """The records; none without a zone."""
    site = {"DNSName": att("Distribution", "DomainName"), "HostedZoneId": _CLOUDFRONT}
    notebooks = {
        "DNSName": att("LoadBalancer", "DNSName"),
        "HostedZoneId": att("LoadBalancer", "CanonicalHostedZoneID"),
    }
    return {
        "AppRecord": _alias(ref("AppDomain"), "A", site),
        "AppRecordV6": _alias(ref("AppDomain"), "AAAA", site),
        "NotebookRecord": _alias(sub("*.notebooks.${AppDomain}"), "A", notebooks),
    }


def _alias(name: Json, kind: str, target: Json) -> Json:
    properties = {
        "HostedZoneId": ref("HostedZoneId"),
        "Name": name,
        "Type": kind,
        "AliasTarget": target,
    }
    return resource("AWS::Route53::RecordSet", properties, Condition="WithDns")
