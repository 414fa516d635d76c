"""ARNs and the short forms that ECS accepts in their place."""

from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True)
class Names:
    """Makes the ARNs of one account and region."""

    account: str
    region: str

    def arn(self, kind: str, name: str) -> str:
        """`arn:aws:ecs:<region>:<account>:<kind>/<name>`."""
        return f"arn:aws:ecs:{self.region}:{self.account}:{kind}/{name}"

    def cluster(self, name: str) -> str:
        """A cluster's ARN."""
        return self.arn("cluster", name)

    def task_definition(self, family: str, revision: int) -> str:
        """A task definition's ARN."""
        return self.arn("task-definition", f"{family}:{revision}")

    def task(self, cluster: str, task_id: str) -> str:
        """A task's ARN in the long form."""
        return self.arn("task", f"{cluster}/{task_id}")

    def service(self, cluster: str, name: str) -> str:
        """A service's ARN in the long form."""
        return self.arn("service", f"{cluster}/{name}")

    def container(self, cluster: str, task_id: str) -> str:
        """A fresh container's ARN."""
        return self.arn("container", f"{cluster}/{task_id}/{uuid4()}")


def last_part(reference: str) -> str:
    """The name in `name`, `cluster/name` or an ARN: what follows the last slash."""
    return reference.rsplit("/", 1)[-1]


def new_task_id() -> str:
    """32 hexadecimal digits, as ECS gives."""
    return uuid4().hex
