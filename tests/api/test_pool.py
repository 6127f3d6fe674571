import asyncio

import httpx
import pytest

from exporter.api import Access, Client, Pool
from exporter.api._transport import MAX_CONNECTIONS
from exporter.errors import PayloadError, RequestError, UnsupportedError
from exporter.secret import Credential, Secret
from tests.api.clients import NO_SLEEP, Plans, api, bearer, opened
from tests.sockets import Behaviour, answer, for_ever, head, patient, serve


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


async def _ask(pool: Pool, url: str) -> bytes:
    return (await httpx.AsyncClient(transport=pool.transport(httpx.URL(url))).get(url)).content


def test_pool_closes_its_connections() -> None:
    """A connection is kept for the next request, and closed with the pool."""

    async def play() -> list[int]:
        pool = Pool()
        async with patient() as server:
            assert [await _ask(pool, server.url) for _ in range(2)] == [b"{}"] * 2
            assert not server.ended.is_set()
            await pool.aclose()
            await asyncio.wait_for(server.ended.wait(), 5)
        return server.answers

    assert asyncio.run(play()) == [2]


def test_pool_keeps_the_connections_that_are_needed() -> None:
    """Those to other origins are closed, and opened again when they are needed after all."""

    async def play() -> tuple[list[int], list[int]]:
        pool = Pool()
        async with patient() as one, patient() as two:
            for server in (one, two):
                await _ask(pool, server.url)
            await pool.keep([f"{one.url}/api", "https://elsewhere.example"])
            await asyncio.wait_for(two.ended.wait(), 5)
            for server in (one, two):
                await _ask(pool, server.url)
            await pool.aclose()
        return one.answers, two.answers

    assert asyncio.run(play()) == ([2], [1, 1])


def test_waiting_for_a_connection_is_no_silence() -> None:
    """An account whose turn comes late was not left in silence by its provider."""
    pool = Pool()

    def client(url: str, silence: float) -> Client:
        access = Access(url, Credential(Secret("key")), bearer, {}, silence)
        return Client(pool, access, clock=NO_SLEEP)

    async def ask() -> None:
        all_busy, opens = asyncio.Barrier(MAX_CONNECTIONS + 1), asyncio.Event()

        async def late(writer: asyncio.StreamWriter) -> None:
            await all_busy.wait()
            await opens.wait()
            await answer()(writer)

        async with serve(*[late] * MAX_CONNECTIONS, answer()) as origin:
            busy = [client(origin.url, 30.0) for _ in range(MAX_CONNECTIONS)]
            tasks = [asyncio.create_task(api(one).get("/a", Plans)) for one in busy]
            await all_busy.wait()
            last = asyncio.create_task(api(client(origin.url, 0.05)).get("/a", Plans))
            await asyncio.wait([last], timeout=0.2)
            opens.set()
            await asyncio.gather(last, *tasks)
            await pool.aclose()

    asyncio.run(ask())


@pytest.mark.parametrize(
    "bad",
    [
        answer(b"{}", status="404 Not Found"),
        answer(b"", "Location: /a", status="302 Found"),
        for_ever(head(), b" " * 2**20),
    ],
    ids=["refused", "redirected", "too-large"],
)
def test_no_failure_keeps_its_connection(bad: Behaviour) -> None:
    """After more failures than there are connections, there are still as many as ever."""

    async def ask() -> None:
        async with serve(bad) as origin, opened(origin.url) as client:
            for _ in range(MAX_CONNECTIONS + 1):
                with pytest.raises((PayloadError, RequestError, UnsupportedError)):
                    await api(client).get("/a", Plans)

    asyncio.run(ask())
