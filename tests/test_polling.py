import asyncio
import logging
from collections import Counter
from dataclasses import replace
from typing import cast

import pytest

from exporter.account import Account
from exporter.api import Api
from exporter.errors import PayloadError, RateLimitError
from exporter.polling import Polling
from exporter.providers import Context, Provider, Report
from tests.clocks import Virtual, settle
from tests.fakes import Script, make_account, make_provider, report
from tests.pollings import REPORT, Hanging, SlowState, begun, make_polling


def test_account_is_there_before_it_is_polled() -> None:
    """An account that was added shows each of its collectors, and waits."""
    provider = make_provider("fake", usage=Script(REPORT), extra=Script(REPORT))
    polling = make_polling(Virtual(), provider)
    polling.add(make_account(provider))
    assert [one.collector for one in polling.store.all()] == ["usage", "extra"]
    assert polling.unpolled() == ("fake/main",)


def test_collector_that_is_off() -> None:
    """A collector without an interval is neither shown nor polled."""
    extra = Script(REPORT)
    provider = make_provider("fake", usage=Script(REPORT), extra=extra)
    polling = make_polling(Virtual(), provider)
    polling.add(replace(make_account(provider), intervals={"usage": 300.0}))
    asyncio.run(polling.poll_once())
    assert [one.collector for one in polling.store.all()] == ["usage"]
    assert extra.polls == 0


@pytest.mark.parametrize("outcome", [REPORT, PayloadError("", ""), KeyError()], ids=repr)
def test_polled_whatever_the_outcome(outcome: Report | Exception) -> None:
    """Once the required collectors were polled the account does not wait, though it may fail."""
    provider = make_provider("fake", usage=Script(outcome))
    polling = make_polling(Virtual(), provider)
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
    polling = make_polling(Virtual(), provider)
    polling.add(make_account(provider))
    asyncio.run(polling.poll_once())
    assert order == ["usage", "extra"]


def test_other_readings_count_on_the_first_round() -> None:
    """The required collector confirms the credential in time for the others."""
    provider = make_provider("fake", extra=Script(report(7, scope="2")), usage=Script(report(5)))
    polling = make_polling(Virtual(), provider)
    polling.add(make_account(provider))
    asyncio.run(polling.poll_once())
    assert all(one.counters.samples for one in polling.store.all())


def _polled(polling: Polling) -> int:
    return sum(one.polls > 0 for one in polling.store.all())


def test_slow_provider_does_not_hold_up_another() -> None:
    """While all accounts of one provider hang, those of another are polled at once."""
    slow = replace(make_provider("slow", usage=Hanging()), base_url="https://slow.example")
    quick = make_provider("quick", usage=Script(REPORT))
    accounts = [make_account(one, str(number)) for number in range(20) for one in (slow, quick)]

    async def play() -> int:
        async with begun([slow, quick], *accounts) as (_, polling):
            return _polled(polling)

    assert asyncio.run(play()) == 20


def test_few_accounts_of_an_origin_begin_together() -> None:
    """The first polls of one origin are under way for ten accounts at a time."""
    hanging = Hanging()
    provider = make_provider("fake", usage=hanging)
    accounts = [make_account(provider, str(number)) for number in range(30)]

    async def play() -> tuple[int, int]:
        async with begun([provider], *accounts) as (_, polling):
            before = hanging.under_way
            hanging.go.set()
            await settle()
            return before, _polled(polling)

    assert asyncio.run(play()) == (10, 30)


def test_polls_go_on() -> None:
    """After the first round, every collector polls on its own interval."""
    usage, extra = Script(REPORT), Script(PayloadError("", ""))
    provider = make_provider("fake", usage=usage, extra=extra)
    _play_for(3600, provider, make_account(provider))
    assert (usage.polls, extra.polls) == (1 + 12, 1 + 4)


def test_polls_go_on_after_a_bug_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """When the next poll is due cannot be told: it comes after the interval, and others in time."""
    caplog.set_level(logging.WARNING, "exporter")
    wrong = RateLimitError("", "", retry_after=cast("float", "soon"))
    usage, extra = Script(REPORT), Script(REPORT, wrong)
    provider = make_provider("fake", usage=usage, extra=extra)
    _play_for(4 * 3600, provider, make_account(provider))
    assert (usage.polls, extra.polls) == (1 + 48, 1 + 16)
    assert caplog.messages == ["poll failed", "poll crashed"]


def test_accounts_do_not_move_in_step() -> None:
    """Two accounts poll at different moments."""
    clock, moments = Virtual(), Counter[float]()

    async def poll(_api: Api, _context: Context) -> Report:
        moments[clock.now] += 1
        return REPORT

    provider = make_provider("fake", usage=poll)
    accounts = (make_account(provider, name) for name in ("one", "two"))
    _play_for(3600, provider, *accounts, clock=clock)
    assert list(moments.values()) == [2] + [1] * 24


def _play_for(
    seconds: float, provider: Provider, *accounts: Account, clock: Virtual | None = None
) -> None:
    async def play() -> None:
        async with begun([provider], *accounts, clock=clock) as (running, _):
            await running.advance(seconds)

    asyncio.run(play())


def test_stop_ends_polls_under_way() -> None:
    """Stopping does not wait for a provider, and no poll begins after it."""
    hanging, quick = Hanging(), Script(REPORT)
    slow = replace(make_provider("slow", usage=hanging), base_url="https://slow.example")
    provider = make_provider("fake", usage=quick)

    async def play() -> None:
        async with begun([slow, provider], make_account(slow), make_account(provider)) as (
            clock,
            polling,
        ):
            await polling.stop()
            await clock.advance(3600)

    asyncio.run(play())
    assert (hanging.under_way, quick.polls) == (1, 1)


def test_stop_waits_for_no_disk() -> None:
    """Polls end at once, though a ledger is being written: what is not published is not lost."""
    provider = make_provider("fake", usage=Script(report(5)))

    async def play() -> bool:
        clock = Virtual()
        polling = make_polling(clock, provider, state=SlowState())
        polling.add(make_account(provider))
        polling.start()
        await settle()
        stopping = asyncio.create_task(polling.stop())
        await settle()
        return stopping.done()

    assert asyncio.run(play())
