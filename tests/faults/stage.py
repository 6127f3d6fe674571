"""Two accounts of a provider, each at an origin of its own, polled by all that polls them for real.

The origin of the one called *victim* can be told to misbehave; the other one must not notice.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from io import StringIO

from starlette.applications import Starlette

from exporter import logs
from exporter.api import Clock, Pool
from exporter.errors import Reason
from exporter.poller import Bounds, Poller
from exporter.providers import Provider
from exporter.secret import Credential, Secret
from exporter.session import Resources, Session
from exporter.simulator import Account, World, create_app, demo_world
from exporter.snapshot import Snapshot
from exporter.state import MemoryState
from exporter.store import Store
from tests.clocks import WALL, Jumping
from tests.fakes import make_account
from tests.faults.origin import Origin, opened
from tests.sockets import Behaviour

PATIENT = 60.0
"""Seconds that a poll may take which has to succeed: generous, as machines are shared."""

HASTY = 0.3
"""Seconds for a poll of a server that never comes to an end."""

Values = Mapping[tuple[str, str, tuple[str, ...]], float]
"""What is shown, by collector, family and labels."""


class Stepping(Jumping):
    """A clock whose wall clock is *step* seconds off."""

    step = 0.0

    def clock(self) -> Clock:
        """Return it as our code has it."""
        return replace(super().clock(), wall=lambda: self.true_time() + self.step)

    def true_time(self) -> float:
        """Return the time that it really is, in Unix seconds."""
        return super().clock().wall()


class Subject:
    """One account with its pollers: patient ones, and hasty ones for the same collectors."""

    def __init__(self, session: Session, store: Store) -> None:
        self.session = session
        self._store = store
        self._pollers = {limit: self._make(limit) for limit in (PATIENT, HASTY)}

    def _make(self, limit: float) -> tuple[Poller, ...]:
        return tuple(
            Poller(self.session, one, self._store, Bounds(limit, 10_000))
            for one in self.session.provider.collectors
        )

    @property
    def usage(self) -> Poller:
        """The poller of the required collector."""
        return next(one for one in self._pollers[PATIENT] if one.collector.required)

    async def poll(self, limit: float = PATIENT) -> None:
        """Poll every collector once, the required ones first."""
        for required in (True, False):
            pollers = (one for one in self._pollers[limit] if one.collector.required is required)
            await asyncio.gather(*(one.poll() for one in pollers))

    @property
    def snapshots(self) -> list[Snapshot]:
        """What the collectors show."""
        return list(self._store.of(self.session.account.key).values())

    @property
    def values(self) -> Values:
        """All values that are shown."""
        return {
            (one.collector, sample.family.name, sample.labels): sample.value
            for one in self.snapshots
            for part in (*one.parts.values(), one.counters)
            for sample in part.samples
        }


@dataclass
class Stage:
    """A provider's two accounts; the simulator that plays it has the clock *jumping*."""

    provider: Provider
    jumping: Stepping
    app: Starlette
    origin: Origin
    victim: Subject
    other: Subject

    async def polls(self, behaviour: Behaviour | None, limit: float = PATIENT) -> str:
        """Poll both accounts while the victim's origin shows *behaviour*; return the log."""
        self.jumping.now += 300
        self.origin.behaviour = behaviour
        with logging_to(StringIO()) as log:
            await asyncio.gather(self.victim.poll(limit), self.other.poll())
        self.origin.behaviour = None
        return log.getvalue()

    @property
    def keys(self) -> tuple[str, str]:
        """The credentials."""
        subjects = (self.victim, self.other)
        victim, other = (one.session.account.credential.secret.reveal() for one in subjects)
        return victim, other


@cache
def demo_accounts() -> tuple[Account, ...]:
    """Return the accounts of the demo, which take longer to make than to poll."""
    return demo_world(WALL).accounts


@asynccontextmanager
async def set_up(provider: Provider, *, base_url: str | None = None) -> AsyncIterator[Stage]:
    """Open both origins; the victim is at *base_url* if that is given."""
    jumping = Stepping()
    world = World(demo_accounts(), clock=jumping.true_time, rate_limits=())
    keys = [one.key for one in world.accounts if one.provider == provider.name]
    pool, store = Pool(), Store()
    shared = Resources(pool, MemoryState(), hold=0.0, clock=jumping.clock())
    app = create_app(world)
    async with AsyncExitStack() as stack:
        origins = [await stack.enter_async_context(opened(app)) for _ in keys]
        stack.push_async_callback(pool.aclose)
        urls = (base_url or origins[0].url, origins[1].url)
        victim, other = (
            _subject(provider, (name, key, url), shared, store)
            for name, key, url in zip(("victim", "other"), keys, urls, strict=True)
        )
        yield Stage(provider, jumping, app, origins[0], victim, other)


def _subject(
    provider: Provider, known_by: tuple[str, str, str], shared: Resources, store: Store
) -> Subject:
    name, key, url = known_by
    options = provider.options()
    account = make_account(provider, name, credential=Credential(Secret(key)), options=options)
    return Subject(Session(replace(account, base_url=url), provider, shared), store)


@contextmanager
def logging_to(stream: StringIO) -> Iterator[StringIO]:
    """Write the log to *stream* as users of ``--log.level=debug`` see it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    logs.set_up("debug", "logfmt", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def failures(before: Snapshot, after: Snapshot) -> dict[str, int]:
    """Return the failures that were counted between the two, by reason."""
    grown = {reason: after.failures[reason] - before.failures[reason] for reason in Reason}
    return {str(reason): by for reason, by in grown.items() if by}
