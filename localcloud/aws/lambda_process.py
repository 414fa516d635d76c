"""The launcher's end of one execution environment (see `lambda_child`)."""

import json
import os
import selectors
import time
from pathlib import Path
from typing import Any

from localcloud.aws import lambda_child
from localcloud.aws.lambda_fork import Templates

END_OF_LOG = f"{lambda_child.END_OF_LOG}\n".encode()
CHUNK = 65536

_templates = Templates()


class ProcessEndedError(RuntimeError):
    """The process ended before it answered; `log` is what it printed."""

    def __init__(self, log: str) -> None:
        super().__init__("Runtime exited without providing a reason")
        self.log = log


class TimedOutError(RuntimeError):
    """The process did not answer in time and was killed; `log` is what it printed."""

    def __init__(self, log: str) -> None:
        super().__init__("timed out")
        self.log = log


class FunctionProcess:
    """A started process; the caller takes care that one call is made at a time."""

    def __init__(self, paths: list[Path], environment: dict[str, str]) -> None:
        """Start with `paths` (the function's code first, then layers) in front of sys.path."""
        requests, self._requests = os.pipe()
        self._responses, responses = os.pipe()
        lifeline, self._lifeline = os.pipe()
        self._output, output = os.pipe()
        theirs = [requests, responses, lifeline, output]
        template = _templates.of(paths, environment)
        self.process = template.fork(environment, theirs)
        for descriptor in theirs:
            os.close(descriptor)
        self._closed = False

    def send(self, request: dict[str, Any]) -> None:
        """Hand over one request; `receive` gives the answer."""
        line = json.dumps(request).encode() + b"\n"
        view = memoryview(line)
        try:
            while view:
                view = view[os.write(self._requests, view) :]
        except BrokenPipeError:
            pass  # it ended meanwhile; `receive` finds out and says so

    def receive(self, timeout: float) -> tuple[dict[str, Any], str]:
        """The next answer and the log up to it.

        Raises TimedOutError after `timeout` seconds, and ProcessEndedError.
        """
        response, log = bytearray(), bytearray()
        deadline = time.monotonic() + timeout
        with selectors.PollSelector() as selector:
            selector.register(self._responses, selectors.EVENT_READ, response)
            selector.register(self._output, selectors.EVENT_READ, log)
            while not (response.endswith(b"\n") and log.endswith(END_OF_LOG)):
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    self.close()
                    raise TimedOutError(_text(log))
                for key, _ in ready:
                    chunk = os.read(key.fd, CHUNK)
                    key.data.extend(chunk)
                    if not chunk and key.fd == self._responses:
                        self.close()
                        raise ProcessEndedError(_text(log))
        answer: dict[str, Any] = json.loads(response)
        return answer, _text(log)

    def close(self) -> None:
        """End the process if it still runs. May be called again."""
        if not self._closed:
            self._closed = True
            for descriptor in (self._requests, self._responses, self._lifeline, self._output):
                os.close(descriptor)
        self.process.kill()
        self.process.wait()


def _text(log: bytearray) -> str:
    return bytes(log).replace(END_OF_LOG, b"").decode(errors="replace").rstrip("\n")
