"""The HTTP face: routes, and the thread that serves them.

The thread has an event loop of its own: no scrape stalls a poll, and ``/metrics`` answers whatever
the polls do. Within it, what takes long (rendering, compressing, the landing page) runs in worker
threads; bodies that are ready are answered at once.
"""

import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporter import landing
from exporter.connection import BACKLOG, Limits, bounded
from exporter.errors import StartError
from exporter.negotiation import accepts_gzip, choose_format
from exporter.scrape import Scrape
from exporter.snapshot import Snapshot

_KEEP_ALIVE_SECONDS = 120
"""Longer than the usual interval of scrapes, so that they find their connection again."""

_GRACE_SECONDS = 1
"""For answers under way when the server stops."""

_HTML_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The page has a style sheet within it, and needs nothing else."""

_Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What the routes show. The callables are called in any thread."""

    scrape: Scrape
    telemetry_path: str
    waiting_for: Callable[[], Sequence[str]]
    """Names the accounts that have to be polled before the exporter is ready."""
    config_text: Callable[[], str]
    """Gives the effective configuration as YAML, secrets hidden."""
    snapshots: Callable[[], Sequence[Snapshot]]
    reload: Callable[[], str | None] | None = None
    """Loads the configuration anew, and says why it cannot; None leaves the route out."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What providers are called on the landing page, by name."""
    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


def create_app(face: Face) -> Starlette:
    """Make the application; a telemetry path of ``/`` takes the place of the landing page."""
    routes = [
        Route(face.telemetry_path, _metrics(face)),
        Route("/-/healthy", _healthy),
        Route("/-/ready", _ready(face)),
        Route("/config", _config(face)),
        Route("/", _landing(face)),
    ]
    if face.reload is not None:
        methods = [HTTPMethod.POST, HTTPMethod.PUT]
        routes.append(Route("/-/reload", _reload(face.reload), methods=methods))
    app = Starlette(routes=routes, exception_handlers={Exception: _bug})
    app.router.redirect_slashes = False
    return app


def _metrics(face: Face) -> _Endpoint:
    async def metrics(request: Request) -> Response:
        form = choose_format(_header(request, "accept"))
        gzip = accepts_gzip(_header(request, "accept-encoding"))
        body = face.scrape.ready_body(form, gzip=gzip)
        if body is None:
            body = await run_in_threadpool(face.scrape.body, form, gzip=gzip)
        headers = {"Content-Type": form.value, "Vary": "Accept, Accept-Encoding"}
        if gzip:
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers)

    return metrics


def _header(request: Request, name: str) -> str:
    return ",".join(request.headers.getlist(name))


async def _healthy(_request: Request) -> Response:
    return PlainTextResponse("proxy-provider-exporter is healthy.\n")


def _ready(face: Face) -> _Endpoint:
    async def ready(_request: Request) -> Response:
        waiting = face.waiting_for()
        if not waiting:
            return PlainTextResponse("proxy-provider-exporter is ready.\n")
        text = f"waiting for the first poll of: {', '.join(waiting)}\n"
        return PlainTextResponse(text, HTTPStatus.SERVICE_UNAVAILABLE)

    return ready


def _config(face: Face) -> _Endpoint:
    async def config(_request: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(face.config_text))

    return config


def _landing(face: Face) -> _Endpoint:
    def page() -> str:
        clock = landing.Clock(face.wall(), face.monotonic(), face.scrape.stale_after)
        groups = landing.groups(face.snapshots(), clock, face.titles)
        return landing.render(groups, face.telemetry_path)

    async def show(_request: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(page), headers=_HTML_HEADERS)

    return show


def _reload(load: Callable[[], str | None]) -> _Endpoint:
    async def reload(_request: Request) -> Response:
        problem = await run_in_threadpool(load)
        if problem is None:
            return PlainTextResponse("configuration reloaded\n")
        text = f"configuration not reloaded: {problem}\n"
        return PlainTextResponse(text, HTTPStatus.INTERNAL_SERVER_ERROR)

    return reload


async def _bug(_request: Request, _error: Exception) -> Response:
    """Answer after a fault of ours, which uvicorn logs; then it closes the connection."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return PlainTextResponse("internal error: see the log\n", status, {"Connection": "close"})


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

    The sockets are bound already, and the server closes them.
    """

    def __init__(
        self, app: Starlette, sockets: Iterable[socket.socket], *, limits: Limits | None = None
    ) -> None:
        self._sockets = list(sockets)
        self._server = _Uvicorn(_uvicorn_config(app, limits or Limits()))
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


def _uvicorn_config(app: Starlette, limits: Limits) -> uvicorn.Config:
    """Configure uvicorn; not its own limit of connections: with that, idle ones refuse scrapes."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=bounded(limits),
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
