"""Tags of clusters, services, task definitions and tasks."""

from localcloud.api_model import Record
from localcloud.ecs.errors import InvalidParameter, TargetNotFound
from localcloud.ecs.names import last_part
from localcloud.ecs.store import Store, Task

MOST_TAGS = 50
"""Tags a resource may have (ECS developer guide, "Tagging resources")."""


def tag(store: Store, request: Record) -> Record:
    """TagResource: adds tags, replacing values of keys that are there."""
    arn = _existing(store, request["resourceArn"])
    set_tags(store, arn, merge(tags_of(store, arn), request["tags"]))
    return {}


def untag(store: Store, request: Record) -> Record:
    """UntagResource."""
    arn = _existing(store, request["resourceArn"])
    gone = set(request["tagKeys"])
    set_tags(store, arn, [each for each in tags_of(store, arn) if each["key"] not in gone])
    return {}


def list_(store: Store, request: Record) -> Record:
    """ListTagsForResource."""
    return {"tags": tags_of(store, _existing(store, request["resourceArn"]))}


def tags_of(store: Store, arn: str) -> list[Record]:
    """The tags of a resource, [] if it has none."""
    task = _task(store, arn)
    return list(task.tags if task else store.tags.get(arn, []))


def set_tags(store: Store, arn: str, tags: list[Record]) -> None:
    """Replace all tags of a resource, on disk too."""
    check(tags)
    task = _task(store, arn)
    if task:
        task.tags = tags
        store.save_task(task)
    else:
        store.tags[arn] = tags
        store.save_resources()


def check(tags: list[Record]) -> None:
    """Raise InvalidParameter for more tags, doubled keys or keys that ECS does not allow."""
    keys = [each.get("key", "") for each in tags]
    if len(keys) > MOST_TAGS:
        raise InvalidParameter(f"A resource can have at most {MOST_TAGS} tags.")
    if len(set(keys)) != len(keys):
        raise InvalidParameter("Duplicate tag keys.")
    if any(not key or key.lower().startswith("aws:") for key in keys):
        raise InvalidParameter("Tag keys must not be empty or start with aws:.")


def merge(old: list[Record], new: list[Record]) -> list[Record]:
    """Both lists as one; the new value counts where a key is in both."""
    by_key = {each["key"]: each.get("value", "") for each in [*old, *new]}
    return [{"key": key, "value": value} for key, value in by_key.items()]


def _task(store: Store, arn: str) -> Task | None:
    return store.tasks.get(last_part(arn)) if ":task/" in arn else None


def _existing(store: Store, arn: str) -> str:
    known = [cluster["clusterArn"] for cluster in store.clusters.values()]
    known += [definition["taskDefinitionArn"] for definition in store.task_definitions.values()]
    known += [service["serviceArn"] for service in store.services.values()]
    if arn not in known and _task(store, arn) is None:
        raise TargetNotFound(arn)
    return arn
