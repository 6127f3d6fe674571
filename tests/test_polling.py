import asyncio
import logging
from dataclasses import replace
from typing import cast

import pytest
import respx

from exporter.account import Account
from exporter.api import Api, Clock
from exporter.errors import PayloadError, RateLimitError
from exporter.ledger import Ledger
from exporter.poller import Bounds
from exporter.polling import Polling
from exporter.providers import Context, Provider, Report
from exporter.store import Store
from tests.clocks import Virtual, settle
from tests.fakes import (
    BASE,
    BreakableState,
    Script,
    gauges,
    make_account,
    make_provider,
    make_resources,
    report,
)
from tests.sockets import patient

REPORT = report(rest=gauges(1.0))


class Hanging:
    """A collector that is not answered before it is let go."""

    def __init__(self) -> None:
        self.under_way = 0
        self.go = asyncio.Event()

    async def __call__(self, _api: Api, _context: Context) -> Report:
        """Poll."""
        self.under_way += 1
        await self.go.wait()
        self.under_way -= 1
        return REPORT


def _polling(clock: Virtual, *providers: Provider) -> Polling:
    return Polling(
        {one.name: one for one in providers},
        Store(),
        make_resources(clock.clock()),
        Bounds(poll_timeout=30.0, max_series=100),
    )


def test_account_is_there_before_it_is_polled() -> None:
    """An account that was added shows each of its collectors, and waits."""
    provider = make_provider("fake", usage=Script(REPORT), extra=Script(REPORT))
    polling = _polling(Virtual(), provider)
    polling.add(make_account(provider))
    assert [one.collector for one in polling.store.all()] == ["usage", "extra"]
    assert polling.unpolled() == ("fake/main",)


def test_collector_that_is_off() -> None:
    """A collector without an interval is neither shown nor polled."""
    extra = Script(REPORT)
    provider = make_provider("fake", usage=Script(REPORT), extra=extra)
    polling = _polling(Virtual(), provider)
    polling.add(replace(make_account(provider), intervals={"usage": 300.0}))
    asyncio.run(polling.poll_once())
    assert [one.collector for one in polling.store.all()] == ["usage"]
    assert extra.polls == 0


@pytest.mark.parametrize("outcome", [REPORT, PayloadError("", ""), KeyError()], ids=repr)
def test_polled_whatever_the_outcome(outcome: Report | Exception) -> None:
    """Once the required collectors were polled the account does not wait, though it may fail."""
    provider = make_provider("fake", usage=Script(outcome))
    polling = _polling(Virtual(), provider)
    polling.add(make_account(provider))
    asyncio.run(polling.poll_once())
    assert polling.unpolled() == ()


def test_poll_once_polls_everything_once() -> None:
    """Every collector of every account is polled, the required ones first."""
    order: list[str] = []

    def noted(name: str) -> Script:
        async def poll(_api: Api, _context: Context) -> Report:
            order.append(name)
            await asyncio.sleep(0)
            return REPORT

        return Script(poll)

    provider = make_provider("fake", extra=noted("extra"), usage=noted("usage"))
    polling = _polling(Virtual(), provider)
    polling.add(make_account(provider))
    asyncio.run(polling.poll_once())
    assert order == ["usage", "extra"]


def test_other_readings_count_on_the_first_round() -> None:
    """The required collector confirms the credential in time for the others."""
    provider = make_provider("fake", extra=Script(report(7, scope="2")), usage=Script(report(5)))
    polling = _polling(Virtual(), provider)
    polling.add(make_account(provider))
    asyncio.run(polling.poll_once())
    assert all(one.counters.samples for one in polling.store.all())


def _polled(polling: Polling) -> int:
    return sum(one.polls > 0 for one in polling.store.all())


