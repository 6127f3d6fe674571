"""Server: the thread that answers HTTP.

It has an event loop of its own: no scrape stalls a poll, and ``/metrics`` answers whatever the
polls do.
"""

import socket
import ssl
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from exporter.connection import BACKLOG, Limits, bounded
from exporter.errors import StartError
from exporter.tls_connection import encrypted

_KEEP_ALIVE_SECONDS = 120
"""Longer than the usual interval of scrapes, so that they find their connection again."""

_GRACE_SECONDS = 1
"""For answers under way when the server stops."""


class _Uvicorn(uvicorn.Server):
    """uvicorn, which says when it listens, and leaves no connection behind."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; what has not been answered by then is cut off."""
        await super().shutdown(sockets)
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()


class Server:
    """Serve *app* on *sockets*, in a thread, while the context lasts.

    The sockets are bound already, and the server closes them. It speaks HTTP, or HTTPS by *tls*.
    """

    def __init__(
        self,
        app: ASGIApp,
        sockets: Iterable[socket.socket],
        *,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._sockets = list(sockets)
        self._server = _Uvicorn(_uvicorn_config(app, tls, limits or Limits()))
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)

    def start(self) -> None:
        """Return as soon as requests are answered.

        Raises: StartError when the sockets cannot be listened on.
        """
        self._thread.start()
        self._server.listening.wait()
        if not self._server.started:
            raise StartError(f"the HTTP server did not start: {self._failure}") from self._failure

    def stop(self) -> None:
        """Return when the last answer is sent, or after some two seconds."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            self._server.run(self._sockets)
        except OSError as error:
            self._failure = error
        finally:
            for one in self._sockets:
                one.close()
            self._server.listening.set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _uvicorn_config(app: ASGIApp, tls: ssl.SSLContext | None, limits: Limits) -> uvicorn.Config:
    """Configure uvicorn; not its own limit of connections: with that, idle ones refuse scrapes."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=encrypted(limits, tls) if tls else bounded(limits),
        backlog=BACKLOG,
        ws="none",
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
