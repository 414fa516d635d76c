"""One execution environment of a Python Lambda function, as a process of its own.

Descriptor 0 is the lifeline: it is never written, and its end means that the launcher is gone.
The requests and responses are JSON lines on the two descriptors named on the command line; what
the function prints goes to descriptors 1 and 2, and after each invocation a line with END_OF_LOG
follows there, so that its log is complete without waiting.
"""

import importlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

END_OF_LOG = "\x00end of log\x00"

_machine_time, _machine_time_ns = time.time, time.time_ns

Handler = Callable[[Any, "Context"], Any]


class Context:
    """The context object that AWS Lambda gives a Python handler."""

    identity = None
    client_context = None

    def __init__(self, request: dict[str, Any]) -> None:
        self.aws_request_id = request["request_id"]
        self.invoked_function_arn = request["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = time.monotonic() + request["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def load(handler: str) -> Handler:
    """Import `module.function` (also `package/module.function`)."""
    module, _, name = handler.rpartition(".")
    function: Handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    return function


def invoke(handler: Handler, request: dict[str, Any]) -> dict[str, Any]:
    """Call the handler; its error becomes a record in the form that AWS Lambda gives."""
    try:
        return {"result": json.loads(json.dumps(handler(request["event"], Context(request))))}
    except BaseException as error:  # noqa: BLE001 - whatever the handler raises is its answer
        return {"error": describe(error)}


def describe(error: BaseException) -> dict[str, Any]:
    """errorMessage, errorType and stackTrace, without the frames of this file."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": _lines(frames),
    }


def _lines(frames: TracebackType | None) -> list[str]:
    return traceback.format_tb(frames) if frames else []


def end_log() -> None:
    """Flush what was printed and mark its end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, f"{END_OF_LOG}\n".encode())


def die_with_launcher() -> None:
    """Wait for the end of the lifeline and then end at once."""
    os.read(0, 1)
    os._exit(1)


def main(requests: int, responses: int, paths: list[str]) -> None:
    """Load the function from `paths` and serve its invocations until there are no more."""
    threading.Thread(target=die_with_launcher, daemon=True).start()
    sys.path[:0] = paths
    with os.fdopen(requests) as incoming, os.fdopen(responses, "w") as outgoing:

        def answer(response: dict[str, Any]) -> None:
            end_log()
            outgoing.write(json.dumps(response) + "\n")
            outgoing.flush()

        try:
            handler = load(os.environ["_HANDLER"])
        except BaseException as error:  # noqa: BLE001 - the function's own import may raise anything
            answer({"error": describe(error) | {"errorType": "Runtime.ImportModuleError"}})
            return
        answer({"ready": True})
        for line in incoming:
            request = json.loads(line)
            _set_trace(request.get("trace_id"))
            _set_clock(request["ahead_seconds"])
            answer(invoke(handler, request))


def _set_trace(trace_id: str | None) -> None:
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def _set_clock(ahead: int) -> None:
    """Let the process live this many seconds ahead of the machine. The clock never goes back."""
    if ahead:
        # Signatures of requests to AWS come from `datetime`, which stays as it is.
        vars(time)["time"] = lambda: _machine_time() + ahead
        vars(time)["time_ns"] = lambda: _machine_time_ns() + ahead * 1_000_000_000


if __name__ == "__main__":
    sys.path.pop(0)  # the directory of this file is not the function's
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
