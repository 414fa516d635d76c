"""What a stage decides (`ops/stages/*.toml`), and what a deployment tells."""

from infra.cloudformation import Json, att, ref


def parameters() -> Json:
    """The parameters of the stack."""
    return {
        "Stage": _text(
            "Name of this deployment, part of every name in it",
            AllowedPattern="[a-z][a-z0-9]{1,9}",
        ),
        "AppDomain": _text(
            "Domain of the web application; notebooks live below notebooks.<AppDomain>"
        ),
        "AppOrigin": _text("Origin of the web application, without a trailing slash"),
        "NotebookOriginTemplate": _text("Origin of a notebook; {label} stands for its host label"),
        "ApiUrl": _text("Address of the API as notebooks reach it, without a trailing slash"),
        "UploadOrigin": _text(
            "Origin to which browsers put uploads, for the content security policy"
        ),
        "CertificateArn": _text("Certificate of *.notebooks.<AppDomain> in the stack's region"),
        "CloudFrontCertificateArn": _text("Certificate of <AppDomain> in us-east-1"),
        "HostedZoneId": _text(
            "Route 53 zone for the DNS records; empty: make them elsewhere, from the outputs",
            Default="",
        ),
        "WebAclArn": _text(
            "WAF web ACL (scope CLOUDFRONT) in front of site and API; empty: none", Default=""
        ),
        "GithubWebBase": _text("Where people sign in", Default="https://github.com"),
        "GithubApiBase": _text("GitHub's REST API", Default="https://api.github.com"),
        "NotebookImage": _text("Image of notebook tasks, best by digest"),
        "GatewayImage": _text("Image of the gateway, best by digest"),
        "GatewayCount": _number("Gateways to keep running", Default=2, MinValue=1),
        "PoolVcpus": _number(
            "Most processors of one account's computers of one kind, for clusters",
            Default=256,
            MinValue=1,
        ),
        "StripeApiBase": _text("Stripe's API", Default="https://api.stripe.com"),
        "LogRetentionDays": _number("Days to keep logs", Default=30),
        "DataDeletionPolicy": _text(
            "What becomes of tables, workspaces and secrets when the stack is deleted",
            Default="RetainExceptOnCreate",
            AllowedValues=["RetainExceptOnCreate", "Delete"],
        ),
    }


def conditions() -> Json:
    """What depends on a parameter being given."""
    return {"WithDns": {"Fn::Not": [{"Fn::Equals": [ref("HostedZoneId"), ""]}]}}


def mappings() -> Json:
    """Ids that AWS has given to its own things."""
    policies = {
        "CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "AllViewerExceptHostHeader": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
        "HostedZone": "Z2FDTNDATAQYW2",
    }
    return {"CloudFrontPolicies": {name: {"Id": value} for name, value in policies.items()}}


def outputs() -> Json:
    """What `ops.deploy` and people want to know of the stack."""
    return {
        "AppOrigin": _output("The web application", ref("AppOrigin")),
        "SiteBucket": _output("Bucket of the built frontend", ref("SiteBucket")),
        "DistributionId": _output("CloudFront distribution", ref("Distribution")),
        "DistributionDomain": _output(
            "Point <AppDomain> here (CNAME or alias)", att("Distribution", "DomainName")
        ),
        "SecurityHeadersPolicyId": _output(
            "CloudFront response headers policy of site and API", ref("SecurityHeaders")
        ),
        "LoadBalancerDomain": _output(
            "Point *.notebooks.<AppDomain> here (CNAME or alias)", att("LoadBalancer", "DNSName")
        ),
        "AlarmTopicArn": _output("Topic that tells of alarms; subscribe to it", ref("AlarmTopic")),
        "StripeSecretArn": _output(
            "Secret with Stripe's key and the signing secret of its webhooks",
            att("StripeSecret", "Id"),
        ),
        "GithubSecretArn": _output(
            "Secret with the GitHub App's client", att("GithubSecret", "Id")
        ),
        "StartMachineArn": _output(
            "State machine that starts a notebook", ref("StartNotebookMachine")
        ),
        "StopMachineArn": _output(
            "State machine that stops a notebook", ref("StopNotebookMachine")
        ),
        "ClusterName": _output("ECS cluster of notebooks and gateways", ref("Cluster")),
        "GatewayServiceName": _output("ECS service of the gateways", att("GatewayService", "Name")),
    }


def _text(description: str, **more: object) -> Json:
    return {"Type": "String", "Description": description, **more}


def _number(description: str, **more: object) -> Json:
    return {"Type": "Number", "Description": description, **more}


def _output(description: str, value: Json) -> Json:
    return {"Description": description, "Value": value}
