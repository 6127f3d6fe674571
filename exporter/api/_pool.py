"""Pool: one TLS context for all, and connections per origin, which its accounts share."""

import ssl
from collections.abc import Iterable
from functools import cached_property

import httpx

from exporter.api._transport import Transport


class Pool:
    """The connections to all providers."""

    def __init__(self) -> None:
        self._transports: dict[str, Transport] = {}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def transport(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """Return the transport of the origin of *url*."""
        origin = _origin(url)
        if origin not in self._transports:
            self._transports[origin] = Transport(self._tls if url.scheme == "https" else None)
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
