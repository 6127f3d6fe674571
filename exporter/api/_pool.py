"""One TLS context for all, one connection pool per origin.

httpx's pool takes time quadratic in its connections, and a pool shared by origins closes one
connection to open another: so each origin has a small one, shared by its accounts.
"""

import ssl
from collections.abc import Iterable
from functools import cached_property

import httpcore
import httpx

from exporter.api._network import Backend

MAX_CONNECTIONS = 20
"""Per origin: beyond it httpx spends more on its pool than on the requests."""

KEEPALIVE_SECONDS = 900.0
"""Above the longest default interval (15 minutes would be cut off by most servers before)."""


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's, with connections of our own."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(verify=tls or False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=Backend(),
        )


class Pool:
    """The connections to all providers."""

    def __init__(self) -> None:
        self._transports: dict[str, _Transport] = {}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def transport(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """Return the transport of the origin of *url*."""
        origin = _origin(url)
        if origin not in self._transports:
            self._transports[origin] = _Transport(self._tls if url.scheme == "https" else None)
        return self._transports[origin]

    async def keep(self, urls: Iterable[str]) -> None:
        """Close the connections to all origins but those of *urls*."""
        kept = {_origin(httpx.URL(url)) for url in urls}
        for origin in self._transports.keys() - kept:
            await self._transports.pop(origin).aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self.keep([])


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"
