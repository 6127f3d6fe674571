"""A provider that does as it is told, and what it takes to poll it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from exporter.account import Account
from exporter.api import Api, Clock, Pool
from exporter.errors import PollError, StateError
from exporter.ledger import Ledger
from exporter.metrics import Sample, plans, usage
from exporter.providers import Collector, Context, Provider, Report
from exporter.reading import Reading, ScopeReading, Statement, WindowReading
from exporter.secret import Credential, Secret
from exporter.session import Resources
from exporter.state import MemoryState

BASE = "https://api.example"
KEY = "canary-key"

Behaviour = Callable[[Api, Context], Awaitable[Report]]
Outcome = Report | Exception | Behaviour


class Script:
    """A collector's polls: one outcome after the other, the last one for all that follow."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.polls = 0
        self._outcomes = list(outcomes)

    async def __call__(self, api: Api, context: Context) -> Report:
        """Poll."""
        self.polls += 1
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, Report) else await outcome(api, context)


@dataclass
class BreakableState(MemoryState):
    """A state that cannot commit while it is *broken*."""

    broken: bool = False
    commits: list[Ledger] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def commit(self, account: tuple[str, str], ledger: Ledger) -> None:
        """Keep *ledger*, unless broken; not at once, as no disk does."""
        await asyncio.sleep(0)
        if self.broken:
            raise StateError("the disk is full")
        self.commits.append(ledger)
        await super().commit(account, ledger)


def collector_of(provider: Provider, name: str) -> Collector:
    """Return the collector of *provider* that is called *name*."""
    return next(one for one in provider.collectors if one.name == name)


def make_provider(name: str = "fake", /, **scripts: Behaviour) -> Provider:
    """Return a provider whose collectors are *scripts*; the one called usage is required."""
    collectors = (
        Collector(one, 300.0 if one == "usage" else 900.0, script, (), required=one == "usage")
        for one, script in scripts.items()
    )
    return Provider(
        name=name,
        title="Fake",
        base_url=BASE,
        key_variable="FAKE_KEY",
        auth=_sign,
        spacing={},
        collectors=tuple(collectors),
    )


def _sign(secret: Secret) -> Mapping[str, str]:
    return {"Authorization": secret.reveal()}


def make_account(
    provider: Provider,
    name: str = "main",
    *,
    credential: Credential | None = None,
    options: object = None,
) -> Account:
    """Return an account of *provider*, as configured by default."""
    return Account(
        provider=provider.name,
        name=name,
        credential=credential or Credential(Secret(KEY)),
        base_url=provider.base_url,
        intervals={one.name: one.interval for one in provider.collectors},
        options=options,
    )


def make_resources(clock: Clock, state: MemoryState | None = None) -> Resources:
    """Return what sessions share; new series are shown as they are on their second poll."""
    return Resources(Pool(), state or BreakableState(), hold=0.0, clock=clock)


def gauges(*values: float) -> tuple[Sample, ...]:
    """Return a gauge for each of *values*."""
    family = plans.PRODUCT_TRAFFIC_REMAINING_BYTES
    return tuple(
        family.sample(value, product="p", plan=str(number)) for number, value in enumerate(values)
    )


def report(
    total: int | None = None, *, owner: str = "me", scope: str = "1", **parts: tuple[Sample, ...]
) -> Report:
    """Return a report of *parts*, and of *total* bytes used in *scope* of the account *owner*."""
    statement = None if total is None else _statement(total, owner, scope)
    return Report(parts, statement=statement)


def _statement(total: int, owner: str, scope: str) -> Statement:
    labels = ("p", scope)
    reading = Reading(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, labels, total)
    window = WindowReading("all", None, (reading,))
    return Statement(
        at=0.0,
        scopes=(ScopeReading(scope=scope, windows=(window,), place=labels),),
        owners={"plan": frozenset({owner})},
    )


def failing(error: PollError, **parts: tuple[Sample, ...]) -> Report:
    """Return a report of *parts* in which the part ``bad`` failed."""
    return Report(parts, failures={"bad": error})


def shown(samples: Iterable[Sample]) -> dict[str, float]:
    """Return the values of the traffic counters in *samples*, by plan."""
    family = usage.PRODUCT_TRAFFIC_BYTES_TOTAL
    return {one.labels[1]: one.value for one in samples if one.family is family}
