"""The simulator's HTTP face: three APIs on one origin, and ``/-/`` to steer it.

Order of things, as at a real provider: faults, key, rate limit, answer.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from email.utils import formatdate
from functools import partial
from http import HTTPStatus

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.simulator import evomi, webshare, weproxies
from exporter.simulator.account import AnyAccount, EvomiAccount, WebshareAccount, WeProxiesAccount
from exporter.simulator.api import Api, Ask, Refusal
from exporter.simulator.control import Control
from exporter.simulator.fault import Fault, RequestRecord, fault_response, slowed
from exporter.simulator.world import World

Endpoint = Callable[[Request], Awaitable[Response]]
AnyApi = Api[WebshareAccount] | Api[WeProxiesAccount] | Api[EvomiAccount]
APIS: tuple[AnyApi, ...] = (webshare.API, weproxies.API, evomi.API)


def create_app(world: World) -> Starlette:
    """Make the ASGI app that plays *world*."""
    app = Starlette(
        routes=[
            *Control(world).routes(),
            *_routes(world, webshare.API),
            *_routes(world, weproxies.API),
            *_routes(world, evomi.API),
        ],
        middleware=[Middleware(WorldDate, world=world)],
        exception_handlers={HTTPException: _no_route(world)},
    )
    # A path that lacks its slash, or has one too many, is a mistake to be seen.
    app.router.redirect_slashes = False
    return app


class WorldDate:
    """Date every response by the world's clock."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, with a date."""

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self._world.clock(), usegmt=True)
                MutableHeaders(scope=message)["date"] = date
            await send(message)

        await self._app(scope, receive, send_dated)


def _routes(world: World, api: Api[AnyAccount]) -> Iterable[Route]:
    for path, answer in api.answers.items():
        yield Route(path, _endpoint(world, api, answer), methods=["GET"])


def _endpoint(
    world: World, api: Api[AnyAccount], answer: Callable[[Ask[AnyAccount]], object]
) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        record = _record(world, api, request)
        fault = await _strike(world, record, request)
        if fault is not None:
            return fault_response(fault, msgspec.json.encode(api.error("Simulated fault")))
        try:
            return _json(answer(_ask(world, api, request)))
        except Refusal as refusal:
            return _json(refusal.body, refusal.status, refusal.headers)

    return endpoint


def _record(world: World, api: AnyApi, request: Request) -> RequestRecord:
    account = world.owner(api.provider, api.credential(request.headers, request.query_params))
    name = None if account is None else account.name
    record = RequestRecord(api.provider, request.method, request.url.path, name, request.url.query)
    world.record(record)
    return record


async def _strike(world: World, record: RequestRecord, request: Request) -> Fault | None:
    """Let slow faults delay the request; give the first other one."""
    for fault in world.striking(record):
        if fault.kind != "slow":
            return fault
        await slowed(request.receive, fault.delay_seconds)
    return None


def _ask(world: World, api: Api[AnyAccount], request: Request) -> Ask[AnyAccount]:
    account = _admit(world, api, request)
    now = world.clock()
    return Ask(
        account=account,
        now=now,
        params={**request.query_params, **request.path_params},
        url=str(request.url.replace(query="")),
        usage=partial(world.reported, account, now=now),
        truth=lambda line, since, until: line.usage(since, min(until, now)),
    )


def _admit(world: World, api: Api[AnyAccount], request: Request) -> AnyAccount:
    if api.needs_user_agent and not request.headers.get("user-agent"):
        raise api.refuse(HTTPStatus.FORBIDDEN, "User-Agent required")
    key = api.credential(request.headers, request.query_params)
    account = world.authenticate(api.account, key)
    if account is None:
        raise api.refuse(HTTPStatus.UNAUTHORIZED, api.unauthorized)
    wait_seconds = world.throttle(account, request.url.path)
    if wait_seconds is not None:
        headers = {"retry-after": str(wait_seconds)}
        raise api.refuse(HTTPStatus.TOO_MANY_REQUESTS, "Request was throttled.", headers)
    return account


def _no_route(world: World) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Say 404 and 405 as the provider would, and note who asked."""

    async def refuse(request: Request, error: Exception) -> Response:
        # Starlette's types do not know that it is this kind which it is registered for.
        assert isinstance(error, HTTPException)  # noqa: S101
        for api in APIS:
            if request.url.path.startswith(api.prefixes):
                _record(world, api, request)
                return _json(api.error(error.detail), error.status_code, error.headers)
        return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)

    return refuse


def _json(
    body: object,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")
