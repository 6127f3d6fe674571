"""Accounts that come, change and go while others are polled."""

import asyncio
from dataclasses import replace

import httpx
import pytest
import respx

from exporter.api import Api, Clock
from exporter.poller import Bounds
from exporter.polling import Polling
from exporter.providers import Context, Report
from exporter.store import Store
from tests.clocks import settle
from tests.fakes import BASE, Script, make_account, make_provider, make_resources, report
from tests.pollings import REPORT, Hanging, SlowState, begun
from tests.sockets import patient


async def ask(api: Api, _context: Context) -> Report:
    """Poll with one request."""
    await api.get("/a", dict)
    return REPORT


def shown(polling: Polling) -> dict[tuple[str, str], int]:
    """Return how often each collector of each account was polled."""
    return {(one.account.name, one.collector): one.polls for one in polling.store.all()}


def requests(polling: Polling) -> int:
    """Return how many requests all collectors together have sent."""
    return sum(sum(one.requests.values()) for one in polling.store.all())


def test_update_leaves_what_did_not_change() -> None:
    """An account that stays is polled on as if nothing had been; one that is gone is not shown."""
    usage = Script(REPORT)
    provider = make_provider("fake", usage=usage)
    one, two, three = (make_account(provider, name) for name in ("one", "two", "three"))

    async def play() -> int:
        async with begun([provider], one, two) as (clock, polling):
            assert shown(polling) == {("one", "usage"): 1, ("two", "usage"): 1}
            await polling.update([one, three])
            await clock.advance(0)
            assert shown(polling) == {("one", "usage"): 1, ("three", "usage"): 1}
            polls = usage.polls
            await clock.advance(300)
        return usage.polls - polls

    assert asyncio.run(play()) == 2


def test_account_that_changes_goes_on_from_what_it_shows() -> None:
    """A changed account keeps its samples and counts, but for collectors that are off now."""
    extra = Script(REPORT)
    provider = make_provider("fake", usage=Script(REPORT), extra=extra)
    account = make_account(provider)

    async def play() -> None:
        async with begun([provider], account) as (clock, polling):
            await polling.update([replace(account, intervals={"usage": 60.0})])
            assert shown(polling) == {("main", "usage"): 1}
            assert polling.unpolled() == ()
            await clock.advance(60)
            assert shown(polling) == {("main", "usage"): 3}

    asyncio.run(play())
    assert extra.polls == 1


def test_account_that_cannot_be_asked_changes_nothing() -> None:
    """An update that cannot be made is not begun: all is polled on, and the next one is made."""
    provider = make_provider("fake", usage=Script(REPORT))
    one, two, bad = (make_account(provider, name) for name in ("one", "two", "bad"))
    changed = replace(one, intervals={"usage": 60.0})

    async def play() -> None:
        async with begun([provider], one, two) as (clock, polling):
            with pytest.raises(httpx.InvalidURL):
                await polling.update([changed, replace(bad, base_url="http://10.0.0.256")])
            await clock.advance(300)
            assert shown(polling) == {("one", "usage"): 2, ("two", "usage"): 2}
            await polling.update([changed, bad])
            await clock.advance(0)
            assert shown(polling) == {("one", "usage"): 3, ("bad", "usage"): 1}

    asyncio.run(play())


def test_account_whose_pollers_cannot_be_made_is_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a bug kept from being polled is there as soon as it can be."""
    provider = make_provider("fake", usage=Script(REPORT))
    one, two = (make_account(provider, name) for name in ("one", "two"))

    async def play() -> None:
        async with begun([provider], one) as (clock, polling):
            with monkeypatch.context() as patch:
                patch.setattr("exporter.polling.Poller", None)
                with pytest.raises(TypeError):
                    await polling.update([one, two])
            await polling.update([one, two])
            await clock.advance(0)
            assert shown(polling) == {("one", "usage"): 1, ("two", "usage"): 1}

    asyncio.run(play())


def test_update_makes_up_for_one_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the midst of an update keeps no account from being polled after the next one."""
    provider = make_provider("fake", usage=Script(REPORT))
    one, two = (make_account(provider, name) for name in ("one", "two"))
    changed = replace(one, intervals={"usage": 60.0})

    async def play() -> None:
        async with begun([provider], one, two) as (clock, polling):
            with monkeypatch.context() as patch:
                patch.setattr(polling.store, "replace", None)
                with pytest.raises(TypeError):
                    await polling.update([changed, two])
            await polling.update([changed, two])
            await clock.advance(0)
            assert shown(polling) == {("one", "usage"): 2, ("two", "usage"): 1}

    asyncio.run(play())


