"""Tags: Batch keeps them with each environment, queue, job definition and job."""

from collections.abc import Iterator
from dataclasses import dataclass

from localcloud.api_model import Record
from localcloud.batch.errors import ClientError
from localcloud.batch.names import last_part
from localcloud.batch.store import Job, Store

MOST_TAGS = 50
"""Tags a resource may have (Batch user guide, "Tag your AWS Batch resources")."""

Tags = dict[str, str]


@dataclass(frozen=True)
class TagOperations:
    """TagResource, UntagResource and ListTagsForResource."""

    store: Store

    def tag(self, request: Record) -> Record:
        """TagResource: adds tags, replacing values of keys that are there."""
        record = self._find(request["resourceArn"])
        tags = record["tags"] | request["tags"]
        check_tags(tags)
        self._set(request["resourceArn"], record, tags)
        return {}

    def untag(self, request: Record) -> Record:
        """UntagResource."""
        record = self._find(request["resourceArn"])
        gone = set(request["tagKeys"])
        kept = {key: value for key, value in record["tags"].items() if key not in gone}
        self._set(request["resourceArn"], record, kept)
        return {}

    def list_(self, request: Record) -> Record:
        """ListTagsForResource."""
        return {"tags": self._find(request["resourceArn"])["tags"]}

    def _find(self, arn: str) -> Record:
        record = find(self.store, arn)
        if record is None:
            raise ClientError(f"Resource not found: {arn}")
        return record

    def _set(self, arn: str, record: Record, tags: Tags) -> None:
        record["tags"] = tags
        job = _job(self.store, arn)
        if job:
            self.store.save_job(job)
        else:
            self.store.save_resources()


def find(store: Store, arn: str) -> Record | None:
    """The record of a resource by its ARN."""
    name = last_part(arn)
    job = _job(store, arn)
    found = {
        store.names.environment(name): store.environments.get(name),
        store.names.queue(name): store.queues.get(name),
        store.names.arn("job-definition", name): store.definitions.get(name),
        store.names.job(name): job.record if job else None,
    }
    return found.get(arn)


def all_tags(store: Store) -> Iterator[tuple[str, Tags]]:
    """Every resource's ARN and tags."""
    for environment in store.environments.values():
        yield environment["computeEnvironmentArn"], environment["tags"]
    for queue in store.queues.values():
        yield queue["jobQueueArn"], queue["tags"]
    for definition in store.definitions.values():
        yield definition["jobDefinitionArn"], definition["tags"]
    for job in store.jobs.values():
        yield job.record["jobArn"], job.record["tags"]


def check_tags(tags: Tags) -> None:
    """Raise ClientError for more tags or keys than Batch allows."""
    if len(tags) > MOST_TAGS:
        raise ClientError(f"A resource can have at most {MOST_TAGS} tags.")
    if any(not key or key.lower().startswith("aws:") for key in tags):
        raise ClientError("Tag keys must not be empty or start with aws:.")


def _job(store: Store, arn: str) -> Job | None:
    return store.jobs.get(last_part(arn)) if ":job/" in arn else None
