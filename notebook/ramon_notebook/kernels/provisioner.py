"""How Jupyter starts kernels here: forked from the template where that changes nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, ClassVar, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from ramon_notebook.kernels.client import ForkServer

LAUNCHER = ["-m", "ipykernel_launcher", "-f"]


class ForkingProvisioner(LocalProvisioner):
    """A LocalProvisioner that starts Python in the overlay, by a fork of the template.

    Every other kernel, and every kernel after packages were installed, starts as a process
    of its own just as with LocalProvisioner.
    """

    fork_server: ClassVar[ForkServer | None] = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel; returns how to connect to it."""
        if self.fork_server is None:
            return await super().launch_kernel(cmd, **kwargs)
        if cmd[0] == sys.executable:
            cmd = [str(self.fork_server.python), *cmd[1:]]
        if cmd[0] != str(self.fork_server.python) or cmd[1:4] != LAUNCHER:
            return await super().launch_kernel(cmd, **kwargs)
        cwd = str(kwargs.get("cwd") or Path.cwd())
        env = dict(kwargs.get("env") or os.environ)
        argv = ["ipykernel_launcher", *cmd[3:]]
        kernel = await asyncio.to_thread(self.fork_server.fork, argv, cwd, env)
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = cast("Any", kernel)  # the part of a Popen that is used
        self.pid = self.pgid = kernel.pid
        self.cwd = cwd
        return self.connection_info
