"""Poller: polls one collector of one account for ever, and publishes what it finds.

The clock decides when: polls lie an interval apart, each account at its own place in it, however
long one takes. A bug of ours ends no polling: the program's only ``except Exception`` are here.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from msgspec.structs import replace

from exporter.account import Account
from exporter.errors import ADVICE, PollError, Reason
from exporter.logs import fields, masking
from exporter.providers import Collector, Report
from exporter.schedule import back_off, next_turn, offset
from exporter.session import Session, Settled
from exporter.snapshot import Snapshot, Timing, after_answer, after_failure
from exporter.store import Store

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Bounds:
    """What a poll may take: seconds, and series of its account. A reload may change it."""

    poll_timeout: float
    max_series: int


def first_snapshot(account: Account, collector: Collector) -> Snapshot:
    """Return what a collector shows before its first poll."""
    return Snapshot(account=account, collector=collector.name, required=collector.required)


class Poller:
    """One collector of one account. It goes on from the snapshot that there is."""

    def __init__(
        self,
        session: Session,
        collector: Collector,
        store: Store,
        bounds: Bounds,
    ) -> None:
        self.session = session
        self.collector = collector
        self._store = store
        self._bounds = bounds
        self._clock = session.client.clock
        self._failures_alike = 0
        """In a row: a provider is spared for what it says now, not for what it said before."""
        self._crashed_by: type[Exception] | None = None
        """The kind of bug that is in the log; None once a poll succeeded after it."""
        if collector.name not in store.of(session.account.key):
            store.put(first_snapshot(session.account, collector))

    @property
    def snapshot(self) -> Snapshot:
        """What it last published."""
        return self._store.of(self.session.account.key)[self.collector.name]

    async def run(self) -> None:
        """Poll on every turn, until cancelled. The first poll is the caller's."""
        interval = self.session.account.intervals[self.collector.name]
        while True:
            try:
                await self._wait_for_turn(interval)
            except Exception as error:  # noqa: BLE001 - logged with its traceback
                self._log_crash(error)
                await self._clock.sleep(interval)
            await self.poll()

    async def _wait_for_turn(self, interval: float) -> None:
        start = offset(self.session.account.key, interval)
        now = self._clock.monotonic()
        spared = back_off(self.snapshot.error, failures=self._failures_alike, interval=interval)
        turn = next_turn(now + spared, interval, start)
        await self._clock.sleep(turn - now)
        while pause := self.session.client.pause:
            await self._clock.sleep(pause)

    async def poll(self) -> None:
        """Poll once and publish the outcome, be it a bug of ours."""
        try:
            await self._poll()
        except Exception as error:  # noqa: BLE001 - logged with its traceback
            self._log_crash(error)

    async def _poll(self) -> None:
        codes: Counter[str] = Counter()
        began = self._clock.monotonic()
        before = self.snapshot
        try:
            after = await self._outcome(before, began, codes)
            self._publish(before, after, codes)
        except Exception as error:  # noqa: BLE001 - logged with its traceback
            self._log_crash(error)
            bug = PollError(self.collector.name, type(error).__name__, reason=Reason.INTERNAL)
            self._publish(before, after_failure(before, bug, timing=self._timing(began)), codes)
        else:
            self._log_outcome(before, after)

    def _publish(self, before: Snapshot, after: Snapshot, codes: Mapping[str, int]) -> None:
        requests = Counter(before.requests)
        requests.update(codes)
        account = self.session.account
        self._store.put(replace(after, account=account, requests=MappingProxyType(requests)))
        alike = type(before.error) is type(after.error)
        self._failures_alike = self._failures_alike + 1 if alike else 1

    async def _outcome(self, before: Snapshot, began: float, codes: Counter[str]) -> Snapshot:
        """Poll, and return what is to be shown after it."""
        try:
            report = await self.session.ask(
                self.collector, within=self._bounds.poll_timeout, codes=codes
            )
            settled = await self.session.settle(
                self.collector, report, room=lambda: self._room(report)
            )
        except PollError as error:
            return after_failure(before, error, timing=self._timing(began))
        return self._answered(before, report, settled, began)

    def _answered(
        self, before: Snapshot, report: Report, settled: Settled, began: float
    ) -> Snapshot:
        counters = before.counters.samples if settled.counters is None else settled.counters
        return after_answer(
            before,
            settled.parts,
            failures=report.failures,
            counters=counters,
            timing=self._timing(began),
        )

    def _room(self, report: Report) -> int:
        """Return how many series this poll may have, beside those that stay."""
        snapshots = self._store.of(self.session.account.key).values()
        others = sum(one.series for one in snapshots if one.collector != self.collector.name)
        parts = self.snapshot.parts
        kept = sum(len(parts[name].samples) for name in report.failures if name in parts)
        return self._bounds.max_series - others - kept

    def _timing(self, began: float) -> Timing:
        now = self._clock.monotonic()
        return Timing(self._clock.wall(), now, now - began)

    def _log_outcome(self, before: Snapshot, after: Snapshot) -> None:
        if after.error is not None:
            begins = before.error is None or before.is_refused != after.is_refused
            self._log_failure(after.error, after, begins=begins)
        elif before.error is not None:
            self._crashed_by = None
            log.info("poll recovered", extra=fields(**self._name()))

    def _log_failure(self, error: PollError, after: Snapshot, *, begins: bool) -> None:
        level, text = logging.WARNING, "poll failed"
        if after.is_refused:
            level, text = logging.INFO, "collector not supported"
        extra = fields(**self._name(), reason=error.reason, error=str(error), advice=after.advice)
        log.log(level if begins else logging.DEBUG, text, extra=extra)

    def _log_crash(self, error: Exception) -> None:
        """Log a bug with its traceback; at debug while it comes again and again."""
        kind = type(error)
        level = logging.DEBUG if kind is self._crashed_by else logging.ERROR
        self._crashed_by = kind
        mask = self.session.account.credential.secret.masked_in
        extra = {**fields(**self._name(), advice=ADVICE[Reason.INTERNAL]), **masking(mask)}
        log.log(level, "poll crashed", extra=extra, exc_info=error)

    def _name(self) -> Mapping[str, str]:
        account = self.session.account
        return {
            "provider": account.provider,
            "account": account.name,
            "collector": self.collector.name,
        }
