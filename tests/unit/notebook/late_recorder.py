"""The program `ramon-notebook`, whose recorder hears each new process of a kernel late.

ZeroMQ connects again when it likes: the page's connection may be seconds before the recorder's.
"""

from importlib import import_module
from typing import Any

# All this is in the notebook's environment, which runs this file.
zmq = import_module("zmq")
cli = import_module("ramon_notebook.cli")
kernels = import_module("ramon_notebook.execution.asking").AskingKernels

LATE_MS, USUAL_MS = 3_000, 100

jupyters_own = kernels.start_watching_activity


def start_watching_activity(self: Any, kernel_id: str) -> None:
    """What Jupyter itself does, and then: the next connection, the recorder's, is slow."""
    jupyters_own(self, kernel_id)
    kernel = self._kernels[kernel_id]
    connect = kernel.connect_iopub

    def connect_slowly(*args: Any, **kwargs: Any) -> Any:
        kernel.connect_iopub = connect
        kernel.context.setsockopt(zmq.RECONNECT_IVL, LATE_MS)
        try:
            return connect(*args, **kwargs)
        finally:
            kernel.context.setsockopt(zmq.RECONNECT_IVL, USUAL_MS)

    kernel.connect_iopub = connect_slowly


kernels.start_watching_activity = start_watching_activity

if __name__ == "__main__":
    cli.main()
