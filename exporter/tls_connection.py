"""TLS connection: one that begins with a handshake, within the bounds of all others.

asyncio itself tells a server of a connection when its handshake is over: whoever does not end one
would be counted by nobody until asyncio's own limit of a minute.
"""

import asyncio
import ssl

from uvicorn.protocols.http.h11_impl import H11Protocol

from exporter.connection import Connection, Limits


class TlsConnection(Connection):
    """One connection. It is at rest during its handshake."""

    tls: ssl.SSLContext
    _handshake: asyncio.Task[None] | None = None
    """Held, since the event loop itself does not."""
    _early: bytes | None = b""
    """What the client said right after its handshake; None once we know that it is over."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin with the handshake."""
        transport.pause_reading()  # what comes is not for us, but for start_tls
        super().connection_made(transport)
        self._handshake = self.loop.create_task(self._shake_hands(transport))

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        if self._early is None:
            super().data_received(data)
        else:
            self._early += data

    async def _shake_hands(self, plain: asyncio.Transport) -> None:
        transport = None
        try:
            if not plain.is_closing():
                transport = await self.loop.start_tls(plain, self, self.tls, server_side=True)
        except OSError as error:
            plain.abort()  # start_tls does not where it could not even begin
            self.connection_lost(error.with_traceback(None))  # which would hold all of asyncio's
            return
        if transport is None:  # it has ended meanwhile
            self.connection_lost(None)
            return
        H11Protocol.connection_made(self, transport)
        early, self._early = self._early, None
        if early:
            self.data_received(early)


def encrypted(limits: Limits, tls: ssl.SSLContext) -> type[TlsConnection]:
    """Return connections by *tls* that keep within *limits*, for uvicorn to make."""
    return type("BoundedTlsConnection", (TlsConnection,), {"limits": limits, "tls": tls})