def test_slow_provider_does_not_hold_up_another() -> None:
    """While all accounts of one provider hang, those of another are polled at once."""

    async def play() -> int:
        hanging = Hanging()
        slow = replace(make_provider("slow", usage=hanging), base_url="https://slow.example")
        quick = make_provider("quick", usage=Script(REPORT))
        polling = _polling(Virtual(), slow, quick)
        for number in range(20):
            polling.add(make_account(slow, str(number)))
            polling.add(make_account(quick, str(number)))
        polling.start()
        await settle()
        found = _polled(polling)
        await polling.stop()
        return found

    assert asyncio.run(play()) == 20


def test_few_accounts_of_an_origin_begin_together() -> None:
    """The first polls of one origin are under way for ten accounts at a time."""

    async def play() -> tuple[int, int]:
        hanging = Hanging()
        provider = make_provider("fake", usage=hanging)
        polling = _polling(Virtual(), provider)
        for number in range(30):
            polling.add(make_account(provider, str(number)))
        polling.start()
        await settle()
        before = hanging.under_way
        hanging.go.set()
        await settle()
        await polling.stop()
        return before, _polled(polling)

    assert asyncio.run(play()) == (10, 30)


def _accounts(provider: Provider) -> tuple[Account, Account]:
    return make_account(provider, "one"), make_account(provider, "two")


def test_polls_go_on() -> None:
    """After the first round, every collector polls on its own interval."""
    usage, extra = Script(REPORT), Script(PayloadError("", ""))

    async def play() -> None:
        clock = Virtual()
        provider = make_provider("fake", usage=usage, extra=extra)
        polling = _polling(clock, provider)
        polling.add(make_account(provider))
        polling.start()
        await clock.advance(3600)
        await polling.stop()

    asyncio.run(play())
    assert (usage.polls, extra.polls) == (1 + 12, 1 + 4)


def test_polls_go_on_after_a_bug_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """When the next poll is due cannot be told: it comes after the interval, and others in time."""
    caplog.set_level(logging.WARNING, "exporter")
    wrong = RateLimitError("", "", retry_after=cast("float", "soon"))
    usage, extra = Script(REPORT), Script(REPORT, wrong)

    async def play() -> None:
        clock = Virtual()
        provider = make_provider("fake", usage=usage, extra=extra)
        polling = _polling(clock, provider)
        polling.add(make_account(provider))
        polling.start()
        await clock.advance(4 * 3600)
        await polling.stop()

    asyncio.run(play())
    assert (usage.polls, extra.polls) == (1 + 48, 1 + 16)
    assert caplog.messages == ["poll failed", "poll crashed"]


def test_accounts_do_not_move_in_step() -> None:
    """Two accounts poll at different moments."""
    moments: dict[float, int] = {}

    async def play() -> None:
        clock = Virtual()

        async def poll(_api: Api, _context: Context) -> Report:
            moments[clock.now] = moments.get(clock.now, 0) + 1
            return REPORT

        provider = make_provider("fake", usage=poll)
        polling = _polling(clock, provider)
        for account in _accounts(provider):
            polling.add(account)
        polling.start()
        await clock.advance(3600)
        await polling.stop()

    asyncio.run(play())
    assert list(moments.values()) == [2] + [1] * 24


def test_stop_ends_polls_under_way() -> None:
    """Stopping does not wait for a provider, and no poll begins after it."""

    async def play() -> tuple[int, int]:
        clock = Virtual()
        hanging, quick = Hanging(), Script(REPORT)
        slow = replace(make_provider("slow", usage=hanging), base_url="https://slow.example")
        provider = make_provider("fake", usage=quick)
        polling = _polling(clock, slow, provider)
        polling.add(make_account(slow))
        polling.add(make_account(provider))
        polling.start()
        await clock.advance(0)
        await polling.stop()
        await clock.advance(3600)
        return hanging.under_way, quick.polls

    assert asyncio.run(play()) == (1, 1)


def _shown(polling: Polling) -> dict[tuple[str, str], int]:
    """Return how often each collector of each account was polled."""
    return {(one.account.name, one.collector): one.polls for one in polling.store.all()}


