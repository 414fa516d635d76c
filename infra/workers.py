"""Workers of clusters: jobs of Batch, and the hosts that they run on."""

from infra.cloudformation import Json, Resources, allow, arn, ref, resource, role, staged
from infra.containers import AFTER_THE_API, PULL_IMAGES, log_to, write_log

_CLUSTERS = "cluster/AWSBatch-ramon-${Stage}-*"
"""The ECS clusters that Batch makes for our compute environments."""

_INSTANCES = "container-instance/AWSBatch-ramon-${Stage}-*/*"

_BLOCK_METADATA = (
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="==ramon=="',
    "",
    "--==ramon==",
    'Content-Type: text/x-shellscript; charset="us-ascii"',
    "",
    "#!/bin/sh",
    "set -eu",
    "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config",
    "echo ECS_DISABLE_PRIVILEGED=true >> /etc/ecs/ecs.config",
    "command -v iptables > /dev/null || yum install --assumeyes iptables-nft",
    "iptables --insert FORWARD --destination 169.254.169.254/32 --jump DROP",
    (
        "iptables --insert OUTPUT --destination 169.254.169.254/32"
        " --match owner --uid-owner 1000 --jump REJECT"
    ),
    "",
    "--==ramon==--",
)
"""What a host runs before it takes on work."""


def resources() -> Resources:
    """The hosts' role and launch template, and the job definition."""
    return {
        "WorkerHostRole": role(
            "ec2.amazonaws.com",
            "host",
            _host_rights(),
            about="Of the hosts of workers: to join their ECS cluster, to pull the image and to "
            "write logs. Containers can't get at it: the launch template blocks their way to "
            "instance metadata.",
        ),
        "WorkerInstanceProfile": resource(
            "AWS::IAM::InstanceProfile", {"Roles": [ref("WorkerHostRole")]}
        ),
        "WorkerLaunchTemplate": resource(
            "AWS::EC2::LaunchTemplate",
            _launch_template(),
            about="Instance metadata by tokens only, whose answers travel one hop, and no "
            "container may ask for any: neither from a network of its own nor from the host's.",
        ),
        "WorkerJobDefinition": resource(
            "AWS::Batch::JobDefinition",
            _job_definition(),
            DependsOn=AFTER_THE_API,
            about="No job role: nothing in a worker can get AWS credentials. SubmitJob overrides "
            "processors, memory and environment. The host's network, because workers of a cluster "
            "call each other.",
        ),
    }


def _host_rights() -> list[Json]:
    clusters, instances = arn("ecs", _CLUSTERS), arn("ecs", _INSTANCES)
    return [
        allow(
            "SignInToRegistryAndFindTheCluster",
            ["ecr:GetAuthorizationToken", "ecs:DiscoverPollEndpoint"],
            "*",
        ),
        PULL_IMAGES,
        allow(
            "JoinItsCluster",
            ["ecs:DeregisterContainerInstance", "ecs:RegisterContainerInstance"],
            clusters,
        ),
        allow(
            "RunItsTasks",
            [
                "ecs:Poll",
                "ecs:StartTelemetrySession",
                "ecs:SubmitAttachmentStateChanges",
                "ecs:SubmitContainerStateChange",
                "ecs:SubmitTaskStateChange",
                "ecs:UpdateContainerInstancesState",
            ],
            [clusters, instances],
        ),
        write_log("WorkerLogs"),
    ]


def _launch_template() -> Json:
    return {
        "LaunchTemplateName": staged("worker"),
        "LaunchTemplateData": {
            "MetadataOptions": {
                "HttpTokens": "required",
                "HttpPutResponseHopLimit": 1,
                "HttpEndpoint": "enabled",
            },
            "UserData": {"Fn::Base64": {"Fn::Join": ["\n", list(_BLOCK_METADATA)]}},
        },
    }


def _job_definition() -> Json:
    return {
        "JobDefinitionName": staged("worker"),
        "Type": "container",
        "PlatformCapabilities": ["EC2"],
        "PropagateTags": True,
        "ContainerProperties": {
            "Image": ref("NotebookImage"),
            "Command": ["ramon-worker"],
            "User": "1000:1000",
            "ResourceRequirements": [
                {"Type": "VCPU", "Value": "1"},
                {"Type": "MEMORY", "Value": "1024"},
            ],
            "LinuxParameters": {"InitProcessEnabled": True},
            "LogConfiguration": log_to("WorkerLogs", "worker"),
        },
    }
