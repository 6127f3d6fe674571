"""Network: the connections under httpx, on asyncio alone.

httpcore lets its sockets be given (its documentation, "Network Backends"). These cost a poll a
quarter less than its own, which go through a second layer for every read and ask the system whether
a connection still holds, as asyncio has long said. And they are closed at once, whatever the other
end does.
"""

import asyncio
import os
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import httpcore

from exporter.api._names import Names

SILENCE_SECONDS = 2.0
"""How long one of several addresses of a host may be silent before the next one is tried."""

UNREAD_BYTES = 256 * 2**10
"""What a connection takes in ahead of its reader."""


Address = tuple[str, int]
"""An IP address and a port."""


class Backend(httpcore.AsyncNetworkBackend):
    """Opens connections."""

    def __init__(self) -> None:
        self._names = Names()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect. Raises: httpcore.ConnectError, httpcore.ConnectTimeout."""
        with _mapped(httpcore.ConnectError, httpcore.ConnectTimeout):
            async with asyncio.timeout(timeout):
                return await connect([(ip, port) for ip in await self._names.addresses(host)])


async def connect(addresses: Sequence[Address]) -> "Stream":
    """Connect to the first of *addresses* that answers. Raises: OSError for the last one.

    Not by asyncio's own race of them, which loses sockets when it is cancelled (3.11 to 3.13).
    """
    for address in addresses[:-1]:
        with suppress(OSError):
            async with asyncio.timeout(SILENCE_SECONDS):
                return await _connect(address)
    return await _connect(addresses[-1])


async def _connect(address: Address) -> "Stream":
    _, stream = await asyncio.get_running_loop().create_connection(Stream, *address)
    return stream


class Stream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._unread = bytearray()
        self._has_ended = self._is_broken = False
        self._news = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of TCP or TLS
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep *data* until it is read."""
        self._unread += data
        if len(self._unread) > UNREAD_BYTES:
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> None:
        """Take note that nothing more comes; asyncio closes the connection."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; it broke if there is an error."""
        self._is_broken = exc is not None
        self._end()

    def _end(self) -> None:
        self._has_ended = True
        self._news.set()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what comes next; nothing at the end.

        Raises: httpcore.ReadError, httpcore.ReadTimeout.
        """
        if not self._is_readable:
            self._news.clear()
            with _mapped(httpcore.ReadError, httpcore.ReadTimeout):
                async with asyncio.timeout(timeout):
                    await self._news.wait()
        if self._is_broken and not self._unread:
            raise httpcore.ReadError
        data = bytes(self._unread[:max_bytes])
        del self._unread[:max_bytes]
        if not self._has_ended:
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send *buffer*, in the background: a GET is small. Raises: httpcore.WriteError."""
        if self._has_ended:
            raise httpcore.WriteError
        self._transport.write(buffer)

    async def aclose(self) -> None:
        """Close it at once: a TLS connection without its farewell, which may never be answered."""
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Speak TLS from now on, or close it.

        Raises: httpcore.ConnectError, httpcore.ConnectTimeout.
        """
        loop = asyncio.get_running_loop()
        with _mapped(httpcore.ConnectError, httpcore.ConnectTimeout):
            async with asyncio.timeout(timeout):
                tls = await loop.start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        assert tls is not None  # noqa: S101 - as the handshake has ended
        self._transport = tls
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as in httpcore
        """Answer what httpcore asks: whether a connection at rest has something to say."""
        if info == "is_readable":
            return self._is_readable
        return self._transport.get_extra_info(info)

    @property
    def _is_readable(self) -> bool:
        return bool(self._unread) or self._has_ended


@contextmanager
def _mapped(failed: type[Exception], too_late: type[Exception]) -> Iterator[None]:
    """Raise httpcore's errors in place of asyncio's."""
    try:
        yield
    except TimeoutError as error:
        raise too_late(error) from error
    except UnicodeError as error:  # of a name that cannot be asked for
        raise failed("no name of a host") from error
    except OSError as error:
        raise failed(_words(error)) from error


def _words(error: OSError) -> str:
    """Say what the system says; asyncio has the address in its place."""
    if error.errno is None or error.errno <= 0 or isinstance(error, ssl.SSLError):
        return str(error)
    return os.strerror(error.errno)
