"""A process that has imported a function's module, and becomes its execution environments by fork.

On AWS a burst of requests gets an environment each on machines of their own; on two cores their
imports would wait for one another. A fork has them already. A child gets its own environment
variables, credentials among them, before any of the function's code runs in it.

Started as `python -I lambda_template.py SOCKET PATH…`; on the socket comes one message for each
child: its environment variables as JSON, and four descriptors (requests, responses, lifeline,
output). The answer is the child's process id. The end of the socket is the end of the template.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from types import ModuleType

MESSAGE = 256 * 1024
"""Most bytes of a message; environment variables have at most 4 KB on AWS."""


def main(channel: socket.socket, paths: list[str]) -> None:
    """Import what is needed, then fork on request until the launcher is gone."""
    directory = str(Path(__file__).parent)
    sys.path.insert(0, directory)
    lambda_child = importlib.import_module("lambda_child")
    sys.path.remove(directory)
    sys.path[0:0] = paths
    _import_ahead(lambda_child)
    # What is here now is shared by all children; collecting it would only copy its pages.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, MESSAGE, 4)
        if not message:
            return
        child = os.fork()
        if child == 0:
            channel.close()
            _become(lambda_child, json.loads(message), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(str(child).encode())


def _import_ahead(lambda_child: ModuleType) -> None:
    try:
        lambda_child.load(os.environ["_HANDLER"])
    except BaseException:  # noqa: BLE001  the child imports it again, and tells what is wrong
        return


def _become(lambda_child: ModuleType, environment: dict[str, str], descriptors: list[int]) -> None:
    requests, responses, lifeline, output = descriptors
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor, number in ((lifeline, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, number)
    os.close(lifeline)
    os.close(output)
    os.environ.clear()
    os.environ.update(environment)
    try:
        lambda_child.main(requests, responses, [])
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.path.pop(0)
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
