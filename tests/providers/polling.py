"""One poll of one collector against mocked answers."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
import respx

from exporter.api import Access, Api, Client, Clock, Pool
from exporter.ledger import Ledger
from exporter.providers import HistoryBucket, Provider, Report, TimeRange
from exporter.providers._provider import Context
from exporter.secret import Credential, Secret
from tests.fakes import collector_of

NOW = 1795176000.0
"""2026-11-20T12:00:00Z."""

NO_OPTIONS: Mapping[str, object] = MappingProxyType({})


def poll(
    provider: Provider,
    collector: str,
    *,
    options: Mapping[str, object] = NO_OPTIONS,
    ledger: Ledger | None = None,
    now: float = NOW,
) -> Report:
    """Return what *collector* reports at *now*. Raises: PollError."""

    async def once() -> Report:
        context = Context(now, _options(provider, options), ledger or Ledger())
        return await collector_of(provider, collector).poll(_api(provider, now), context)

    return asyncio.run(once())


def history(
    provider: Provider,
    wanted: TimeRange,
    *,
    options: Mapping[str, object] = NO_OPTIONS,
    ledger: Ledger | None = None,
    now: float = NOW,
) -> list[HistoryBucket]:
    """Return what *provider* remembers at *now*. Raises: PollError."""

    async def once() -> list[HistoryBucket]:
        assert provider.history is not None
        context = Context(now, _options(provider, options), ledger or Ledger())
        return [one async for one in provider.history(_api(provider, now), context, wanted)]

    return asyncio.run(once())


def _options(provider: Provider, options: Mapping[str, object]) -> object:
    return msgspec.convert(dict(options), provider.options)


def _api(provider: Provider, now: float) -> Api:
    access = Access(provider.base_url, Credential(Secret("test-key")), provider.auth, {})
    client = Client(Pool(), access, clock=Clock(wall=lambda: now, sleep=_no_sleep))
    return Api(client, deadline=asyncio.get_running_loop().time() + 30)


async def _no_sleep(_seconds: float) -> None:
    return None


def targets(router: respx.MockRouter) -> list[str]:
    """Return path and query of every request that *router* has seen."""
    return [call.request.url.raw_path.decode() for call in router.calls]
