"""Face: what is answered under which path.

What takes long (joining, compressing, the landing page) runs in worker threads; bodies that are
ready are answered at once.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporter import landing
from exporter.negotiation import accepts_gzip, choose_format
from exporter.scrape import Scrape
from exporter.snapshot import Snapshot

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
    reload: Callable[[], Awaitable[str | None]]
    """Loads the configuration anew, and says why it cannot."""
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
        Route("/-/reload", _reload(face), methods=[HTTPMethod.POST, HTTPMethod.PUT]),
        Route("/", _landing(face)),
    ]
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


def _reload(face: Face) -> _Endpoint:
    async def reload(_request: Request) -> Response:
        problem = await face.reload()
        if problem is None:
            return PlainTextResponse("configuration reloaded\n")
        text = f"configuration not reloaded: {problem}\n"
        return PlainTextResponse(text, HTTPStatus.INTERNAL_SERVER_ERROR)

    return reload


async def _bug(_request: Request, _error: Exception) -> Response:
    """Answer after a fault of ours, which uvicorn logs; then it closes the connection."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return PlainTextResponse("internal error: see the log\n", status, {"Connection": "close"})
