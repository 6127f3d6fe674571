"""Sockets: servers of raw bytes that misbehave as they are told."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, repeat

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""What a server does with a connection after the request's head."""

TLS_HANDSHAKE = b"\x16"
"""What a client begins with that wants to speak TLS."""


@dataclass
class Origin:
    """A server; *requests* are the heads of what it was asked."""

    url: str = ""
    requests: list[str] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


@asynccontextmanager
async def serve(*behaviours: Behaviour) -> AsyncIterator[Origin]:
    """Serve: one behaviour for each request in turn, the last one for all that follow."""
    origin = Origin()
    turns = chain(behaviours[:-1], repeat(behaviours[-1]))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(1)
            if first != TLS_HANDSHAKE:
                first += await reader.readuntil(b"\r\n\r\n")
                origin.requests.append(first.decode())
            await next(turns)(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        origin.tasks.add(asyncio.create_task(talk(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    origin.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield origin
    finally:
        server.close()
        for task in origin.tasks:
            task.cancel()
        await asyncio.gather(*origin.tasks, return_exceptions=True)
        await server.wait_closed()


@dataclass
class Patient:
    """A server that answers ``{}`` and keeps its connections; *answers* has a count for each."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client has ended a connection."""
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.tasks.add(asyncio.create_task(self._talk(reader, writer)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(self.answers)
        self.answers.append(0)
        with suppress(asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.answers[number] += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()
        await writer.wait_closed()
        self.ended.set()


@asynccontextmanager
async def patient() -> AsyncIterator[Patient]:
    """Open such a server, and wait in the end until its clients have ended all connections."""
    opened = Patient()
    server = await asyncio.start_server(opened.connected, "127.0.0.1", 0)
    opened.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield opened
        await asyncio.gather(*opened.tasks)
    finally:
        for task in opened.tasks:
            task.cancel()
        server.close()
        await server.wait_closed()


def answer(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> Behaviour:
    """Answer *body*, whole."""
    return say(head(f"Content-Length: {len(body)}", *headers, status=status) + body)


def head(*headers: str, status: str = "200 OK") -> bytes:
    """Return the head of an answer."""
    lines = (f"HTTP/1.1 {status}", "Connection: close", *headers, "", "")
    return "\r\n".join(lines).encode("latin-1")


def say(*pieces: bytes, pause: float = 0.0) -> Behaviour:
    """Send *pieces*, a *pause* after each, and hang up."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


def then_hang(start: bytes = b"") -> Behaviour:
    """Send *start*, and nothing ever after."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await asyncio.Event().wait()

    return behave


def then_reset(start: bytes = b"") -> Behaviour:
    """Send *start*, then reset the connection."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        now = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        writer.transport.abort()

    return behave


def for_ever(start: bytes, piece: bytes, *, pause: float = 0.0) -> Behaviour:
    """Send *start*, then *piece* without end."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


def closed_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
