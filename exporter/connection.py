"""Connection: uvicorn's, with bounds on what its client may cost.

Whoever reaches the port may send slowly, read slowly, or open connections and do nothing at all.
None of that may keep a scrape from its answer, nor take memory and files without end: who takes too
long is cut off, and where there are too many, those that began longest ago are.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

BACKLOG = 128
"""Connections that asyncio takes in at once, before any can be cut: beside those that there may be,
they need files as well. Where there are none left, it stops to take in any for a second."""

_AT_ONCE = struct.pack("ii", 1, 0)
"""Linger, for 0 seconds: what is closed then is reset."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may take."""

    connections: int = 500
    """About half of the 1,024 files that a process commonly may open: the rest is for the polls."""
    exchange_seconds: float = 30.0
    """From a request's first byte to its answer's last, and from a connection to its first request;
    Prometheus gives a scrape 10 seconds unless told otherwise."""
    unsent_bytes: int = 64 * 2**20
    """Of answers that are not read; a scrape of a hundred accounts has 2 MiB."""


class Connection(H11Protocol):
    """One connection. At rest, it waits for a request for as long as uvicorn keeps it alive."""

    limits = Limits()
    began = 0.0
    """When its latest exchange did, by the event loop's clock."""
    _deadline: asyncio.TimerHandle | None = None
    _has_answered = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin; if it is one too many, another one ends."""
        super().connection_made(transport)
        self._begin()
        if len(self.connections) > self.limits.connections:
            min(self._others(), key=_precedence).cut()

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        if self._is_at_rest:
            self._begin()
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Go on; if too much is left unread, others end."""
        self._has_answered = True
        super().on_response_complete()
        if self.unsent_bytes:
            self._make_room()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP; hang up when the answer was given before that was seen."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.cut()

    def shutdown(self) -> None:
        """End with the server: at rest at once, as TLS would wait for the client's farewell."""
        if self._is_at_rest:
            self.transport.abort()
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._set_deadline(None)
        super().connection_lost(exc)

    def cut(self) -> None:
        """Reset it, whatever was still to be said: nor is the system to keep that."""
        self.connections.discard(self)
        own: socket.socket | None = self.transport.get_extra_info("socket")
        if own is not None and own.fileno() >= 0:  # else it has ended just now
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    @property
    def unsent_bytes(self) -> int:
        """How much of its answers was not sent yet."""
        return _unsent_bytes(self.transport)

    @property
    def is_answering(self) -> bool:
        """Whether there is a request that we owe the answer to."""
        return self.conn.our_state in (h11.SEND_RESPONSE, h11.SEND_BODY)

    @property
    def _is_at_rest(self) -> bool:
        """Whether nothing was asked that is not answered, and sent, to the end."""
        states = (self.conn.our_state, self.conn.their_state)
        part_of_a_request = self.conn.trailing_data[0]
        return states == (h11.IDLE, h11.IDLE) and not part_of_a_request and not self.unsent_bytes

    def _begin(self) -> None:
        self.began = self.loop.time()
        self._set_deadline(self.loop.call_later(self.limits.exchange_seconds, self._end))

    def _end(self) -> None:
        if not (self._has_answered and self._is_at_rest):
            self.cut()

    def _set_deadline(self, deadline: asyncio.TimerHandle | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = deadline

    def _make_room(self) -> None:
        others = sorted(self._others(), key=_precedence)
        excess = sum(one.unsent_bytes for one in (self, *others)) - self.limits.unsent_bytes
        for one in others:
            if excess > 0 and one.unsent_bytes:
                excess -= one.unsent_bytes
                one.cut()

    def _others(self) -> list["Connection"]:
        everyone = (one for one in self.connections if isinstance(one, Connection))
        return [one for one in everyone if one is not self]


def bounded(limits: Limits) -> type[Connection]:
    """Return connections that keep within *limits*, for uvicorn to make."""
    return type("BoundedConnection", (Connection,), {"limits": limits})


def _precedence(one: Connection) -> tuple[bool, float]:
    """Put first what is to end first: those that wait for their clients, the oldest of them."""
    return one.is_answering, one.began


def _unsent_bytes(transport: asyncio.Transport) -> int:
    """Count what *transport* holds; asyncio's TLS passes all on, and does not count it."""
    below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    held = 0 if below is None else below.get_write_buffer_size()
    return held + transport.get_write_buffer_size()
