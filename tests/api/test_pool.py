import asyncio

import httpx
import pytest

from exporter.api import Pool
from tests.sockets import answer, serve


def test_accounts_of_an_origin_share_their_connections() -> None:
    """One origin has one transport, whatever the path and the credential in the URL."""
    pool = Pool()
    urls = ("http://a.example", "http://a.example/x", "http://u:p@a.example:80/y")
    assert len({id(pool.transport(httpx.URL(url))) for url in urls}) == 1


@pytest.mark.parametrize(
    "url", ["https://a.example", "http://b.example", "http://a.example:8080", "http://[::1]/"]
)
def test_origins_have_connections_of_their_own(url: str) -> None:
    """Another scheme, host or port is another origin."""
    pool = Pool()
    first = pool.transport(httpx.URL("http://a.example"))
    assert pool.transport(httpx.URL(url)) is not first


def test_pool_closes_its_connections() -> None:
    """What was opened is closed in the end."""

    async def ask() -> None:
        async with serve(answer(b"ok")) as origin:
            pool = Pool()
            client = httpx.AsyncClient(transport=pool.transport(httpx.URL(origin.url)))
            assert (await client.get(origin.url)).content == b"ok"
            await pool.aclose()

    asyncio.run(ask())
