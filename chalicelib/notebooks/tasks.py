"""What ECS says of a server's task, and for how long its not knowing a task means nothing.

RunTask, DescribeTasks and ListTasks are eventually consistent: a task that runs may be unknown to
them. ECS's API reference (RunTask, "Important") says to ask again for up to five minutes.
"""

from datetime import timedelta

from chalicelib.core import clock, db
from chalicelib.notebooks import fargate
from chalicelib.notebooks.models import Server

UNKNOWN_FOR = timedelta(minutes=6)
"""How long a launched task must have been unknown to ECS until it is believed to be over: the five
minutes of ECS's documentation, and one more."""


def find(server: Server) -> fargate.Task | None:
    """The task of a server as ECS tells of it now; None if ECS does not know it."""
    if server.task_arn is None:
        return fargate.find(server.id)
    return next(iter(fargate.describe([server.task_arn])), None)


def is_over(server: Server, task: fargate.Task | None) -> bool:
    """Whether nothing of a server runs any more; `task` is what `find` has just given.

    A task that was launched and that ECS does not know is over once it has been unknown for
    `UNKNOWN_FOR`; since when is noted on the server. Without a launch there is nothing to run.
    """
    if task is not None:
        note_known(server)
        return task.is_over
    if server.task_arn is None:
        return True
    if server.unknown_since is None:
        first = Server.task_arn.exists() & Server.unknown_since.does_not_exist()
        db.update_if(server, first, [Server.unknown_since.set(clock.now())])
        return False
    return clock.now() - server.unknown_since >= UNKNOWN_FOR


def note_known(server: Server) -> None:
    """ECS knows the task of this server: whether it will forget it begins anew."""
    if server.unknown_since is not None:
        db.update_if(server, Server.task_arn.exists(), [Server.unknown_since.remove()])
