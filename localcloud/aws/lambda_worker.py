"""Runs Lambda functions in processes that end with the launcher, in place of ministack's own.

Ours differ in what ministack's do: they end when the launcher is killed even in the middle of a
call, they get a clean environment, credentials that cannot be guessed, code that is unpacked once,
errors by the handler's own exception type (which Step Functions' `Catch` needs), and logs that are
complete without the 50 ms wait per call.
"""

import logging
import os
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.lambda_runtime import acquire_worker, release_worker
from ministack.services import lambda_svc

from localcloud.aws.lambda_code import CodeStore
from localcloud.aws.lambda_environment import environment_of
from localcloud.aws.lambda_fork import Forked
from localcloud.aws.lambda_process import FunctionProcess, ProcessEndedError, TimedOutError
from localcloud.aws.sessions import Session
from localcloud.clock import CLOCK

INIT_SECONDS = 60.0
"""Longest import of a function's module. AWS allows 10 s, on a machine that isn't shared."""

AT_ONCE = (os.cpu_count() or 1) + 1
"""Invocations of one function at a time; more wait. AWS would give each a machine of its own, here
they share this one's processors, and every new environment makes its clients anew (0.4 s)."""

logger = logging.getLogger(__name__)

_turns: defaultdict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(AT_ONCE))


class FunctionError(Exception):
    """The function failed; `record` is the body of AWS Lambda's answer, `log` what it printed."""

    def __init__(self, record: dict[str, Any], log: str) -> None:
        super().__init__(record.get("errorMessage"))
        self.record = record
        self.log = log


class Worker(lambda_runtime.Worker):  # type: ignore[misc]
    """An execution environment. ministack leases it to one invocation at a time."""

    code: CodeStore
    endpoint_url: str

    def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
        super().__init__(func_name, config, code_zip)
        self._proc: Forked | None = None  # for ministack to look at
        self._process: FunctionProcess | None = None
        self._session: Session | None = None

    def call(self, request: dict[str, Any]) -> tuple[Any, str]:
        """The handler's result and its log; raises FunctionError."""
        timeout = float(self.config.get("Timeout", 3))
        with self._lock:
            try:
                process, log = self._ensure_started()
                process.send(request | {"timeout": timeout, "ahead_seconds": CLOCK.ahead})
                response, more = process.receive(timeout)
            except TimedOutError as error:
                self._forget_process()
                message = f"{request['request_id']} Task timed out after {timeout:.2f} seconds"
                record = {"errorMessage": message, "errorType": "Sandbox.Timedout"}
                raise FunctionError(record, error.log) from error
            except ProcessEndedError as error:
                self._forget_process()
                record = {"errorMessage": str(error), "errorType": "Runtime.ExitError"}
                raise FunctionError(record, error.log) from error
        if "error" in response:
            raise FunctionError(response["error"], log + more)
        return response["result"], log + more

    def _spawn(self) -> None:
        """Start the process; ministack calls this too, to initialise ahead of a call."""
        self._ensure_started()

    def _ensure_started(self) -> tuple[FunctionProcess, str]:
        """The running process, started if need be, and what it printed while starting."""
        if self._process is not None and self._process.process.poll() is None:
            return self._process, ""
        self._forget_process()
        self._session = Session.of_role(self.config["Role"], self.func_name)
        paths = [self.code.unpack(self.code_zip), *self._layers()]
        environment = environment_of(self.config, paths[0], self.endpoint_url)
        process = FunctionProcess(paths, environment | self._session.environment())
        self._process, self._proc = process, process.process
        response, log = process.receive(INIT_SECONDS)
        if "error" in response:
            self._forget_process()
            raise FunctionError(response["error"], log)
        return process, log

    def _layers(self) -> list[Path]:
        archives = [lambda_svc._resolve_layer_zip(each) for each in self.config.get("Layers", [])]
        return [self.code.unpack(archive) / "python" for archive in archives if archive]

    def _discard_tmpdir(self) -> None:
        """Ministack's last call to a worker that it ended."""
        self._forget_process()

    def _forget_process(self) -> None:
        process, self._process, self._proc = self._process, None, None
        if process is not None:
            process.close()
        if self._session is not None:
            self._session.end()
            self._session = None


def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Invoke a Python function; replaces ministack's `_execute_function_warm`."""
    with _turns[func["config"]["FunctionName"]]:
        return _execute(func, event, request_id)


def _execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    config = func["config"]
    lambda_svc._ensure_reaper_thread()
    worker, _ = acquire_worker(
        config["FunctionName"],
        config,
        func["code_zip"],
        qualifier=config.get("Version", "$LATEST"),
    )
    request = {
        "event": event,
        "request_id": request_id,
        "arn": config.get("FunctionArn", ""),
        "trace_id": lambda_svc._xray_trace_id_for_invocation(config),
    }
    try:
        result, log = worker.call(request)
    except FunctionError as error:
        logger.warning("function %s failed: %s", config["FunctionName"], error)
        return {"body": error.record, "error": True, "log": _with_trace(error)}
    finally:
        release_worker(worker)
    return {"body": result, "log": log}


def install(code: CodeStore, endpoint_url: str) -> None:
    """Make ministack run Python functions by this module."""
    Worker.code = code
    Worker.endpoint_url = endpoint_url
    lambda_runtime.Worker = Worker
    lambda_svc._execute_function_warm = execute


def _with_trace(error: FunctionError) -> str:
    record = error.record
    summary = f"[ERROR] {record.get('errorType')}: {record.get('errorMessage')}"
    return "\n".join(filter(None, [error.log, summary, *record.get("stackTrace", [])]))
