"""Steering a simulator that runs as another process, and asking it for the truth. No key needed."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.simulator.account import Account, WebshareAccount, WeProxiesAccount
from exporter.simulator.fault import Fault
from exporter.simulator.usage import Usage
from exporter.simulator.world import World

_INDEX = """\
Simulated proxy providers. Keys are made up; the traffic is a model.

{accounts}

Control: GET /-/healthy
         GET /-/truth?since=<unix seconds>&until=<unix seconds>
         GET or PUT /-/faults, a JSON list such as
         [{{"kind": "status", "status": 503, "provider": "webshare", "retry_after": 30}}]
"""


class Control:
    """The routes below ``/-/``, and the page that says what there is."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/", self.index, methods=["GET"]),
            Route("/-/healthy", self.healthy, methods=["GET"]),
            Route("/-/truth", self.truth, methods=["GET"]),
            Route("/-/faults", self.faults, methods=["GET"]),
            Route("/-/faults", self.replace_faults, methods=["PUT"]),
        ]

    async def index(self, request: Request) -> Response:
        """Show the accounts and how to ask for them."""
        origin = str(request.base_url).rstrip("/")
        examples = (_example(account, origin) for account in self._world.accounts)
        return PlainTextResponse(_INDEX.format(accounts="\n\n".join(examples)))

    async def healthy(self, _request: Request) -> Response:
        """Say that it runs."""
        return PlainTextResponse("Healthy.\n")

    async def truth(self, request: Request) -> Response:
        """Give what was used from ``since`` (0) up to ``until`` (now), and what is left of it."""
        now = self._world.clock()
        try:
            since = float(request.query_params.get("since", 0))
            until = float(request.query_params.get("until", now))
        except ValueError as error:
            return _json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        return _json({"now": now, "lines": list(self._lines(since, until))})

    async def faults(self, _request: Request) -> Response:
        """List the faults."""
        return _json(self._world.faults)

    async def replace_faults(self, request: Request) -> Response:
        """Replace all faults by the list that is sent."""
        try:
            self._world.faults = msgspec.json.decode(await request.body(), type=list[Fault])
        except msgspec.MsgspecError as error:
            return _json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        return _json(self._world.faults)

    def _lines(self, since: float, until: float) -> Iterable[dict[str, object]]:
        for account in self._world.accounts:
            for line in account.lines:
                names = (account.provider, account.name, line.id)
                yield {
                    "provider": account.provider,
                    "account": account.name,
                    "line": line.id,
                    "truth": _usage(self._world.truth(*names, since, until)),
                    "corrected": _usage(self._world.corrected(*names, since, until)),
                }


def _example(account: Account, origin: str) -> str:
    match account:
        case WebshareAccount():
            header, path = f"Authorization: Token {account.key}", "/api/v2/stats/aggregate/"
        case WeProxiesAccount():
            header, path = f"Authorization: Bearer {account.key}", "/api/v1/usage?period=today"
        case _:
            header, path = f"x-apikey: {account.key}", "/public"
    return f"{account.provider} {account.name}\n  curl -H '{header}' '{origin}{path}'"


def _usage(usage: Usage) -> dict[str, object]:
    errors = [{**error._asdict(), "count": count} for error, count in usage.errors.items()]
    return {**asdict(replace(usage, errors={})), "errors": errors}


def _json(body: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
