"""Notebooks and gateways on Fargate."""

from infra.cloudformation import Json, Resources, allow, att, ref, resource, role, staged, sub
from infra.containers import AFTER_THE_API, execution_role, fargate_task, log_to


def resources() -> Resources:
    """The ECS cluster, both kinds of task, and the service that keeps gateways running."""
    return {
        "Cluster": resource(
            "AWS::ECS::Cluster",
            {
                "ClusterName": sub("ramon-${Stage}"),
                "CapacityProviders": ["FARGATE"],
                "ClusterSettings": [{"Name": "containerInsights", "Value": "disabled"}],
            },
        ),
        "NotebookExecutionRole": execution_role("NotebookLogs"),
        "GatewayExecutionRole": execution_role("GatewayLogs"),
        "NotebookTask": resource(
            "AWS::ECS::TaskDefinition",
            fargate_task("notebook", "NotebookExecutionRole", _notebook()),
            DependsOn=AFTER_THE_API,
            about="No task role: nothing in a notebook can get AWS credentials. RunTask overrides "
            "cpu, memory and environment.",
        ),
        "GatewayRole": role(
            "ecs-tasks.amazonaws.com",
            "read-routes",
            [allow("ReadRoutes", "dynamodb:GetItem", att("RoutesTable", "Arn"))],
        ),
        "GatewayTask": resource(
            "AWS::ECS::TaskDefinition",
            fargate_task(
                "gateway",
                "GatewayExecutionRole",
                _gateway(),
                TaskRoleArn=att("GatewayRole", "Arn"),
            ),
        ),
        "GatewayService": resource(
            "AWS::ECS::Service",
            _service(),
            DependsOn=[
                "HttpsListener",
                "FrontRouteToInternet",
                "FrontSubnetARoutes",
                "FrontSubnetBRoutes",
            ],
        ),
    }


def _notebook() -> Json:
    return {
        "Image": ref("NotebookImage"),
        "Command": ["ramon-notebook"],
        "User": "1000:1000",
        "StopTimeout": 120,
        "LinuxParameters": {"InitProcessEnabled": True},
        "PortMappings": [{"ContainerPort": 8888, "Protocol": "tcp"}],
        "LogConfiguration": log_to("NotebookLogs", "notebook"),
    }


def _gateway() -> Json:
    return {
        "Image": ref("GatewayImage"),
        "Command": ["ramon-gateway"],
        "ReadonlyRootFilesystem": True,
        "StopTimeout": 30,
        "LinuxParameters": {"InitProcessEnabled": True},
        "PortMappings": [{"ContainerPort": 8000, "Protocol": "tcp"}],
        "Environment": [
            {"Name": "RAMON_ROUTES_TABLE", "Value": ref("RoutesTable")},
            {"Name": "RAMON_APP_ORIGIN", "Value": ref("AppOrigin")},
            {"Name": "AWS_REGION", "Value": ref("AWS::Region")},
        ],
        "LogConfiguration": log_to("GatewayLogs", "gateway"),
    }


def _service() -> Json:
    """Gateways: the old ones stay until new ones pass their health checks."""
    return {
        "ServiceName": staged("gateway"),
        "Cluster": ref("Cluster"),
        "TaskDefinition": ref("GatewayTask"),
        "LaunchType": "FARGATE",
        "DesiredCount": ref("GatewayCount"),
        "HealthCheckGracePeriodSeconds": 60,
        "DeploymentConfiguration": {
            "MinimumHealthyPercent": 100,
            "MaximumPercent": 200,
            "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        },
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "AssignPublicIp": "ENABLED",
                "Subnets": [ref("FrontSubnetA"), ref("FrontSubnetB")],
                "SecurityGroups": [att("GatewayGroup", "GroupId")],
            }
        },
        "LoadBalancers": [
            {
                "ContainerName": "gateway",
                "ContainerPort": 8000,
                "TargetGroupArn": ref("GatewayTargets"),
            }
        ],
        "PropagateTags": "TASK_DEFINITION",
    }
