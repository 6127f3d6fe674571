"""TLS connection: one that begins with a handshake, within the bounds of all others.

asyncio itself tells a server of a connection when its handshake is over: whoever never ends one
would be counted by nobody, and cut off after a minute.
"""

import asyncio
import ssl

from uvicorn.protocols.http.h11_impl import H11Protocol

from exporter.connection import Connection, Limits


class TlsConnection(Connection):
    """One connection. It is at rest during its handshake."""

    tls: ssl.SSLContext
    _handshake: asyncio.Task[None] | None = None
    _early: bytes | None = b""
    """What the client said right after its handshake; None once we know that it is over."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin with the handshake."""
        transport.pause_reading()
        super().connection_made(transport)
        self._handshake = self.loop.create_task(self._shake_hands(transport))

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        if self._early is None:
            super().data_received(data)
        else:
            self._early += data

    async def _shake_hands(self, plain: asyncio.Transport) -> None:
        limit = self.limits.exchange_seconds
        try:
            transport = await self.loop.start_tls(
                plain, self, self.tls, server_side=True, ssl_handshake_timeout=limit
            )
        except OSError as error:
            self.connection_lost(error)
            return
        if transport is None:  # the client has left meanwhile
            self.connection_lost(None)
            return
        H11Protocol.connection_made(self, transport)
        early, self._early = self._early, None
        if early:
            self.data_received(early)


def encrypted(limits: Limits, tls: ssl.SSLContext) -> type[TlsConnection]:
    """Return connections by *tls* that keep within *limits*, for uvicorn to make."""
    return type("BoundedTlsConnection", (TlsConnection,), {"limits": limits, "tls": tls})
