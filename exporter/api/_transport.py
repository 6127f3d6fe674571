"""Transport: the connections to one origin, under httpx's requests and responses.

httpcore's own pool loses a connection for good when a poll is cancelled at the wrong moment
(1.0.9), and goes over all of them at every request.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from exporter.api._network import Backend

MAX_CONNECTIONS = 20
"""A provider is spared more, whatever the number of accounts."""

KEEPALIVE_SECONDS = 900.0
"""Above the longest default interval (15 minutes would be cut off by most servers before)."""


class _Connection(httpcore.AsyncHTTPConnection):
    """A connection that is free once its answer was read, and nothing came behind that.

    What did would be taken for the next answer, be it another account's.
    """

    def is_available(self) -> bool:
        return super().is_available() and not self._surplus

    @property
    def _surplus(self) -> bytes:
        http11 = self._connection
        assert isinstance(http11, httpcore.AsyncHTTP11Connection)  # noqa: S101 - we ask for no other
        surplus, _ = http11._h11_state.trailing_data  # noqa: SLF001 - httpcore has no name for it
        return surplus


class Transport(httpx.AsyncBaseTransport):
    """Sends requests to one origin, over connections that are used again."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self._network = Backend()
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: list[_Connection] = []
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the head of the answer; its connection is free once that is closed.

        Raises: httpx.TimeoutException, httpx.TransportError.
        """
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        asked = httpcore.Request(
            request.method, url, headers=request.headers.raw, extensions=request.extensions
        )
        await self._slots.acquire()
        connection = await self._connection(url.origin)
        try:
            with _errors_of_httpx():
                answer = await connection.handle_async_request(asked)
        except BaseException:
            await self.give_back(connection)
            raise
        stream = _Stream(answer, connection, self)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream)

    async def _connection(self, origin: httpcore.Origin) -> _Connection:
        """Return the one that was used last, if it still holds, else a new one."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return _Connection(
            origin,
            ssl_context=self._tls,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=self._network,
        )

    async def give_back(self, connection: _Connection) -> None:
        """Keep *connection* for the next request, or close it where it cannot be used again."""
        self._slots.release()
        if connection.is_available() and not self._is_closed:
            self._idle.append(connection)
        else:
            await connection.aclose()

    async def aclose(self) -> None:
        """Close every connection, those in use as soon as they are free."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().aclose()


class _Stream(httpx.AsyncByteStream):
    """The body of an answer, and the connection that it comes over."""

    def __init__(
        self,
        answer: httpcore.Response,
        connection: _Connection,
        transport: Transport,
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for part in self._answer.aiter_stream():
                yield part

    async def aclose(self) -> None:
        try:
            await self._answer.aclose()
        finally:
            await self._transport.give_back(self._connection)


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """Raise httpx's errors in place of httpcore's."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error)) from error
    except httpcore.ConnectError as error:
        raise httpx.ConnectError(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise httpx.TransportError(str(error)) from error
