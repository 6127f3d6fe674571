import asyncio
from itertools import pairwise

import httpx
import pytest
import respx

from exporter.api import Api
from exporter.errors import AuthError, PayloadError, PollError, RateLimitError, UnavailableError
from exporter.providers import Context, Report
from exporter.schedule import offset
from tests.clocks import Virtual
from tests.fakes import BASE, Outcome, Script, gauges, report
from tests.stage import Stage

PAYLOAD = PayloadError("GET /usage", "no")
FIRST = report(rest=gauges(1.0))


def _moments(script_of: Outcome, seconds: float, *, poll_takes: float = 0.0) -> list[float]:
    """Return when the poller's own polls begin, from its place in the interval on."""
    clock = Virtual()
    moments: list[float] = []

    async def poll(api: Api, context: Context) -> Report:
        moments.append(clock.now)
        if poll_takes:
            await clock.sleep(poll_takes)
        return await Script(script_of)(api, context)

    async def play() -> None:
        poller = Stage(clock, usage=Script(poll)).pollers["usage"]
        task = asyncio.create_task(poller.run())
        await clock.advance(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())
    return [moment - offset(("fake", "main"), 300.0) for moment in moments]


def _off_the_grid(moments: list[float]) -> float:
    return max(abs((moment + 150) % 300 - 150) for moment in moments)


@pytest.mark.parametrize("poll_takes", [0.0, 29.0, 299.0])
def test_polls_lie_on_the_grid(poll_takes: float) -> None:
    """Polls begin an interval apart, at the account's own place, however long each takes."""
    moments = _moments(FIRST, 86_400, poll_takes=poll_takes)
    assert len(moments) == 288
    assert _off_the_grid(moments) < 1e-6


def test_polls_that_take_longer_than_the_interval() -> None:
    """A slow poll skips turns, and the next one is on the grid again."""
    moments = _moments(FIRST, 3000, poll_takes=700)
    assert _off_the_grid(moments) < 1e-6
    assert {round(after - before, 6) for before, after in pairwise(moments)} == {900.0}


@pytest.mark.parametrize(
    ("error", "most"),
    [
        pytest.param(PAYLOAD, 48, id="payload"),
        pytest.param(AuthError("", ""), 17, id="auth"),
        pytest.param(RateLimitError("", ""), 8, id="rate-limit"),
        pytest.param(UnavailableError("", "", status=503), 8, id="unavailable"),
        pytest.param(RateLimitError("", "", retry_after=3600.0), 4, id="retry-after"),
    ],
)
def test_back_off(error: PollError, most: int) -> None:
    """In four hours, a provider that refuses or is overloaded is asked this often at most."""
    moments = _moments(error, 4 * 3600)
    assert most / 2 <= len(moments) <= most
    assert _off_the_grid(moments) < 1e-6


def test_refused_key_is_tried_again() -> None:
    """However often it was refused, a new key in its file is found within 15 minutes."""
    moments = _moments(AuthError("", ""), 4 * 3600, poll_takes=10)
    gaps = [round(after - before) for before, after in pairwise(moments)]
    assert gaps == [600] + [900] * (len(gaps) - 1)


def test_back_off_is_for_one_kind_of_failure() -> None:
    """Failures of other kinds before it do not make a back-off longer."""
    outcomes: list[Outcome] = [*[PAYLOAD] * 20, AuthError("", "")]
    moments = _moments(Script(*outcomes), 9000)
    gaps = [round(after - before) for before, after in pairwise(moments)]
    assert gaps[:22] == [300] * 20 + [600, 900]


def test_pause_of_the_provider_is_waited_for() -> None:
    """While a pause lasts that another collector was asked for, this one does not poll."""
    clock = Virtual()
    moments: list[float] = []

    async def ask(api: Api, _context: Context) -> Report:
        moments.append(clock.now)
        await api.get("/a", dict)
        return FIRST

    async def play() -> None:
        poller = Stage(clock, usage=Script(ask)).pollers["usage"]
        busy = httpx.Response(429, headers={"Retry-After": "3000"})
        router.get("/a").mock(side_effect=[busy, httpx.Response(200, json={})])
        await poller.poll()
        pausing = Stage(clock, usage=Script(FIRST)).pollers["usage"]
        pausing.session = poller.session
        task = asyncio.create_task(pausing.run())
        await clock.advance(2999)
        assert pausing.snapshot.polls == 0
        await clock.advance(2)
        assert pausing.snapshot.polls == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        asyncio.run(play())
