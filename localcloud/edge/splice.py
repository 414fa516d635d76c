"""Joins two connections byte by byte: what one side sends, the other gets."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

TIMEOUT = 5.0
"""Seconds to wait for a target that does not listen yet: a gateway's own start takes less."""

RETRY = 0.05
"""Seconds between attempts to connect."""


class Side(asyncio.Protocol):
    """One end; its `other` gets what arrives here, at the speed the other can take."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: Side | None = None
        self.held = b""
        self.on_close: Callable[[asyncio.Transport], None] | None = None

    def close(self) -> None:
        """Hang up."""
        if self.transport:
            self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send small packets at once: they are keystrokes and their echoes."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's has no base class
        no_delay(transport)

    def data_received(self, data: bytes) -> None:
        """Pass on, or keep until there is another side."""
        if self.other and self.other.transport:
            self.other.transport.write(data)
        else:
            self.held += data

    def eof_received(self) -> bool:
        """Tell the other side, which may go on sending."""
        if self.other and self.other.transport and self.other.transport.can_write_eof():
            self.other.transport.write_eof()
        return True

    def connection_lost(self, _exc: Exception | None) -> None:
        """End the other side too, once it has sent what it holds."""
        if self.on_close and self.transport:
            self.on_close(self.transport)
        if self.other:
            self.other.close()

    def pause_writing(self) -> None:
        """This side is slow: read no more from the other."""
        if self.other and self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """This side has caught up."""
        if self.other and self.other.transport:
            self.other.transport.resume_reading()


def no_delay(transport: asyncio.BaseTransport) -> None:
    """Switch Nagle's algorithm off."""
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def connect(address: str, port: int) -> Side:
    """A connected side; raises OSError if nothing listens there within TIMEOUT."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + TIMEOUT
    while True:
        try:
            _, side = await loop.create_connection(Side, address, port)
        except OSError:
            if loop.time() > deadline:
                raise
            await asyncio.sleep(RETRY)
        else:
            return side


def join(
    transport: asyncio.Transport,
    received: bytes,
    target: Side,
    on_close: Callable[[asyncio.Transport], None],
) -> None:
    """Splice a connection, of which `received` was read already, to `target`."""
    client = Side()
    client.on_close = on_close
    client.other, target.other = target, client
    transport.set_protocol(client)
    client.connection_made(transport)
    client.data_received(received)
    transport.write(target.held)
    if target.transport is None or target.transport.is_closing():
        transport.close()  # it hung up before there was anybody to tell
