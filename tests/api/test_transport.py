"""Connections that are used again, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from exporter.api._transport import MAX_CONNECTIONS, Transport

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Server:
    """Keeps connections alive, of which it *opened* so many; answers wait while *held* is clear."""

    url: str = ""
    opened: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    waiting: int = 0
    held: asyncio.Event = field(default_factory=asyncio.Event)
    answers: list[bytes] = field(default_factory=list)
    """What to say first."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, one after the other."""
        self.opened += 1
        self.writers.append(writer)
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.waiting += 1
                await self.held.wait()
                writer.write(self.answers.pop(0) if self.answers else ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def _served() -> AsyncIterator[tuple[Server, Transport]]:
    server, transport = Server(), Transport(None)
    server.held.set()
    listener = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server, transport
    finally:
        await transport.aclose()
        for writer in server.writers:
            writer.close()
        listener.close()
        await listener.wait_closed()


def _play(scene: Callable[[Server, Transport], Awaitable[None]]) -> None:
    async def play() -> None:
        async with _served() as (server, transport):
            await asyncio.wait_for(scene(server, transport), 30)

    asyncio.run(play())


async def _get(server: Server, transport: Transport) -> bytes:
    timeout = httpx.Timeout(10).as_dict()
    request = httpx.Request("GET", server.url, extensions={"timeout": timeout})
    response = await transport.handle_async_request(request)
    try:
        return b"".join([part async for part in response.aiter_raw()])
    finally:
        await response.aclose()


async def _has_all_its_slots(server: Server, transport: Transport) -> bool:
    """Tell whether as many requests as ever can be under way at once."""
    server.held.clear()
    server.waiting = 0
    several = [asyncio.create_task(_get(server, transport)) for _ in range(MAX_CONNECTIONS)]
    while server.waiting < MAX_CONNECTIONS:  # noqa: ASYNC110 - a test's own patience ends it
        await asyncio.sleep(0.001)
    server.held.set()
    return await asyncio.gather(*several) == [b"ok"] * MAX_CONNECTIONS


def test_one_connection_serves_one_after_the_other() -> None:
    """A connection that is free is used again."""

    async def scene(server: Server, transport: Transport) -> None:
        assert [await _get(server, transport) for _ in range(3)] == [b"ok"] * 3
        assert server.opened == 1

    _play(scene)


def test_connection_that_the_server_closed_is_not_used() -> None:
    """One that ended while it was at rest is left, and another one is opened."""

    async def scene(server: Server, transport: Transport) -> None:
        await _get(server, transport)
        server.writers[0].close()
        await server.writers[0].wait_closed()
        await asyncio.sleep(0.01)
        assert await _get(server, transport) == b"ok"
        assert server.opened == 2

    _play(scene)


@pytest.mark.parametrize(
    "behind",
    [
        pytest.param(ANSWER.replace(b"ok", b"no"), id="another answer"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", id="the head of one"),
        pytest.param(b"{}", id="something else"),
    ],
)
@pytest.mark.parametrize(
    ("answer", "body"),
    [
        pytest.param(ANSWER, b"ok", id="200"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", id="204"),
    ],
)
def test_what_comes_behind_an_answer_answers_nobody(
    answer: bytes, body: bytes, behind: bytes
) -> None:
    """A connection on which more came than was asked for is not used again."""

    async def scene(server: Server, transport: Transport) -> None:
        server.answers = [answer + behind]
        assert [await _get(server, transport) for _ in range(3)] == [body, b"ok", b"ok"]
        assert server.opened == 2

    _play(scene)


def test_no_cancellation_loses_a_connection() -> None:
    """Wherever a request is cancelled, once or twice, as many as ever can follow."""

    async def cancelled(server: Server, transport: Transport, turns: int, times: int) -> None:
        task = asyncio.create_task(_get(server, transport))
        for _ in range(turns):
            await asyncio.sleep(0)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(task, return_exceptions=True)

    async def scene(server: Server, transport: Transport) -> None:
        for times in (1, 2):
            for turns in range(40):
                await cancelled(server, transport, turns, times)
        assert await _has_all_its_slots(server, transport)

    _play(scene)


def test_closing_ends_what_is_in_use_once_it_is_free() -> None:
    """A request under way comes to its end; its connection is not kept."""

    async def scene(server: Server, transport: Transport) -> None:
        server.held.clear()
        asking = asyncio.create_task(_get(server, transport))
        while not server.waiting:  # noqa: ASYNC110 - a test's own patience ends it
            await asyncio.sleep(0.001)
        await transport.aclose()
        server.held.set()
        assert await asking == b"ok"
        await server.writers[0].wait_closed()

    _play(scene)
