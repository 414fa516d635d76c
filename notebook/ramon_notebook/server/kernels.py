"""Sockets to kernels and terminals that answer without delay."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's connection of a page to a kernel, without Nagle's algorithm.

    A cell's answer is several small packets; waiting for the first one's acknowledgement
    delays the rest by 40 ms.
    """

    def connect(self) -> Any:
        """Connect the page to the kernel's channels."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
