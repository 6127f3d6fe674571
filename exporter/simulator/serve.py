"""Serving a world over real sockets: in a thread, or until a signal comes."""

import asyncio
import signal
import socket
import struct
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from exporter.simulator.app import create_app
from exporter.simulator.fault import ABORT, RESET
from exporter.simulator.world import World

# "Linger, for 0 seconds": what is closed then is reset.
_NO_LINGER = struct.pack("ii", 1, 0)
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ANY_HOST = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - no binding


class _AbortableProtocol(H11Protocol):
    """uvicorn's protocol, which also lets the application close the connection at once."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Offer the ways to close it."""
        super().connection_made(transport)
        ways = {ABORT: transport.abort, RESET: partial(_reset, transport)}
        self.app_state = {**self.app_state, **ways}

    def shutdown(self) -> None:
        """Wait for no answer when the server stops: some never come."""
        self.transport.abort()


class SimulatorServer:
    """Serve *world* while the context lasts, on a free port if *port* is 0.

    Raises: OSError, when the address cannot be had.
    """

    def __init__(self, world: World, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host = host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        # asyncio does so only for sockets made with proto=TCP; without, an answer takes 40 ms more.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(_config(world))
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)

    @property
    def url(self) -> str:
        """Give the origin, without a slash at the end."""
        host = _ANY_HOST.get(self._host, self._host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        with self._socket:
            self._server.run(sockets=[self._socket])


def run(host: str, port: int, world: World, *, ready: Callable[[str], None] = print) -> None:
    """Serve until SIGINT or SIGTERM; *ready* is told the URL. Only for the main thread.

    Raises: OSError, when the address cannot be had.
    """
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in _STOP_SIGNALS}
    try:
        with SimulatorServer(world, host=host, port=port) as server:
            ready(server.url)
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _reset(transport: asyncio.Transport) -> None:
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def _config(world: World) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(world),
        http=_AbortableProtocol,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        # The date is the world's, see app.py.
        date_header=False,
        server_header=False,
    )
