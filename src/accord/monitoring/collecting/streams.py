"""One connection's bytes, plain or by TLS, read straight from the socket: what is not asked for stays with the kernel.

How a connection ends tells its sender whether all is on disk. Until `finish`, any end (a kill too) is a reset:
SO_LINGER is set to 0 at its beginning. `finish`, called when all is on disk, sends close_notify and an orderly end.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from contextlib import suppress

CHUNK = 1 << 16
HANDSHAKE = 15.0
"""Seconds for a TLS handshake."""
LINGER = 5.0
"""Seconds that the last bytes may take to leave."""
_RESET, _ORDERLY = struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)


class Plain:
    """A TCP connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._loop = asyncio.get_running_loop()
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def begin(self) -> None:
        """Do what comes before the first byte."""

    async def recv(self) -> bytes:
        """Some bytes; empty at the sender's orderly end. OSError where the connection broke off."""
        return await self._loop.sock_recv(self._socket, CHUNK)

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._socket, data)

    async def finish(self) -> None:
        """End in order: only now is everything on disk."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ORDERLY)
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.close()

    def half_close(self) -> None:
        """Tell the sender to stop, and still take what is under way."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """End as a reset."""
        self._socket.close()


class Tls(Plain):
    """A TLS connection. An end without close_notify is one that broke off (RFC 5425, section 4.4)."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext) -> None:
        super().__init__(connection)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    async def begin(self) -> None:
        async with asyncio.timeout(HANDSHAKE):
            while True:
                try:
                    self._tls.do_handshake()
                except ssl.SSLWantReadError:
                    await self._flush()
                    await self._more()
                else:
                    await self._flush()
                    return

    async def recv(self) -> bytes:
        while True:
            try:
                return self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._more()
            except ssl.SSLZeroReturnError:
                return b""

    async def send(self, data: bytes) -> None:
        self._tls.write(data)
        await self._flush()

    async def finish(self) -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER):
                with suppress(ssl.SSLError):
                    self._tls.unwrap()
                await self._flush()
        await super().finish()

    def half_close(self) -> None:
        """Nothing: close_notify would say that all is on disk."""

    async def _more(self) -> None:
        data = await super().recv()
        if not data:
            raise ConnectionResetError("The connection ended without close_notify.")
        self._in.write(data)

    async def _flush(self) -> None:
        if self._out.pending:
            await self._loop.sock_sendall(self._socket, self._out.read())