def test_update_leaves_what_did_not_change() -> None:
    """An account that stays is polled on as if nothing had been; one that is gone is not shown."""
    usage = Script(REPORT)

    async def play() -> tuple[list[dict[tuple[str, str], int]], int]:
        clock = Virtual()
        provider = make_provider("fake", usage=usage)
        polling = _polling(clock, provider)
        one, two = _accounts(provider)
        polling.add(one)
        polling.add(two)
        polling.start()
        await clock.advance(0)
        shown = [_shown(polling)]
        await polling.update([one, make_account(provider, "three")])
        await clock.advance(0)
        shown.append(_shown(polling))
        polls = usage.polls
        await clock.advance(300)
        await polling.stop()
        return shown, usage.polls - polls

    shown, polls = asyncio.run(play())
    assert shown[0] == {("one", "usage"): 1, ("two", "usage"): 1}
    assert shown[1] == {("one", "usage"): 1, ("three", "usage"): 1}
    assert polls == 2


def test_account_that_changes_goes_on_from_what_it_shows() -> None:
    """A changed account keeps its samples and counts, but for collectors that are off now."""
    usage, extra = Script(REPORT), Script(REPORT)

    async def play() -> tuple[list[dict[tuple[str, str], int]], tuple[str, ...]]:
        clock = Virtual()
        provider = make_provider("fake", usage=usage, extra=extra)
        polling = _polling(clock, provider)
        account = make_account(provider)
        polling.add(account)
        polling.start()
        await clock.advance(0)
        await polling.update([replace(account, intervals={"usage": 60.0})])
        shown = [_shown(polling)]
        waiting = polling.unpolled()
        await clock.advance(60)
        shown.append(_shown(polling))
        await polling.stop()
        return shown, waiting

    shown, waiting = asyncio.run(play())
    assert shown == [{("main", "usage"): 1}, {("main", "usage"): 3}]
    assert waiting == ()
    assert extra.polls == 1


def test_ready_once_is_ready_for_good() -> None:
    """An account that a reload brings does not take readiness back."""

    async def play() -> tuple[str, ...]:
        clock = Virtual()
        hanging = Hanging()
        provider = make_provider("fake", usage=Script(REPORT))
        slow = replace(make_provider("slow", usage=hanging), base_url="https://slow.example")
        polling = _polling(clock, provider, slow)
        polling.add(make_account(provider))
        polling.start()
        await clock.advance(0)
        await polling.update([make_account(provider), make_account(slow)])
        await clock.advance(0)
        waiting = polling.unpolled()
        await polling.stop()
        return waiting

    assert asyncio.run(play()) == ()


def test_ledger_outlives_a_change() -> None:
    """The counters of an account go on where they were when it changes."""
    usage = Script(report(5), report(9))

    async def play() -> list[float]:
        clock = Virtual()
        provider = make_provider("fake", usage=usage)
        polling = _polling(clock, provider)
        account = make_account(provider)
        polling.add(account)
        polling.start()
        await clock.advance(0)
        await polling.update([replace(account, intervals={"usage": 60.0})])
        await clock.advance(0)
        await polling.stop()
        (snapshot,) = polling.store.all()
        return [one.value for one in snapshot.counters.samples if one.labels == ("p", "1")]

    assert 4 in asyncio.run(play())


