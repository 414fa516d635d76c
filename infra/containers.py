"""What notebooks, gateways and workers have in common: images, their roles' rights, their logs."""

from infra.cloudformation import Json, allow, arn, att, ref, role, sub

PULL_IMAGES = allow(
    "PullImages",
    ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    arn("ecr", "repository/ramon/*"),
)

AFTER_THE_API = ["APIHandler"]
"""What the definitions of notebooks and workers wait for. Starts take the newest definition of a
name, so a new image runs from the moment at which its definition is made; the agent in it may call
what only the API of the same release has. An API goes on understanding the agents before it."""


def write_log(group: str) -> Json:
    """A statement that allows writing to a log group."""
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    return allow("WriteLog", actions, sub("${" + group + ".Arn}"))


def log_to(group: str, prefix: str) -> Json:
    """Where a container's output goes. It never waits for that."""
    return {
        "LogDriver": "awslogs",
        "Options": {
            "awslogs-group": ref(group),
            "awslogs-region": ref("AWS::Region"),
            "awslogs-stream-prefix": prefix,
            "mode": "non-blocking",
        },
    }


def execution_role(group: str) -> Json:
    """The role by which ECS starts a task that writes to this log group."""
    sign_in = allow("SignInToRegistry", "ecr:GetAuthorizationToken", "*")
    return role(
        "ecs-tasks.amazonaws.com",
        "run",
        [sign_in, PULL_IMAGES, write_log(group)],
        about="Used by ECS itself to pull the image and to write the log; no container ever sees "
        "it.",
    )


def fargate_task(name: str, execution: str, container: Json, **more: Json) -> Json:
    """The properties of a task definition of the smallest size, with one container."""
    return {
        "Family": sub("ramon-${Stage}-" + name),
        "RequiresCompatibilities": ["FARGATE"],
        "NetworkMode": "awsvpc",
        "Cpu": "256",
        "Memory": "512",
        "RuntimePlatform": {"OperatingSystemFamily": "LINUX", "CpuArchitecture": "X86_64"},
        "ExecutionRoleArn": att(execution, "Arn"),
        "ContainerDefinitions": [{"Name": name, "Essential": True, **container}],
        **more,
    }
