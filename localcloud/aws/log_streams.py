"""CloudWatch Logs for the log drivers of containers."""

from collections.abc import Callable

from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

from localcloud.clock import CLOCK
from localcloud.containers.process import StartError
from localcloud.settings import ACCOUNT, REGION


class LogStreams:
    """Streams in ministack's CloudWatch Logs; `changed` is called whenever one got lines."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def open(self, group: str, stream: str, *, create_group: bool) -> None:
        """Make the stream unless it is there; raises StartError if there is no such group."""
        with request_scope(ACCOUNT, REGION):
            if create_group:
                cloudwatch_logs._create_log_group({"logGroupName": group})
            if group not in cloudwatch_logs._log_groups:
                raise StartError(
                    "ResourceInitializationError: failed to validate logger args: The specified"
                    f" log group does not exist: {group}"
                )
            cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})

    def put(self, group: str, stream: str, lines: list[str]) -> None:
        """Append lines at the present moment; lost if somebody deleted the stream, as on AWS."""
        now = round(CLOCK.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines]
        with request_scope(ACCOUNT, REGION):
            cloudwatch_logs._put_log_events(
                {"logGroupName": group, "logStreamName": stream, "logEvents": events}
            )
        self._changed()

    def count(self, group: str, stream: str) -> int:
        """How many lines the stream has."""
        with request_scope(ACCOUNT, REGION):
            return len(cloudwatch_logs._log_groups[group]["streams"][stream]["events"])
