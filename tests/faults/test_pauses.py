"""Providers that are overloaded: what they ask for is obeyed, and nobody else has to wait."""

import asyncio
from email.utils import formatdate
from itertools import pairwise

import pytest

from exporter.providers import PROVIDERS, Provider
from exporter.schedule import LOAD_CEILING, RATE_LIMIT_FLOOR
from tests.clocks import WALL
from tests.faults.stage import Stage, set_up
from tests.sockets import Behaviour, answer

EVERY_PROVIDER = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)

REASONS = {"429 Too Many Requests": "rate_limited", "503 Service Unavailable": "server_error"}
EVERY_STATUS = pytest.mark.parametrize("status", REASONS, ids=["429", "503"])

INTERVAL = 300.0
HOUR = 3600.0

ONE_POLL = 20.0
"""Requests that are so near belong to one poll: tries again, and others that were under way."""


def _busy(status: str, wish: str | None) -> Behaviour:
    return answer(b"", *([] if wish is None else [f"Retry-After: {wish}"]), status=status)


def _counted(stage: Stage, reason: str) -> list[int]:
    """Return how many failures of *reason* each collector has counted; there are no others."""
    for one in stage.victim.snapshots:
        assert {known for known, by in one.failures.items() if by} == {reason}
    return [
        by for one in stage.victim.snapshots for known, by in one.failures.items() if by and known
    ]


@EVERY_PROVIDER
@EVERY_STATUS
def test_pause_of_an_account(provider: Provider, status: str) -> None:
    """While a pause lasts, no collector of the account sends anything, and all count why.

    The other account is polled as ever; after the pause, all is well again.
    """

    async def play() -> None:
        async with set_up(provider) as stage:
            await stage.polls(_busy(status, "1000"))
            collectors = len(stage.victim.snapshots)
            stage.origin.heads.clear()
            for _ in range(3):
                await stage.polls(None)
                assert all(one.success for one in stage.other.snapshots)
            assert stage.origin.heads == []
            assert _counted(stage, REASONS[status]) == [4] * collectors
            await stage.polls(None)
            assert all(one.success for one in stage.victim.snapshots)

    asyncio.run(play())


async def _rounds(provider: Provider, behaviour: Behaviour, number: int) -> list[float]:
    """Return when the usage of an overloaded account is polled; the clock jumps from one on."""
    moments: list[float] = []
    enough = asyncio.Event()
    async with set_up(provider) as stage:

        async def note_and_refuse(writer: asyncio.StreamWriter) -> None:
            if not moments or stage.jumping.now - moments[-1] > ONE_POLL:
                moments.append(stage.jumping.now)
            if len(moments) == number:
                enough.set()
            await behaviour(writer)

        stage.origin.behaviour = note_and_refuse
        await stage.victim.usage.poll()
        task = asyncio.create_task(stage.victim.usage.run())
        await enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return moments[:number]


@EVERY_PROVIDER
@EVERY_STATUS
@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("0", INTERVAL),
        ("120", INTERVAL),
        ("900", 900.0),
        ("99999999999", HOUR),
        ("9" * 400, HOUR),
        ("Fri, 31 Dec 9999 23:59:59 GMT", HOUR),
        (formatdate(WALL - 1e6, usegmt=True), INTERVAL),
    ],
    ids=["none", "short", "long", "absurd", "more-absurd", "date", "past"],
)
def test_wish(provider: Provider, status: str, wish: str, seconds: float) -> None:
    """A storm is waited out as long as it asks for, an hour at most, and then on the next turn."""
    moments = asyncio.run(_rounds(provider, _busy(status, wish), 5))
    # The first poll is at the start, the others on the account's own turns.
    for before, after in pairwise(moments[1:]):
        assert seconds - ONE_POLL <= after - before <= seconds + INTERVAL + ONE_POLL


@EVERY_PROVIDER
@EVERY_STATUS
@pytest.mark.parametrize("wish", [None, "-5", "-99999999999", "1e9", "soon", "inf"], ids=str)
def test_no_wish(provider: Provider, status: str, wish: str | None) -> None:
    """Who asks for nothing that makes sense is left alone longer and longer, up to an hour."""
    moments = asyncio.run(_rounds(provider, _busy(status, wish), 8))
    for number, (before, after) in enumerate(pairwise(moments)):
        least = max(RATE_LIMIT_FLOOR, min(INTERVAL * 2**number, LOAD_CEILING))
        assert least <= after - before <= least * 1.25 + INTERVAL + ONE_POLL
