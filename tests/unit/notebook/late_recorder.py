"""The program `ramon-notebook`, whose recorder hears each new process of a kernel late.

ZeroMQ connects again when it likes: the page's connection may be seconds before the recorder's.
"""

from typing import Any

import zmq

from ramon_notebook.cli import main
from ramon_notebook.execution.asking import AskingKernels
from ramon_notebook.execution.kernels import RecordingKernelManager

LATE_MS = 3_000
USUAL_MS = 100


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


jupyters_own = AskingKernels.start_watching_activity
AskingKernels.start_watching_activity = start_watching_activity
assert RecordingKernelManager.start_watching_activity is not start_watching_activity

if __name__ == "__main__":
    main()
