"""Clocks that step, here and at the provider."""

import asyncio
from functools import cache
from itertools import pairwise

import pytest

from exporter.errors import Reason
from exporter.providers import PROVIDERS, Provider
from tests.clocks import WALL
from tests.faults.stage import Stage, Values, set_up

EVERY_PROVIDER = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)

YEAR = 365 * 86_400.0

STEPS = (0.0, 2 * YEAR, -WALL, 60 * YEAR, -90.0)
"""How far our wall clock is off, poll by poll: by years, back to 1970, by a little."""

DATES = {
    "none": "",
    "last-of-all": "Fri, 31 Dec 9999 23:59:59 GMT",
    "first-of-all": "Mon, 01 Jan 0001 00:00:00 GMT",
    "first-of-unix": "Thu, 01 Jan 1970 00:00:00 GMT",
    "no-date": "canary",
}


def _counters(values: Values) -> Values:
    return {key: value for key, value in values.items() if key[1].endswith("_total")}


def _never_falls(seen: list[Values]) -> bool:
    return all(
        after.get(key, value) >= value
        for before, after in pairwise(map(_counters, seen))
        for key, value in before.items()
    )


def _well(stage: Stage) -> bool:
    return all(one.success for one in stage.victim.snapshots)


async def _play(provider: Provider, steps: tuple[float, ...]) -> tuple[list[str], list[Values]]:
    """Poll once after each of *steps*; return what was asked for, and what was shown."""
    async with set_up(provider) as stage:
        shown = []
        for step in steps:
            stage.jumping.step = step
            await stage.polls(None)
            assert _well(stage)
            shown.append(stage.victim.values)
        return sorted(stage.origin.targets()), shown


@EVERY_PROVIDER
def test_our_clock_steps(provider: Provider) -> None:
    """It does not matter what our clock says: the same is asked, and the same is shown."""
    stepped = asyncio.run(_play(provider, STEPS))
    assert stepped == asyncio.run(_play(provider, (0.0,) * len(STEPS)))


@EVERY_PROVIDER
def test_our_clock_steps_and_the_provider_has_none(provider: Provider) -> None:
    """Where only our clock is left, no step of it is a bug, or lowers a counter."""

    async def play() -> list[Values]:
        async with set_up(provider) as stage:
            stage.origin.date = ""
            shown = []
            for step in STEPS:
                stage.jumping.step = step
                await stage.polls(None)
                shown.append(stage.victim.values)
            assert not any(one.failures[Reason.INTERNAL] for one in stage.victim.snapshots)
            return shown

    assert _never_falls(asyncio.run(play()))


async def _play_dates(provider: Provider, dates: tuple[str | None, ...]) -> list[Values]:
    """Poll once with each of *dates* as the provider's; return what was shown."""
    async with set_up(provider) as stage:
        shown = []
        for date in dates:
            stage.origin.date = date
            await stage.polls(None)
            shown.append(stage.victim.values)
        assert not any(one.failures[Reason.INTERNAL] for one in stage.victim.snapshots)
        assert _well(stage)
        return shown


@cache
def _undisturbed(name: str) -> Values:
    """Return what a provider's account counts whose dates are all good."""
    return _counters(asyncio.run(_play_dates(PROVIDERS[name], (None,) * 5))[-1])


@EVERY_PROVIDER
@pytest.mark.parametrize("date", DATES)
def test_date_that_cannot_be(provider: Provider, date: str) -> None:
    """An answer whose Date is impossible counts as one without: nothing comes of it."""
    shown = asyncio.run(_play_dates(provider, (*[DATES[date]] * 3, None, None)))
    assert _never_falls(shown)
    assert _counters(shown[-1]) == _undisturbed(provider.name)


@EVERY_PROVIDER
def test_date_that_is_wrong(provider: Provider) -> None:
    """An old Date, as of a cache, is no bug of ours, however often it comes; nothing falls."""
    old = "Thu, 20 Nov 2025 12:00:00 GMT"
    assert _never_falls(asyncio.run(_play_dates(provider, (None, *[old] * 4, None, None))))
