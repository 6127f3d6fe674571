"""Faults: what can be made to go wrong, and the responses that do it over a real socket."""

import asyncio
import random
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

MAINTENANCE = "<!doctype html><title>Maintenance</title><p>We will be back soon.</p>"
UNSUCCESSFUL = b'{"success":false,"error":"Temporarily unavailable"}'
# Promised to a client that then gets less.
_TRUNCATED_LENGTH = 1000
# Where serve.py leaves, in the scope's state, what closes the connection, and what resets it.
ABORT = "abort"
RESET = "reset"


class RequestRecord(NamedTuple):
    """A request that came in; *account* is None when the key was wrong."""

    provider: str
    method: str
    path: str
    account: str | None
    query: str = ""


class Fault(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One fault, for requests that match, while the world's clock is in [*since*, *until*).

    ``status`` answers *status*, with *retry_after* and *body* if given; ``slow`` answers
    *delay_seconds* (real ones) late; ``hang`` never answers; ``drop`` closes the connection
    unanswered, ``reset`` resets it; ``truncate`` closes it within the body; ``html`` answers 200
    with a page; ``unsuccessful`` answers 200 with ``success: false``.
    *path* is a prefix, *query* a part of the query, and None matches every provider or account.
    *probability* is decided by the world's seed and the number of the request.
    """

    kind: Literal["status", "slow", "hang", "drop", "reset", "truncate", "html", "unsuccessful"]
    provider: str | None = None
    account: str | None = None
    path: str = "/"
    query: str = ""
    since: float | None = None
    until: float | None = None
    status: Annotated[int, Meta(ge=200, le=599)] = HTTPStatus.SERVICE_UNAVAILABLE.value
    retry_after: str | int | None = None
    body: str | None = None
    delay_seconds: Annotated[float, Meta(ge=0)] = 1.0
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0

    def matches(self, request: RequestRecord, *, now: float) -> bool:
        """Tell whether it strikes *request* at *now*, chance aside."""
        return (
            self.provider in (None, request.provider)
            and self.account in (None, request.account)
            and request.path.startswith(self.path)
            and self.query in request.query
            and (self.since is None or self.since <= now)
            and (self.until is None or now < self.until)
        )

    def strikes(self, chance: str) -> bool:
        """Decide by *probability*, always the same for one *chance*."""
        return random.Random(chance).random() < self.probability


class DroppedResponse(Response):
    """Close the connection without an answer; *how* is ABORT or RESET."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self._how = how

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Abort, and wait until the server has noticed."""
        scope["state"][self._how]()
        await disconnected(receive)


class TruncatedResponse(Response):
    """Close the connection within the body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise more than is sent."""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(_TRUNCATED_LENGTH).encode()),
        ]
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers})
        body = {"type": "http.response.body", "body": b'{"data": {"per', "more_body": True}
        await send(body)
        scope["state"][ABORT]()
        await disconnected(receive)


class HangingResponse(Response):
    """Never answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Wait until the client has had enough, or the server stops."""
        await disconnected(receive)


async def disconnected(receive: Receive) -> None:
    """Wait until the connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def slowed(receive: Receive, delay_seconds: float) -> None:
    """Wait so long, or less if the connection goes."""
    with suppress(TimeoutError):
        await asyncio.wait_for(disconnected(receive), delay_seconds)


def fault_response(fault: Fault, refusal: bytes) -> Response:
    """Make the response of a *fault* other than ``slow``; *refusal* is its error body."""
    match fault.kind:
        case "hang":
            return HangingResponse()
        case "drop" | "reset":
            return DroppedResponse(ABORT if fault.kind == "drop" else RESET)
        case "truncate":
            return TruncatedResponse()
        case "html":
            return HTMLResponse(MAINTENANCE)
        case "unsuccessful":
            return Response(UNSUCCESSFUL, media_type="application/json")
        case _:
            return _status_response(fault, refusal)


def _status_response(fault: Fault, refusal: bytes) -> Response:
    headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    body = refusal if fault.body is None else fault.body
    return Response(body, fault.status, headers, media_type="application/json")
