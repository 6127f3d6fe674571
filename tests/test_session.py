import asyncio
from collections import Counter

import pytest

from exporter.api import Api
from exporter.errors import IdentityError, PayloadError, PollError, Reason, SeriesError
from exporter.metrics import usage
from exporter.providers import Context, Report
from exporter.session import Session, Settled
from tests.clocks import WALL, Jumping
from tests.fakes import (
    BreakableState,
    Script,
    collector_of,
    gauges,
    make_account,
    make_provider,
    make_resources,
    report,
    shown,
)

EXTRA = Script(report(7, scope="2", rest=gauges(1.0)))
ROOM = 100


class Stage:
    """A session, and what it is asked."""

    def __init__(self, *outcomes: Report, state: BreakableState | None = None) -> None:
        self.state = state or BreakableState()
        self.provider = make_provider(usage=Script(*outcomes), extra=EXTRA)
        self.session = Session(
            make_account(self.provider),
            self.provider,
            make_resources(Jumping().clock(), self.state),
        )

    async def poll(self, name: str = "usage", *, room: int = ROOM) -> Settled:
        """Ask and settle."""
        collector = collector_of(self.provider, name)
        answer = await self.session.ask(collector, within=1.0, codes=Counter())
        return await self.session.settle(collector, answer, room=lambda: room)

    def polls(self, *names: str) -> list[Settled]:
        """Ask and settle *names* one after the other."""

        async def play() -> list[Settled]:
            return [await self.poll(name) for name in names]

        return asyncio.run(play())


def _counters(settled: Settled) -> dict[str, float] | None:
    return None if settled.counters is None else shown(settled.counters)


def test_counters_grow_with_the_readings() -> None:
    """The first poll is the baseline, and later ones show what was used since."""
    stage = Stage(report(100), report(150))
    assert [_counters(one) for one in stage.polls("usage", "usage")] == [{"1": 0}, {"1": 50}]


def test_account_counters_are_sums() -> None:
    """What a collector's products used is summed for the account."""
    _, settled = Stage(report(100), report(150)).polls("usage", "usage")
    sums = {one.value for one in settled.counters or () if one.family.labels == ()}
    assert sums == {50}
    assert usage.ACCOUNT_TRAFFIC_BYTES_TOTAL in {one.family for one in settled.counters or ()}


def test_ledger_is_committed_before_it_is_shown() -> None:
    """What a poll shows is on disk by then."""
    stage = Stage(report(100), report(150))
    stage.polls("usage", "usage")
    assert stage.state.load(("fake", "main")) is stage.state.commits[-1]
    assert len(stage.state.commits) == 2


def test_ledger_goes_on_after_a_start() -> None:
    """A new session continues where the committed ledger is."""
    first = Stage(report(100))
    first.polls("usage")
    second = Stage(report(130), report(130), state=first.state)
    assert _counters(second.polls("usage", "usage")[-1]) == {"1": 30}


def test_context_knows_the_time_the_options_and_the_ledger() -> None:
    """A poll is told what was committed before it."""
    seen: list[Context] = []

    async def look(_api: Api, context: Context) -> Report:
        seen.append(context)
        return report(1)

    provider = make_provider(usage=Script(look))
    session = Session(make_account(provider), provider, make_resources(Jumping().clock()))

    async def play() -> None:
        for _ in range(2):
            answer = await session.ask(provider.collectors[0], within=1.0, codes=Counter())
            await session.settle(provider.collectors[0], answer, room=lambda: ROOM)

    asyncio.run(play())
    assert [one.now for one in seen] == [WALL, WALL]
    assert [len(one.ledger.scopes) for one in seen] == [0, 1]


def test_report_without_readings_has_gauges_only() -> None:
    """What says nothing to the ledger does not touch it."""
    stage = Stage(report(rest=gauges(1.0)))
    (settled,) = stage.polls("usage")
    assert (list(settled.parts), settled.counters) == (["rest"], None)
    assert stage.state.commits == []


def test_other_readings_wait_for_the_required_one() -> None:
    """Until the usage collector knows the credential, other readings do not count."""
    early, _, late = Stage(report(100)).polls("extra", "usage", "extra")
    assert (_counters(early), _counters(late)) == (None, {"2": 0})
    assert list(early.parts) == ["rest"]


def test_another_accounts_key_enters_nothing() -> None:
    """A report of another account fails, and the ledger stays as it was."""
    stage = Stage(report(100), report(900, owner="you"), report(150))
    stage.polls("usage")
    with pytest.raises(IdentityError):
        stage.polls("usage")
    assert len(stage.state.commits) == 1
    assert _counters(stage.polls("usage")[0]) == {"1": 50}


def test_other_readings_wait_after_another_accounts_key() -> None:
    """While the credential is another account's, no collector's readings count."""
    stage = Stage(report(100), report(900, owner="you"))
    stage.polls("usage")
    with pytest.raises(IdentityError):
        stage.polls("usage")
    assert _counters(stage.polls("extra")[0]) is None


@pytest.mark.parametrize("name", ["usage", "extra"])
def test_too_many_series_are_refused(name: str) -> None:
    """A report that does not fit fails as a whole, and the ledger does not move."""
    stage = Stage(report(100))
    with pytest.raises(SeriesError, match=f"{name}: .* max_series") as caught:
        asyncio.run(stage.poll(name, room=0))
    assert caught.value.reason == Reason.PAYLOAD
    assert caught.value.advice == "raise max_series, or turn collectors off"
    assert stage.state.commits == []


def test_as_many_series_as_there_is_room_for() -> None:
    """What fits exactly is taken: product, account sum, corrections and the gap."""
    stage = Stage(report(100))
    settled = asyncio.run(stage.poll(room=4))
    assert settled.series() == len(settled.counters or ()) == 4


def test_failed_commit_keeps_counters_and_catches_up() -> None:
    """While the disk fails, gauges are new and counters stay; then they are as if it never had."""
    stage = Stage(report(100), report(150, rest=gauges(2.0)), report(180))
    stage.polls("usage")
    stage.state.broken = True
    (failed,) = stage.polls("usage")
    assert (list(failed.parts), failed.counters) == (["rest"], None)
    stage.state.broken = False
    assert _counters(stage.polls("usage")[0]) == {"1": 80}


def test_errors_pass_through() -> None:
    """What a collector raises is the caller's to judge."""
    error = PayloadError("GET /", "no")
    provider = make_provider(usage=Script(error))
    session = Session(make_account(provider), provider, make_resources(Jumping().clock()))
    with pytest.raises(PollError) as caught:
        asyncio.run(session.ask(provider.collectors[0], within=1.0, codes=Counter()))
    assert caught.value is error
