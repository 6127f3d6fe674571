"""Connections under httpx, over real sockets."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpcore
import pytest

from exporter.api._network import UNREAD_BYTES, Backend, connect

PATIENCE = 10.0

Server = socket.socket
"""The other end: it does what a test says, when the test says so."""


@asynccontextmanager
async def _connected() -> AsyncIterator[tuple[httpcore.AsyncNetworkStream, Server]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        stream = await Backend().connect_tcp(host, port, timeout=PATIENCE)
        other, _ = listener.accept()
        with other:
            yield stream, other
        await stream.aclose()


def _play(scene: Callable[[httpcore.AsyncNetworkStream, Server], Awaitable[None]]) -> None:
    async def play() -> None:
        async with _connected() as (stream, server):
            await asyncio.wait_for(scene(stream, server), PATIENCE)

    asyncio.run(play())


def _reset(server: Server) -> None:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.close()


async def _until_readable(stream: httpcore.AsyncNetworkStream) -> None:
    while not stream.get_extra_info("is_readable"):  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "act",
    [lambda server: server.sendall(b"x"), Server.close, _reset],
    ids=["speaks", "hangs-up", "resets"],
)
def test_connection_at_rest_tells_that_it_is_none_any_more(act: Callable[[Server], None]) -> None:
    """None is used again that has something to say unasked, be it its end."""

    async def scene(stream: httpcore.AsyncNetworkStream, server: Server) -> None:
        await asyncio.sleep(0)
        assert not stream.get_extra_info("is_readable")
        act(server)
        await _until_readable(stream)

    _play(scene)


def test_end_is_no_data() -> None:
    """What came before the end is read, then nothing, any number of times."""

    async def scene(stream: httpcore.AsyncNetworkStream, server: Server) -> None:
        server.sendall(b"hello")
        server.close()
        assert await stream.read(4) == b"hell"
        assert [await stream.read(9) for _ in range(3)] == [b"o", b"", b""]

    _play(scene)


def test_break_is_an_error() -> None:
    """A reset is no end: an answer without a length would pass for whole."""

    async def scene(stream: httpcore.AsyncNetworkStream, server: Server) -> None:
        _reset(server)
        for _ in range(2):
            with pytest.raises(httpcore.ReadError):
                await stream.read(9)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"hello")

    _play(scene)


def test_silence_is_too_long() -> None:
    """Waiting ends in time, and the connection can be read from afterwards."""

    async def scene(stream: httpcore.AsyncNetworkStream, server: Server) -> None:
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(9, timeout=0.01)
        server.sendall(b"late")
        assert await stream.read(9) == b"late"

    _play(scene)


def test_flood_waits_for_its_reader() -> None:
    """No more is taken in than a reader asks for, beside a bound; all of it arrives."""
    size = 64 * UNREAD_BYTES

    async def scene(stream: httpcore.AsyncNetworkStream, server: Server) -> None:
        server.setblocking(False)  # noqa: FBT003 - its only argument
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(server, bytes(size)))
        assert await asyncio.wait({sending}, timeout=0.2) == (set(), {sending})
        got = 0
        while got < size:
            got += len(await stream.read(size))
        assert got == size
        await sending

    _play(scene)


@pytest.mark.parametrize("kind", ["refused", "silent"])
def test_next_address_is_tried(kind: str) -> None:
    """An address that refuses, or that never answers, is left for the next one."""

    async def play() -> None:
        with (
            socket.create_server(("127.0.0.1", 0), backlog=0) as full,
            socket.create_server(("127.0.0.1", 0)) as good,
            socket.socket() as first,
            socket.socket() as second,
        ):
            for one in (first, second):  # whoever comes after them is not even refused
                one.setblocking(False)  # noqa: FBT003 - its only argument
                one.connect_ex(full.getsockname())
            good.settimeout(PATIENCE)
            bad = full.getsockname()
            if kind == "refused":
                full.close()
            stream = await connect([bad, good.getsockname()])
            other, _ = good.accept()
            other.close()
            await stream.aclose()

    asyncio.run(asyncio.wait_for(play(), PATIENCE))


def test_host_by_name() -> None:
    """A name is looked up, and whichever of its addresses is served is found."""

    async def play() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            stream = await Backend().connect_tcp("localhost", listener.getsockname()[1])
            other, _ = listener.accept()
            other.close()
            await stream.aclose()

    asyncio.run(asyncio.wait_for(play(), PATIENCE))


def test_name_that_cannot_be_asked_for() -> None:
    """A name that DNS has no form for is no connection, as one that it does not know."""
    with pytest.raises(httpcore.ConnectError, match=r"^no name of a host$"):
        asyncio.run(Backend().connect_tcp("a..b", 443))


def test_words_of_the_system() -> None:
    """Who cannot connect learns why, in the system's words."""

    async def connect() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            host, port = listener.getsockname()
        await Backend().connect_tcp(host, port)

    with pytest.raises(httpcore.ConnectError, match=r"^Connection refused$"):
        asyncio.run(connect())
