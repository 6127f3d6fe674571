"""One account: asked for its history, which is written to the spool."""

import asyncio
import math
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from exporter.account import Account
from exporter.api import Access, Api, Client, Clock, Pool
from exporter.backfill._growth import Curve, Growth
from exporter.backfill._spool import Spool, series_start
from exporter.backfill._task import Wanted
from exporter.backfill._words import NO_HISTORY, NOT_IN_STATE, Outcome, advise
from exporter.errors import PollError
from exporter.ledger import Ledger
from exporter.providers import PROVIDERS, Context, HistoryBucket, Provider, TimeRange

LONGEST_SECONDS = 3600.0
"""For all requests of one account: a year of ten WeProxies subscriptions takes nine minutes."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the command works with."""

    pool: Pool = field(default_factory=Pool)
    clock: Clock = field(default_factory=Clock)
    providers: Mapping[str, Provider] = field(default_factory=lambda: PROVIDERS)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes accounts as *wanted* to a spool, with a sample every *step* milliseconds."""

    wanted: Wanted
    step: int
    outside: Outside
    spool: Spool

    async def write(
        self, account: Account, ledger: Ledger, *, progress: Callable[[int], None]
    ) -> Outcome:
        """Write what *ledger* does not count; *progress* is told how many buckets there were."""
        provider = self.outside.providers[account.provider]
        name = "/".join(account.key)
        if provider.history is None:
            return Outcome(name, remark=NO_HISTORY)
        if ledger.born is None and not self.wanted.is_bounded:
            return Outcome(name, failure=NOT_IN_STATE)
        access = Access(account.base_url, account.credential, provider.auth, provider.spacing)
        client = Client(self.outside.pool, access, clock=self.outside.clock)
        api = Api(client, deadline=asyncio.get_running_loop().time() + LONGEST_SECONDS)
        context = Context(client.time.now, account.options, ledger)
        span = _before_birth(self.wanted.span, ledger)
        try:
            growth = await _collect(
                provider.history(api, context, span), Growth(ledger, self.wanted.span), progress
            )
        except PollError as error:
            return Outcome(name, failure=advise(error))
        return self._write_all(Outcome(name), account, growth, ahead=_ahead(client.time.skew))

    def _write_all(
        self, outcome: Outcome, account: Account, growth: Growth, *, ahead: int
    ) -> Outcome:
        for curve in growth.curves():
            samples = ((at - ahead, value) for at, value in curve.samples(self.step))
            start = series_start(curve.family, self._labels(account, curve))
            count = self.spool.write(curve.family, start, samples)
            outcome = outcome.add(count, curve.begin - ahead, curve.end - ahead)
        return outcome

    def _labels(self, account: Account, curve: Curve) -> Mapping[str, str]:
        values = (*account.key, *curve.labels)
        ours = zip(curve.family.all_labels, values, strict=True)
        return {**dict(ours), **dict(self.wanted.labels)}


def _ahead(skew: float | None) -> int:
    """Return by how many milliseconds the provider's times may be ahead of ours.

    Where they are, the birth seems later than Prometheus saw it, and history that reached into the
    live series would be counted again. ``Date`` leaves up to a second open.
    """
    return 0 if skew is None else max(0, math.ceil(skew + 1.0)) * 1000


def _before_birth(span: TimeRange, ledger: Ledger) -> TimeRange:
    """Return *span* up to the last birth: what came later is counted live."""
    births = [ledger.born, *(scope.born for scope in ledger.scopes.values())]
    last = max((born for born in births if born is not None), default=span.end)
    return TimeRange(span.start, min(span.end, last))


async def _collect(
    history: AsyncIterator[HistoryBucket], growth: Growth, progress: Callable[[int], None]
) -> Growth:
    count = 0
    async for bucket in history:
        growth.add(bucket)
        count += 1
        progress(count)
    return growth
