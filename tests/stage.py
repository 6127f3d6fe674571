"""The pollers of one account on a stage: what they are told, and what they show of it."""

import asyncio

from exporter.errors import PayloadError, Reason, UnsupportedError
from exporter.health import account_samples
from exporter.poller import Bounds, Poller
from exporter.session import Session
from exporter.snapshot import Snapshot
from exporter.store import Store
from tests.clocks import Jumping, Virtual
from tests.fakes import (
    BreakableState,
    Outcome,
    Script,
    gauges,
    make_account,
    make_provider,
    make_resources,
    report,
)

PAYLOAD = PayloadError("GET /usage", "no")
FORBIDDEN = UnsupportedError("GET /extra", "no", status=403, reason=Reason.FORBIDDEN)
FIRST = report(rest=gauges(1.0), bad=gauges(1.0, 2.0))


class Stage:
    """The pollers of one account, each with a script."""

    def __init__(
        self,
        clock: Jumping | Virtual | None = None,
        *,
        max_series: int = 100,
        extra: Script | None = None,
        usage: Script,
        store: Store | None = None,
    ) -> None:
        self.clock = clock or Jumping()
        self.store = store or Store()
        self.state = BreakableState()
        scripts = {"usage": usage} | ({"extra": extra} if extra else {})
        provider = make_provider("fake", **scripts)
        shared = make_resources(self.clock.clock(), self.state)
        session = Session(make_account(provider), provider, shared)
        self.pollers = {
            one.name: Poller(session, one, self.store, Bounds(30.0, max_series))
            for one in provider.collectors
        }

    def polls(self, *names: str) -> list[Snapshot]:
        """Poll *names* one after the other, a minute apart."""

        async def play() -> list[Snapshot]:
            found = []
            for name in names:
                self.clock.now += 60
                await self.pollers[name].poll()
                found.append(self.pollers[name].snapshot)
            return found

        return asyncio.run(play())

    def up(self) -> float:
        """Return whether the account is up."""
        return next(iter(account_samples(self.store.all()))).value


def poll_usage(*outcomes: Outcome) -> list[Snapshot]:
    """Return the snapshots after each of *outcomes* of the required collector."""
    return Stage(usage=Script(*outcomes)).polls(*["usage"] * len(outcomes))
