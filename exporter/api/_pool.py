"""One TLS context for all, one connection pool per origin.

httpx's pool takes time quadratic in its connections, and a pool shared by origins closes one
connection to open another: so each origin has a small one, shared by its accounts.
"""

import ssl
from collections.abc import Iterable
from functools import cached_property

import httpx

MAX_CONNECTIONS = 20
"""Per origin: beyond it httpx spends more on its pool than on the requests."""

KEEPALIVE_SECONDS = 900.0
"""Above the longest default interval (15 minutes would be cut off by most servers before)."""


class Pool:
    """The connections to all providers."""

    def __init__(self) -> None:
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def transport(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """Return the transport of the origin of *url*."""
        origin = _origin(url)
        if origin not in self._transports:
            self._transports[origin] = self._open(tls=url.scheme == "https")
        return self._transports[origin]

    def _open(self, *, tls: bool) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_SECONDS,
        )
        return httpx.AsyncHTTPTransport(verify=self._tls if tls else False, limits=limits)

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
