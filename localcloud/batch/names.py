"""ARNs and the short forms that Batch accepts in their place."""

import re
import secrets
from dataclasses import dataclass
from uuid import uuid4

from localcloud.batch.errors import ClientError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
"""What compute environments, queues, definitions and jobs may be called (Batch API reference)."""


@dataclass(frozen=True)
class Names:
    """Makes the ARNs of one account and region."""

    account: str
    region: str

    def arn(self, kind: str, name: str) -> str:
        """`arn:aws:batch:<region>:<account>:<kind>/<name>`."""
        return f"arn:aws:batch:{self.region}:{self.account}:{kind}/{name}"

    def environment(self, name: str) -> str:
        """A compute environment's ARN."""
        return self.arn("compute-environment", name)

    def queue(self, name: str) -> str:
        """A job queue's ARN."""
        return self.arn("job-queue", name)

    def definition(self, name: str, revision: int) -> str:
        """A job definition's ARN."""
        return self.arn("job-definition", f"{name}:{revision}")

    def job(self, job_id: str) -> str:
        """A job's ARN."""
        return self.arn("job", job_id)

    def ecs_cluster(self, environment: str, uuid: str) -> str:
        """The ARN of the ECS cluster that Batch makes for a compute environment."""
        cluster = f"AWSBatch-{environment}-{uuid}"
        return f"arn:aws:ecs:{self.region}:{self.account}:cluster/{cluster}"


def last_part(reference: str) -> str:
    """The name in a name or an ARN: what follows the last slash."""
    return reference.rsplit("/", 1)[-1]


def check_name(name: str, what: str) -> None:
    """Raise ClientError unless Batch allows the name; `what` begins the message."""
    if not NAME.fullmatch(name):
        raise ClientError(
            f"Error executing request, Exception : {what} name should match valid pattern,"
            f" RequestId: {uuid4()}"
        )


def new_in_cluster(cluster: str, kind: str) -> str:
    """The ARN of a new task or container instance in an ECS cluster, which is given by its ARN."""
    return f"{cluster.replace(':cluster/', f':{kind}/')}/{uuid4().hex}"


def new_instance_id() -> str:
    """As EC2 names instances."""
    return f"i-{secrets.token_hex(9)[:17]}"
