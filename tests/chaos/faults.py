"""Faults: what strikes each account when, drawn by chance from a seed."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from exporter.simulator import Account, Fault
from tests.chaos.cast import HEALTHY

LASTS = (4.0, 25.0)
"""Seconds of one fault, from the shortest to the longest."""

PAUSE = (4.0, 15.0)
"""Seconds between two faults of one account."""

FORGIVING = 90.0
"""Seconds for which a 429 without ``Retry-After`` may silence an account: not near the end."""

GARBAGE = (
    "",
    "null",
    "[]",
    "{",
    "\u0000\ufffd\u202e",
    '{"data": 1e999}',
    "[" * 10_000,
    "0" * 10_000,
)
"""Bodies of a 200 that is no answer."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which faults strike, in Unix seconds."""

    start: float
    end: float


def faults(those: Iterable[Account], window: Window, seed: int) -> Iterator[Fault]:
    """Yield what strikes *those*, one fault after the other, each account by its own luck."""
    for one in those:
        if (one.provider, one.name) != HEALTHY:
            yield from _of_one(one, window, random.Random(f"{seed}/{one.name}"))


def _of_one(one: Account, window: Window, luck: random.Random) -> Iterator[Fault]:
    now = window.start + luck.uniform(0, PAUSE[1])
    while now < window.end:
        until = min(now + luck.uniform(*LASTS), window.end)
        yield replace(
            luck.choice(_kinds(luck, harsh=until < window.end - FORGIVING)),
            provider=one.provider,
            account=one.name,
            since=now,
            until=until,
            probability=luck.choice((0.3, 0.7, 1.0)),
        )
        now = until + luck.uniform(*PAUSE)


def _kinds(luck: random.Random, *, harsh: bool) -> Sequence[Fault]:
    """Return every kind of fault, those that have a number with one drawn anew."""
    kinds = [
        Fault(kind="reset"),
        Fault(kind="drop"),
        Fault(kind="hang"),
        Fault(kind="truncate"),
        Fault(kind="html"),
        Fault(kind="unsuccessful"),
        Fault(kind="slow", delay_seconds=luck.uniform(0.5, 12.0)),
        *(Fault(kind="status", status=status) for status in (401, 403, 404, 500, 502, 503)),
        Fault(kind="status", status=429, retry_after=luck.randint(0, 9)),
        Fault(kind="status", status=503, retry_after=luck.randint(0, 9)),
        Fault(kind="status", status=200, body=luck.choice(GARBAGE)),
    ]
    return [*kinds, Fault(kind="status", status=429)] if harsh else kinds
