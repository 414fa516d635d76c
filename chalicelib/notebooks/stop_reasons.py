"""Why a server ended, in a word for programs and a sentence for its owner."""

import signal
from dataclasses import dataclass

from chalicelib.notebooks.fargate import Task
from chalicelib.notebooks.models import Server
from chalicelib.notebooks.states import ServerEnd, ServerState, StartStep
from chalicelib.plans import catalogue

COULD_NOT_BOOT = 70
"""Exit code of a notebook that could not fetch its files or reach the service (EX_SOFTWARE)."""
COULD_NOT_SAVE = 75
"""Exit code of a notebook that could not save its last changes when it stopped (EX_TEMPFAIL)."""
_NOT_STARTED = "TaskFailedToStart"
"""ECS's code for a task whose containers could not be started."""
_KILLED = 128
_KILLED_AT_STOP = _KILLED + signal.SIGKILL
"""Exit code of what was still at it when its time to stop was over."""
_UNSAVED = {
    COULD_NOT_SAVE: " Its last changes could not be saved.",
    _KILLED_AT_STOP: " It was not done with saving after two minutes and had to be killed: its "
    "last changes may be lost.",
}
_KEPT = "Files that were saved are kept."
_MAINTENANCE = (
    "The computer that it ran on was shut down. All files were saved first. Start it again."
)


@dataclass(frozen=True, slots=True)
class End:
    """How a server ended."""

    reason: ServerEnd
    message: str
    exit_code: int | None


def of(server: Server, task: Task | None) -> End:
    """Why this server ended: as it was asked to, or else by what ECS says of its task."""
    code = task.exit_code if task else None
    if server.stop_reason:
        message = (server.stop_message or "") + _UNSAVED.get(code or 0, "")
        return End(ServerEnd(server.stop_reason), message, code)
    if task is None:
        return End(ServerEnd.LOST, f"The computer that it ran on was lost. {_KEPT}", None)
    if "OutOfMemory" in (task.reason or ""):
        return End(ServerEnd.OUT_OF_MEMORY, _out_of_memory(server), code)
    if server.state == ServerState.STARTING:
        return End(ServerEnd.FAILED_START, _failed_start(task), code)
    if code == 0:
        # It was told to stop, by somebody else than us, and did so in good order.
        return End(ServerEnd.MAINTENANCE, _MAINTENANCE, code)
    return End(ServerEnd.CRASHED, f"JupyterLab ended unexpectedly ({_how(task)}). {_KEPT}", code)


def failed_start(error: str) -> str:
    """What the owner of a server is told whose start failed with this error of Step Functions."""
    if error == "LaunchRefused":
        return (
            "There was no computer free for it just now. You are not charged for this. Start it "
            "again in a few minutes."
        )
    if error in ("States.Timeout", "States.HeartbeatTimeout"):
        return "It was not ready in time. Start it again; if that fails too, tell us."
    return "It could not start. Start it again; if that fails too, tell us."


def fault(server: Server, why: End, task: Task | None) -> str | None:
    """Why nobody is charged for a server's start that failed; None if it is charged.

    Only what ECS says counts, and what only we can bring about: before its agent was told what to
    do, nothing of the account's was there to run.
    """
    if server.opened_at is not None or why.reason is not ServerEnd.FAILED_START:
        return None
    if task is not None and task.stop_code == _NOT_STARTED:
        return "not charged: AWS could not start it"
    if StartStep.BOOTING not in server.stages.attribute_values:
        return "not charged: it never got as far as fetching its files"
    return None


def _out_of_memory(server: Server) -> str:
    memory = catalogue.size(server.size).memory_gib
    return (
        f"It needed more than the {memory} GiB of memory that its size has. Choose a larger "
        f"size, and start it again. {_KEPT}"
    )


def _failed_start(task: Task) -> str:
    if task.exit_code == COULD_NOT_BOOT:
        return "It could not fetch its files. Start it again; if that fails too, tell us."
    return f"It could not start ({_how(task)}). Start it again; if that fails too, tell us."


def _how(task: Task) -> str:
    code = task.exit_code
    if code is None:
        return task.reason or "no reason given"
    if code > _KILLED:
        return f"killed by {_signal_name(code - _KILLED)}"
    return f"exit code {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
