"""Handshakes: a connection whose TLS handshake is cut off is closed.

httpcore closes one whose handshake fails, but not one whose handshake is cancelled, as our deadline
does (1.0.9): against a server that never ends its own, every poll would leave sockets open.
"""

from collections.abc import Mapping
from typing import Protocol


class Stream(Protocol):
    """A connection, as httpcore has it."""

    async def aclose(self) -> None:
        """Close it."""


class CutHandshakes:
    """The ``trace`` of one request (httpcore's documentation, "Request Extensions")."""

    _connected: Stream

    async def __call__(self, step: str, about: Mapping[str, Stream]) -> None:
        """Take note of a connection, or close the one whose handshake did not end."""
        if step == "connection.connect_tcp.complete":
            self._connected = about["return_value"]
        elif step == "connection.start_tls.failed":
            await self._connected.aclose()
