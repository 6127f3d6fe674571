"""Session: one account at its provider, for as long as it is configured."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from exporter.account import Account
from exporter.api import Access, Api, Client, Clock, Pool
from exporter.errors import AuthError, IdentityError, SeriesError, StateError
from exporter.key_file import KeyFile
from exporter.ledger import Ledger, record
from exporter.ledger_samples import counters, gauges
from exporter.metrics import Sample
from exporter.providers import Collector, Context, Provider, Report
from exporter.reading import Statement
from exporter.secret import Credential
from exporter.state import State


@dataclass(slots=True)
class Resources:
    """What all sessions share.

    *hold* is how many seconds a new counter series shows 0; a reload may change it.
    """

    pool: Pool
    state: State
    hold: float
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a poll has to show: gauges by part, and counters; None when those stay as they were."""

    parts: dict[str, tuple[Sample, ...]]
    counters: tuple[Sample, ...] | None = None

    def series(self) -> int:
        """Count the series."""
        return sum(map(len, self.parts.values())) + len(self.counters or ())


class Session:
    """One account's client and ledger, shared by its collectors."""

    def __init__(
        self,
        account: Account,
        provider: Provider,
        shared: Resources,
        client: Client | None = None,
    ) -> None:
        self.account = account
        self.provider = provider
        self.client = client or make_client(account, provider, shared)
        self._shared = shared
        self._ledger = shared.state.load(account.key)
        self._asked_with: dict[str, Credential] = {}
        """What each collector's latest report was asked for with."""
        self._confirmed: Credential | None = None
        """The credential that is known to be this account's; readings wait for it."""
        self._key_file = KeyFile(account)
        self.settling = asyncio.Lock()
        """Held while a report is entered; who holds it knows the ledger to be on disk."""

    async def ask(self, collector: Collector, *, within: float, codes: Counter[str]) -> Report:
        """Poll *collector* in at most *within* seconds; *codes* counts the answers.

        A credential that is refused is read from its file again, and tried if it has changed.
        Raises: PollError.
        """
        deadline = asyncio.get_running_loop().time() + within
        self._use(self._key_file.follow())
        api = Api(self.client, deadline=deadline, codes=codes)
        context = Context(self.client.time.now, self.account.options, self._ledger)
        try:
            report = await collector.poll(api, context)
        except AuthError:
            self._use(self._key_file.read())
            if self.client.credential == api.credential:
                raise
            api = Api(self.client, deadline=deadline, codes=codes)
            report = await collector.poll(api, context)
        self._asked_with[collector.name] = api.credential
        return report

    def reprice(self, prices: Mapping[str, float]) -> None:
        """Show other prices from now on."""
        self.account = replace(self.account, prices=prices)

    def _use(self, credential: Credential) -> None:
        self.client.credential = credential
        self.account = replace(self.account, credential=credential)

    async def settle(
        self, collector: Collector, report: Report, *, room: Callable[[], int]
    ) -> Settled:
        """Enter *report*, the latest of *collector*, into the ledger; return what is to be shown.

        It is on disk first. *room* tells how many series the account may still have.
        Raises: PollError when the report must not be entered: then nothing was.
        """
        async with self.settling:
            statement = report.statement
            asked_with = self._asked_with[collector.name]
            if statement is None or not (collector.required or self._confirmed == asked_with):
                return _fit(Settled(dict(report.parts)), collector, room())
            ledger = self._record(collector, statement)
            settled = _fit(_show(ledger, statement, report, collector), collector, room())
            if _confirms(statement, self._ledger):
                self._confirmed = asked_with
            return await self._commit(ledger, settled)

    def _record(self, collector: Collector, statement: Statement) -> Ledger:
        try:
            return record(
                self._ledger,
                statement,
                collector=collector.name,
                hold=self._shared.hold,
            )
        except IdentityError:
            self._confirmed = None
            raise

    async def _commit(self, ledger: Ledger, settled: Settled) -> Settled:
        try:
            await self._shared.state.commit(self.account.key, ledger)
        except StateError:
            return Settled(settled.parts)
        self._ledger = ledger
        return settled


def make_client(account: Account, provider: Provider, shared: Resources) -> Client:
    """Return what asks *provider* as *account* does."""
    access = Access(account.base_url, account.credential, provider.auth, provider.spacing)
    return Client(shared.pool, access, clock=shared.clock)


def _confirms(statement: Statement, known: Ledger) -> bool:
    """Tell whether the account is the known one: it has an id of it, or none was known before."""
    return any(statement.owners.values()) or not any(known.owners.values())


def _show(ledger: Ledger, statement: Statement, report: Report, collector: Collector) -> Settled:
    parts = dict(report.parts)
    for part, sample in gauges(ledger, statement):
        parts[part] = (*parts.get(part, ()), sample)
    return Settled(parts, tuple(counters(ledger, collector.name)))


def _fit(settled: Settled, collector: Collector, room: int) -> Settled:
    if settled.series() <= room:
        return settled
    raise SeriesError(collector.name, "the account would have more series than max_series allows")