def test_ready_once_is_ready_for_good() -> None:
    """An account that a reload brings does not take readiness back."""
    provider = make_provider("fake", usage=Script(REPORT))
    slow = replace(make_provider("slow", usage=Hanging()), base_url="https://slow.example")

    async def play() -> tuple[str, ...]:
        async with begun([provider, slow], make_account(provider)) as (clock, polling):
            await polling.update([make_account(provider), make_account(slow)])
            await clock.advance(0)
            return polling.unpolled()

    assert asyncio.run(play()) == ()


def test_ledger_outlives_a_change() -> None:
    """The counters of an account go on where they were when it changes."""
    provider = make_provider("fake", usage=Script(report(5), report(9)))
    account = make_account(provider)

    async def play() -> list[float]:
        async with begun([provider], account) as (clock, polling):
            await polling.update([replace(account, intervals={"usage": 60.0})])
            await clock.advance(0)
        (snapshot,) = polling.store.all()
        return [one.value for one in snapshot.counters.samples if one.labels == ("p", "1")]

    assert 4 in asyncio.run(play())


def test_commit_is_not_cut_off() -> None:
    """An account that changes while its ledger is written goes on from what is written."""
    provider = make_provider("fake", usage=Script(report(5)))
    account = make_account(provider)

    async def play() -> int:
        state = SlowState()
        async with begun([provider], account, state=state) as (_, polling):
            changed = replace(account, intervals={"usage": 9.0})
            changing = asyncio.create_task(polling.update([changed]))
            await settle()
            assert not changing.done()
            state.go.set()
            await changing
            return len(state.commits)

    assert asyncio.run(play()) == 1


def test_requests_of_collectors_that_go_are_kept() -> None:
    """A counter of the account does not fall when a collector is turned off."""
    provider = make_provider("fake", usage=ask, extra=ask)
    account = make_account(provider)

    async def play() -> tuple[int, int]:
        async with begun([provider], account) as (clock, polling):
            await clock.advance(1)
            before = requests(polling)
            await polling.update([replace(account, intervals={"usage": 300.0})])
            return before, requests(polling)

    with respx.mock(base_url=BASE) as router:
        router.get("/a").respond(json={})
        assert asyncio.run(play()) == (2, 2)


def test_price_disturbs_no_poll() -> None:
    """Another price is shown, before the next poll and after it, and nothing is polled for it."""
    usage = Script(REPORT)
    provider = make_provider("fake", usage=usage)
    account = make_account(provider)

    async def play() -> None:
        async with begun([provider], account) as (clock, polling):
            await polling.update([replace(account, prices={"p": 2.0})])
            for polls in (1, 2):
                assert usage.polls == polls
                assert polling.store.all()[0].account.prices == {"p": 2.0}
                await clock.advance(300)

    asyncio.run(play())


@pytest.mark.parametrize("url", [BASE, "https://API.example:443/"])
def test_pause_outlives_a_change(url: str) -> None:
    """A provider that asked to be left alone is, though the account changes."""
    provider = make_provider("fake", usage=ask)
    account = replace(make_account(provider), base_url=url)

    async def play() -> None:
        async with begun([provider], account) as (clock, polling):
            await polling.update([replace(account, intervals={"usage": 60.0})])
            await clock.advance(600)

    with respx.mock(base_url=BASE) as router:
        router.get("/a").respond(429, headers={"Retry-After": "3000"})
        asyncio.run(play())
        assert len(router.calls) == 1


def test_connections_go_with_the_last_account() -> None:
    """After an update, there are none left to an origin that no account is at."""

    async def play() -> tuple[list[int], list[int]]:
        polled = asyncio.Barrier(3)

        async def ask_and_wait(api: Api, context: Context) -> Report:
            answer = await ask(api, context)
            await polled.wait()
            return answer

        provider = make_provider("fake", usage=ask_and_wait)
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
