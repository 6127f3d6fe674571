"""Fixtures: answers of a provider in files, and the exposition expected of them beside.

A folder ``fixtures/<provider>/<collector>-<case>/`` holds ``case.yaml``, the answers it names, and
``expected.prom``. ``case.yaml``::

    options: {products: [rpc]}            # the account's own options, where there are any
    polls:                                # one after the other; the exposition is that of the last
      - now: 2026-11-20T12:00:00Z
        answers:                          # all have to be asked for, and nothing else
          - {path: /public, file: public.json}
          - {path: /public/usage, params: {product: rpc}, status: 400, file: refused.json}
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

import httpx
import msgspec
import respx
import yaml

from exporter.api import Access, Api, Client, Clock, Pool
from exporter.exposition import Format, join, render
from exporter.ledger import Ledger, record
from exporter.ledger_samples import counters, gauges
from exporter.metrics import Sample
from exporter.providers import PROVIDERS
from exporter.providers._provider import Context, Provider, Report
from exporter.secret import Credential, Secret
from tests.fakes import collector_of

FIXTURES = Path(__file__).parent / "fixtures"


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """One answer; *params* are those that the request must have, among others."""

    path: str
    params: dict[str, str] = {}
    status: int = 200
    file: str | None = None


class Poll(msgspec.Struct, forbid_unknown_fields=True):
    """One poll: when, by the provider's clock, and what it is answered."""

    now: datetime
    answers: list[Answer]


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """A ``case.yaml``."""

    polls: list[Poll]
    options: dict[str, object] = {}


class Run:
    """The state of one case between its polls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.provider: Provider = PROVIDERS[folder.parent.name]
        self.collector = collector_of(self.provider, folder.name.partition("-")[0])
        text = (folder / "case.yaml").read_text("utf-8")
        self.case = msgspec.convert(yaml.safe_load(text), Case)
        self.ledger = Ledger()
        self.report = Report(parts={})
        self.requests: list[httpx.Request] = []

    async def poll(self, poll: Poll) -> None:
        """Answer one poll from the files."""
        clock = Clock(wall=poll.now.timestamp, monotonic=lambda: 0.0, sleep=_no_sleep)
        client = Client(Pool(), self._access(), clock=clock)
        api = Api(client, deadline=asyncio.get_running_loop().time() + 30)
        options = msgspec.convert(self.case.options, self.provider.options)
        context = Context(poll.now.timestamp(), options, self.ledger)
        with respx.mock(base_url=self.provider.base_url) as router:
            for answer in poll.answers:
                self._route(router, answer, poll.now)
            self.report = await self.collector.poll(api, context)
            self.requests += [call.request for call in router.calls]
            for route in router.routes:
                assert route.call_count == 1, f"asked {route.call_count} times: {route.pattern}"
        if self.report.statement is not None:
            self.ledger = record(
                self.ledger,
                self.report.statement,
                collector=self.collector.name,
                hold=0,
            )

    def _access(self) -> Access:
        return Access(
            base_url=self.provider.base_url,
            credential=Credential(Secret("test-key")),
            auth=self.provider.auth,
            spacing={},
        )

    def _route(self, router: respx.MockRouter, answer: Answer, now: datetime) -> None:
        content = (self.folder / answer.file).read_bytes() if answer.file else b""
        headers = {"Date": format_datetime(now, usegmt=True)}
        response = httpx.Response(answer.status, content=content, headers=headers)
        route = router.get(path=answer.path, params__contains=answer.params)
        route.mock(return_value=response)

    def samples(self) -> dict[str, list[Sample]]:
        """Return what the last poll shows, by part."""
        shown = {part: list(samples) for part, samples in self.report.parts.items()}
        if self.report.statement is not None:
            for part, sample in gauges(self.ledger, self.report.statement):
                shown.setdefault(part, []).append(sample)
            shown["counters"] = list(counters(self.ledger, self.collector.name))
        return shown

    def exposition(self) -> str:
        """Return the exposition of what the last poll shows."""
        account = (self.provider.name, "test")
        chunks = [render(samples, account) for samples in self.samples().values()]
        return join(chunks, Format.TEXT)


async def _no_sleep(_seconds: float) -> None:
    return None


def play(folder: Path) -> Run:
    """Play the case in *folder* to its end."""
    run = Run(folder)

    async def polls() -> None:
        for poll in run.case.polls:
            await run.poll(poll)

    asyncio.run(polls())
    return run


def cases(provider: str = "*") -> Mapping[str, Path]:
    """Return the folders of all cases, by a name for the test."""
    folders = sorted(FIXTURES.glob(f"{provider}/*/case.yaml"))
    return {f"{file.parent.parent.name}/{file.parent.name}": file.parent for file in folders}
