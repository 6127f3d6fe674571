"""Guard: stands before every path, and lets in whom the web configuration names."""

import base64
from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from exporter.login import Logins, Verdict
from exporter.web_config import WebConfig

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="proxy-provider-exporter", charset="UTF-8"'}

_LATER = {"Retry-After": "1"}


class Guard:
    """*app*, for those who may log in; *config* is asked at each request."""

    def __init__(
        self, app: ASGIApp, config: Callable[[], WebConfig], logins: Logins | None = None
    ) -> None:
        self._app = app
        self._config = config
        self._logins = logins or Logins()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        answer = await self._refusal(scope, self._config()) or self._app
        await answer(scope, receive, send)

    async def _refusal(self, scope: Scope, config: WebConfig) -> Response | None:
        if not config.users:
            return None
        login = _login(Headers(scope=scope).get("authorization", ""))
        verdict = Verdict.WRONG if login is None else await self._logins.judge(config.users, *login)
        if verdict is Verdict.BUSY:
            text = "too many logins at once\n"
            return PlainTextResponse(text, HTTPStatus.SERVICE_UNAVAILABLE, _LATER)
        if verdict is Verdict.WRONG:
            return PlainTextResponse("unauthorized\n", HTTPStatus.UNAUTHORIZED, _CHALLENGE)
        return None


def _login(header: str) -> tuple[str, bytes] | None:
    """Return name and password in *header*, after RFC 7617; None when there are none."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(text.strip(), validate=True).partition(b":")
        return (name.decode(), password) if colon else None
    except ValueError:
        return None
