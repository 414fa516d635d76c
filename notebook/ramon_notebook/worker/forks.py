"""A fork server that has imported Dask already, because it is a fork of this very process.

Python's own would start a fresh interpreter and import everything a second time: most of a
worker's start, and of its memory while it is idle. Here one import serves the nanny, the first
worker, and every worker that the nanny starts again after one ran out of memory.
"""

from __future__ import annotations

import gc
import os
import socket
from multiprocessing import connection, forkserver, resource_tracker
from typing import Any


def start_fork_server() -> None:
    """Fork this process into the server of multiprocessing's "forkserver" method.

    To be called while the process has one thread and no event loop: what is forked has no
    locks that others hold. The server ends when this process has ended.
    """
    server: Any = forkserver._forkserver  # noqa: SLF001
    resource_tracker.ensure_running()
    gc.collect()
    gc.freeze()  # a collection in a child must not copy the pages they share
    with socket.socket(socket.AF_UNIX) as listener:
        address = connection.arbitrary_address("AF_UNIX")  # type: ignore[attr-defined]
        listener.bind(address)
        os.chmod(address, 0o600)  # noqa: PTH101  # may be bytes
        listener.listen()
        alive_read, alive_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(alive_write)
            try:
                forkserver.main(listener.detach(), alive_read, [])
            finally:
                os._exit(0)
        os.close(alive_read)
    server._forkserver_address = address  # noqa: SLF001
    server._forkserver_alive_fd = alive_write  # noqa: SLF001
    server._forkserver_pid = pid  # noqa: SLF001
    gc.unfreeze()