class SlowState(BreakableState):
    """A state whose commits wait to be let go."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.go = asyncio.Event()

    async def commit(self, account: tuple[str, str], ledger: Ledger) -> None:
        """Keep *ledger*, when it is let go."""
        await self.go.wait()
        await super().commit(account, ledger)


def test_commit_is_not_cut_off() -> None:
    """An account that changes while its ledger is written goes on from what is written."""

    async def play() -> tuple[bool, int]:
        clock, state = Virtual(), SlowState()
        provider = make_provider("fake", usage=Script(report(5)))
        resources = make_resources(clock.clock(), state)
        polling = Polling({"fake": provider}, Store(), resources, Bounds(30.0, 100))
        account = make_account(provider)
        polling.add(account)
        polling.start()
        await settle()
        changing = asyncio.create_task(polling.update([replace(account, intervals={"usage": 9.0})]))
        await settle()
        waited = not changing.done()
        state.go.set()
        await changing
        commits = len(state.commits)
        await polling.stop()
        return waited, commits

    assert asyncio.run(play()) == (True, 1)


def test_requests_of_collectors_that_go_are_kept() -> None:
    """A counter of the account does not fall when a collector is turned off."""

    async def ask(api: Api, _context: Context) -> Report:
        await api.get("/a", dict)
        return REPORT

    async def play() -> list[int]:
        clock = Virtual()
        provider = make_provider("fake", usage=ask, extra=ask)
        polling = _polling(clock, provider)
        account = make_account(provider)
        polling.add(account)
        polling.start()
        await clock.advance(1)
        counts = [sum(sum(one.requests.values()) for one in polling.store.all())]
        await polling.update([replace(account, intervals={"usage": 300.0})])
        counts.append(sum(sum(one.requests.values()) for one in polling.store.all()))
        await polling.stop()
        return counts

    with respx.mock(base_url=BASE) as router:
        router.get("/a").respond(json={})
        assert asyncio.run(play()) == [2, 2]


def test_price_disturbs_no_poll() -> None:
    """Another price is shown, and no account is polled for it."""
    usage = Script(REPORT)

    async def play() -> tuple[int, object]:
        clock = Virtual()
        provider = make_provider("fake", usage=usage)
        polling = _polling(clock, provider)
        account = make_account(provider)
        polling.add(account)
        polling.start()
        await clock.advance(0)
        await polling.update([replace(account, prices={"p": 2.0})])
        await clock.advance(0)
        shown = polling.store.all()[0].account.prices
        await polling.stop()
        return usage.polls, shown

    assert asyncio.run(play()) == (1, {"p": 2.0})


def test_pause_outlives_a_change() -> None:
    """A provider that asked to be left alone is, though the account changes."""

    async def ask(api: Api, _context: Context) -> Report:
        await api.get("/a", dict)
        return REPORT

    async def play() -> int:
        clock = Virtual()
        provider = make_provider("fake", usage=ask)
        polling = _polling(clock, provider)
        account = make_account(provider)
        polling.add(account)
        polling.start()
        await clock.advance(0)
        await polling.update([replace(account, intervals={"usage": 60.0})])
        await clock.advance(600)
        await polling.stop()
        return len(router.calls)

    with respx.mock(base_url=BASE) as router:
        router.get("/a").respond(429, headers={"Retry-After": "3000"})
        assert asyncio.run(play()) == 1


def test_connections_go_with_the_last_account() -> None:
    """After an update, there are none left to an origin that no account is at."""

    async def play() -> tuple[list[int], list[int]]:
        polled = asyncio.Barrier(3)

        async def ask(api: Api, _context: Context) -> Report:
            await api.get("/a", dict)
            await polled.wait()
            return REPORT

        provider = make_provider("fake", usage=ask)
        shared = make_resources(Clock())
        polling = Polling({"fake": provider}, Store(), shared, Bounds(30.0, 100))
        async with patient() as one, patient() as two:
            first, second = (
                replace(make_account(provider, server.url), base_url=server.url)
                for server in (one, two)
            )
            polling.add(first)
            polling.add(second)
            polling.start()
            await polled.wait()
            await polling.update([first])
            await asyncio.wait_for(two.ended.wait(), 5)
            assert not one.ended.is_set()
            await polling.stop()
            await shared.pool.aclose()
        return one.answers, two.answers

    assert asyncio.run(play()) == ([1], [1])


def test_stop_waits_for_no_disk() -> None:
    """Polls end at once, though a ledger is being written: what is not published is not lost."""

    async def play() -> bool:
        clock, state = Virtual(), SlowState()
        provider = make_provider("fake", usage=Script(report(5)))
        resources = make_resources(clock.clock(), state)
        polling = Polling({"fake": provider}, Store(), resources, Bounds(30.0, 100))
        polling.add(make_account(provider))
        polling.start()
        await settle()
        stopping = asyncio.create_task(polling.stop())
        await settle()
        return stopping.done()

    assert asyncio.run(play())
