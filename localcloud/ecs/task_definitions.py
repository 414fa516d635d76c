"""Operations on task definitions."""

from localcloud.api_model import Record
from localcloud.clock import CLOCK
from localcloud.ecs.errors import ClientError, InvalidParameter
from localcloud.ecs.names import last_part
from localcloud.ecs.store import Store
from localcloud.ecs.tags import set_tags, tags_of
from localcloud.paging import page


def register(store: Store, request: Record) -> Record:
    """RegisterTaskDefinition: the next revision of the family."""
    _check(request)
    family = request["family"]
    revision = store.revisions.get(family, 0) + 1
    tags = request.get("tags", [])
    definition = {key: value for key, value in request.items() if key != "tags"} | {
        "taskDefinitionArn": store.names.task_definition(family, revision),
        "revision": revision,
        "status": "ACTIVE",
        "networkMode": request.get("networkMode", "bridge"),
        "containerDefinitions": [_container(each) for each in request["containerDefinitions"]],
        "volumes": request.get("volumes", []),
        "placementConstraints": request.get("placementConstraints", []),
        "compatibilities": ["EC2", "FARGATE"],
        "registeredAt": CLOCK.time(),
        "registeredBy": f"arn:aws:iam::{store.names.account}:root",
    }
    store.revisions[family] = revision
    store.task_definitions[f"{family}:{revision}"] = definition
    set_tags(store, definition["taskDefinitionArn"], tags)
    return {"taskDefinition": definition, "tags": tags}


def describe(store: Store, request: Record) -> Record:
    """DescribeTaskDefinition: also of one that was deregistered."""
    definition = find(store, request["taskDefinition"])
    include = request.get("include", [])
    tags = tags_of(store, definition["taskDefinitionArn"]) if "TAGS" in include else []
    return {"taskDefinition": definition, "tags": tags}


def list_(store: Store, request: Record) -> Record:
    """ListTaskDefinitions by family prefix, status and order."""
    status = request.get("status", "ACTIVE")
    prefix = request.get("familyPrefix", "")
    found = [
        definition
        for definition in store.task_definitions.values()
        if definition["status"] == status and definition["family"].startswith(prefix)
    ]
    found.sort(key=lambda definition: (definition["family"], definition["revision"]))
    if request.get("sort") == "DESC":
        found.reverse()
    arns = [each["taskDefinitionArn"] for each in found]
    return page(arns, request, "taskDefinitionArns", InvalidParameter)


def deregister(store: Store, request: Record) -> Record:
    """DeregisterTaskDefinition: it stays describable and its tasks go on."""
    if ":" not in last_part(request["taskDefinition"]):
        raise ClientError("Revision is missing.")
    definition = find(store, request["taskDefinition"])
    definition["status"] = "INACTIVE"
    definition["deregisteredAt"] = CLOCK.time()
    store.save_resources()
    return {"taskDefinition": definition}


def find(store: Store, reference: str) -> Record:
    """The definition named by ARN, family:revision, or family (its newest ACTIVE revision)."""
    key = last_part(reference)
    if ":" not in key:
        active = [
            definition["revision"]
            for definition in store.task_definitions.values()
            if definition["family"] == key and definition["status"] == "ACTIVE"
        ]
        key = f"{key}:{max(active, default=0)}"
    definition = store.task_definitions.get(key)
    if definition is None:
        raise ClientError("Unable to describe task definition.")
    return definition


def find_active(store: Store, reference: str) -> Record:
    """Like `find`, but refuses one that was deregistered, as RunTask does."""
    try:
        definition = find(store, reference)
    except ClientError as error:
        raise ClientError("TaskDefinition not found.") from error
    if definition["status"] != "ACTIVE":
        raise ClientError("TaskDefinition is inactive")
    return definition


def _check(request: Record) -> None:
    containers = request["containerDefinitions"]
    if not containers:
        raise ClientError("Container list cannot be empty.")
    for container in containers:
        if not container.get("name"):
            raise ClientError("Container.name should not be null or empty.")
        if not container.get("image"):
            raise ClientError("Container.image should not be null or empty.")
    names = [container["name"] for container in containers]
    if len(set(names)) != len(names):
        raise ClientError("Container names must be unique.")
    fargate = "FARGATE" in request.get("requiresCompatibilities", [])
    if fargate and request.get("networkMode") != "awsvpc":
        raise ClientError("Fargate requires task definition to have networkMode awsvpc.")
    if fargate and not (request.get("cpu") and request.get("memory")):
        raise ClientError("Fargate requires that 'cpu' and 'memory' be defined at the task level.")


def _container(container: Record) -> Record:
    defaults: Record = {
        "cpu": 0,
        "essential": True,
        "environment": [],
        "portMappings": [],
        "mountPoints": [],
        "volumesFrom": [],
    }
    return defaults | container
