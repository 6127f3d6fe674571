"""Webshare's API, as a test plays it under httpx."""

import asyncio
import json
from collections.abc import Callable, Mapping
from inspect import isawaitable
from pathlib import Path

import httpx
import respx

from exporter.api import Access, Api, Client, Clock, Pool
from exporter.ledger import Ledger
from exporter.providers._provider import Context, NoOptions, Report
from exporter.providers.webshare import WEBSHARE
from exporter.secret import Credential, Secret
from tests.fakes import collector_of

FILES = Path(__file__).parents[1] / "fixtures" / "webshare"
NOW = 1660263600.0
"""2022-08-12T00:20:00Z, on the third day of the documented term."""

Answer = httpx.Response | object
Answers = Mapping[str, Answer | Callable[[httpx.Request], Answer]]


class Webshare:
    """Webshare's API, which gives *answers* by path; a plain value is sent as JSON."""

    def __init__(self, answers: Answers, *, now: float = NOW) -> None:
        self.answers = answers
        self.now = now
        self.requests: list[httpx.Request] = []

    def poll(self, collector: str, ledger: Ledger | None = None) -> Report:
        """Poll *collector* once."""
        context = Context(self.now, NoOptions(), ledger or Ledger())
        with respx.mock() as router:
            router.route().mock(side_effect=self._answer)
            return asyncio.run(self._poll(collector, context))

    async def _poll(self, collector: str, context: Context) -> Report:
        access = Access(
            base_url=WEBSHARE.base_url,
            credential=Credential(Secret("test-key")),
            auth=WEBSHARE.auth,
            spacing={},
        )
        client = Client(Pool(), access, clock=Clock(wall=lambda: self.now, sleep=_no_sleep))
        api = Api(client, deadline=asyncio.get_running_loop().time() + 30)
        return await collector_of(WEBSHARE, collector).poll(api, context)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers[request.url.path]
        if callable(answer):
            answer = answer(request)
        if isawaitable(answer):
            answer = await answer
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, json=answer)

    @property
    def asked(self) -> list[tuple[str, dict[str, str]]]:
        """Path and parameters of each request."""
        return [(request.url.path, dict(request.url.params)) for request in self.requests]


async def _no_sleep(_seconds: float) -> None:
    return None


def content(name: str) -> object:
    """Return what a fixture's file holds."""
    held: object = json.loads((FILES / name).read_text("utf-8"))
    return held


def plans(*pairs: tuple[int, str]) -> object:
    """Return a list of plans: the id and the status of each."""
    return {"results": [{"id": number, "status": status} for number, status in pairs]}


DOCUMENTED: Answers = {
    "/api/v2/subscription/": content("subscription.json"),
    "/api/v2/subscription/plan/": content("plans.json"),
    "/api/v2/stats/aggregate/": content("aggregate.json"),
    "/api/v2/stats/": [],
    "/api/v2/verification/limits/": {"proxy_state": "active"},
    "/api/v2/notification/": {"results": []},
    "/api/v3/proxy/list/status": {"countries": {"GB": 1}},
}
