"""An origin: a provider's API on a real socket, which misbehaves when it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
from starlette.applications import Starlette

from tests.sockets import Behaviour, head


@dataclass
class Origin:
    """A server that answers as *app* does, or as *behaviour* has it; *heads* is what it was sent.

    *date* is its ``Date``: None is what the app says, empty is none at all.
    """

    app: Starlette
    url: str = ""
    behaviour: Behaviour | None = None
    date: str | None = None
    heads: list[str] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.create_task(self._talk(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            try:
                request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.heads.append(request)
                await self._answer(request, writer)
                await writer.drain()
            finally:
                writer.close()

    async def _answer(self, request: str, writer: asyncio.StreamWriter) -> None:
        if self.behaviour is None:
            writer.write(await self._well_behaved(request))
        else:
            await self.behaviour(writer)

    async def _well_behaved(self, request: str) -> bytes:
        first, *lines = request.rstrip("\r\n").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url=self.url) as client:
            answer = await client.get(first.split(" ")[1], headers=headers)
        status = f"{answer.status_code} {answer.reason_phrase}"
        date = answer.headers["date"] if self.date is None else self.date
        told = [f"Content-Length: {len(answer.content)}", *([f"Date: {date}"] if date else [])]
        return head(*told, status=status) + answer.content

    def targets(self) -> list[str]:
        """Return path and query of everything it was asked, in order."""
        return [request.split(" ")[1] for request in self.heads]


@asynccontextmanager
async def opened(app: Starlette, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Origin]:
    """Open an origin that plays *app*, and close it with all its connections in the end."""
    origin = Origin(app)
    server = await asyncio.start_server(origin.connected, "127.0.0.1", 0, ssl=tls)
    scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
    origin.url = f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield origin
    finally:
        server.close()
        for task in tuple(origin.tasks):
            task.cancel()
        await asyncio.gather(*origin.tasks, return_exceptions=True)
        await server.wait_closed()
