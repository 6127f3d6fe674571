"""A provider whose answers hypothesis makes, and an account that is polled there."""

import asyncio
from collections.abc import Callable, Mapping
from email.utils import formatdate

import httpx
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_parse
from prometheus_client.parser import text_string_to_metric_families as text_parse
from prometheus_client.samples import Sample

from exporter.api import Api, Pool
from exporter.errors import Reason
from exporter.exposition import Format
from exporter.ledger import Ledger
from exporter.poller import Bounds, Poller
from exporter.providers import Context, HistoryBucket, Provider, TimeRange
from exporter.providers.evomi import _answers as evomi
from exporter.providers.webshare import _answers as webshare
from exporter.providers.weproxies import _answers as weproxies
from exporter.scrape import Scrape
from exporter.session import Resources, Session
from exporter.state import MemoryState
from exporter.store import Store
from tests.clocks import Jumping
from tests.fakes import make_account

KINDS: Mapping[str, object] = {
    "/api/v2/subscription/": webshare.Subscription,
    "/api/v2/subscription/plan/": webshare.PlanPage,
    "/api/v2/stats/": list[webshare.Hour],
    "/api/v2/stats/aggregate/": webshare.Aggregate,
    "/api/v3/proxy/list/status": webshare.ProxyStatus,
    "/api/v2/verification/limits/": webshare.Limits,
    "/api/v2/notification/": webshare.NoticePage,
    "/api/v1/usage": weproxies.Envelope[weproxies.Summary],
    "/api/v1/usage/by-country": weproxies.Envelope[weproxies.Countries],
    "/api/v1/usage/realtime": weproxies.Envelope[weproxies.Realtime],
    "/api/v1/usage/history": weproxies.Envelope[weproxies.History],
    "/api/v1/subscriptions": weproxies.Envelope[list[weproxies.Subscription]],
    "/public": evomi.Public,
    "/public/usage": evomi.Usage,
}
"""What is documented to be answered, by path."""

Answer = Callable[[str], str]
"""Makes the body for a path."""

Series = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]
"""The samples of an exposition, by name and labels."""

OWN = CollectorRegistry(auto_describe=False)
"""An empty one: the process's own families are not ours to judge."""


def _nothing(_path: str) -> str:
    return "{}"


class Answers(httpx.AsyncBaseTransport):
    """Answers with what *answer* makes, dated by *jumping*."""

    def __init__(self, jumping: Jumping) -> None:
        self.answer: Answer = _nothing
        self._wall = jumping.clock().wall

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = self.answer(request.url.path).encode("utf-8", "surrogatepass")
        headers = {"Date": formatdate(self._wall(), usegmt=True)}
        return httpx.Response(200, stream=httpx.ByteStream(body), headers=headers)


class AnsweringPool(Pool):
    """A pool whose only connection is to such answers."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self._answers = answers

    def transport(self, _url: httpx.URL) -> httpx.AsyncBaseTransport:
        """Return it, whatever the origin."""
        return self._answers


class Subject:
    """An account, its ledger, and what a scrape sees of it."""

    def __init__(self, provider: Provider) -> None:
        self.jumping = Jumping()
        self.store = Store()
        self.state = MemoryState()
        self.answers = Answers(self.jumping)
        pool = AnsweringPool(self.answers)
        shared = Resources(pool, self.state, hold=0.0, clock=self.jumping.clock())
        self.session = Session(make_account(provider, options=provider.options()), provider, shared)
        self.pollers = tuple(
            Poller(self.session, one, self.store, Bounds(60.0, 10_000))
            for one in provider.collectors
        )
        self.scrape = Scrape(
            self.store,
            list,
            stale_after=3,
            monotonic=self.jumping.clock().monotonic,
            process=OWN,
        )

    async def poll(self) -> None:
        """Poll every collector, the required ones first."""
        self.jumping.now += 300
        for one in sorted(self.pollers, key=lambda one: not one.collector.required):
            await one.poll()

    async def history(self) -> list[HistoryBucket]:
        """Return what the provider remembers. Raises: PollError."""
        provider, now = self.session.provider, self.jumping.clock().wall()
        assert provider.history is not None
        api = Api(self.session.client, deadline=asyncio.get_running_loop().time() + 60)
        context = Context(now, self.session.account.options, self.ledger)
        asked = TimeRange(now - 8 * 86_400, now)
        return [one async for one in provider.history(api, context, asked)]

    @property
    def ledger(self) -> Ledger:
        """What it has counted."""
        return self.state.load(self.session.account.key)

    @property
    def bugs(self) -> list[str]:
        """What was none of the provider's faults."""
        found = self.store.all()
        return [str(one.error) for one in found if one.failures[Reason.INTERNAL]]

    def body(self, form: Format) -> str:
        """Return what a scrape sees."""
        return self.scrape.body(form, gzip=False).decode("utf-8")


def parsed(text: str, form: Format) -> Series:
    """Return the samples of an exposition. Raises: ValueError when there is one twice."""
    parse = text_parse if form is Format.TEXT else openmetrics_parse
    series: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for sample in (sample for family in parse(text) for sample in family.samples):
        key = _key(sample)
        if key in series:
            raise ValueError(f"twice: {key}")
        series[key] = sample.value
    return series


def _key(sample: Sample) -> tuple[str, tuple[tuple[str, str], ...]]:
    return sample.name, tuple(sorted(sample.labels.items()))


def counters(series: Series) -> Series:
    """Return the usage counters and those that prove them, health left out."""
    return {key: value for key, value in series.items() if key[0].endswith("_total")}
