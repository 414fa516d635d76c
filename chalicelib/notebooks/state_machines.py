"""The state machines of notebooks: begin a start or a stop, and answer the steps that wait."""

from chalicelib.core import config, step_functions
from chalicelib.core.step_functions import beat, fail, succeed

__all__ = ["beat", "begin_start", "begin_stop", "fail", "succeed"]


def begin_start(work: dict[str, str]) -> None:
    """Begin to start a server. Asked again for the same server, does nothing."""
    step_functions.begin(config.settings().start_machine_arn, work["server_id"], work)


def begin_stop(work: dict[str, str], attempt: str) -> None:
    """Begin to stop a server. Asked again with the same `attempt`, does nothing."""
    name = f"{work['server_id']}-{attempt}"
    step_functions.begin(config.settings().stop_machine_arn, name, work)
