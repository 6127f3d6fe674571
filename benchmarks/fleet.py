"""Fleet: accounts of 100 series, those of their health included."""

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from exporter.account import Account
from exporter.health import account_samples, poll_samples, steady_samples
from exporter.metrics import Family, Sample, period, usage
from exporter.secret import Credential, Secret
from exporter.snapshot import Snapshot, Timing, after_answer

SERIES = 100
"""Of one account: 18 of its health, 2 sums, and 4 of each subscription."""

SUBSCRIPTIONS = 20

GAUGES = (period.PRODUCT_PERIOD_TRAFFIC_BYTES, period.PRODUCT_PERIOD_REQUESTS)
COUNTERS = (usage.PRODUCT_TRAFFIC_BYTES_TOTAL, usage.PRODUCT_REQUESTS_TOTAL)
SUMS = (usage.ACCOUNT_TRAFFIC_BYTES_TOTAL, usage.ACCOUNT_REQUESTS_TOTAL)

Value = tuple[Family, tuple[str, ...], float]
Named = tuple[Family, dict[str, str], float]
"""A value with the names of its labels, as the code of a provider gives them."""


def account(number: int, *, base_url: str = "https://api.example") -> Account:
    """Return one account, polled every 20 seconds for its usage alone."""
    return Account(
        provider="weproxies",
        name=f"account-{number:04}",
        credential=Credential(Secret(f"token-{number}")),
        base_url=base_url,
        intervals={"usage": 20.0},
    )


def first(number: int) -> Snapshot:
    """Return the snapshot of an account before its first poll."""
    return Snapshot(account=account(number), collector="usage", required=True)


def values(number: int, turn: int, families: tuple[Family, ...]) -> Iterator[Value]:
    """Yield what the provider tells of each subscription at that *turn*: every value is new."""
    for one in range(SUBSCRIPTIONS):
        total = 10_000_000_000 + (number * 7919 + one * 104_729 + turn * 15_485_863) % 9_999_999_967
        place = (f"Residential {one}", f"sub_{number:04}_{one:02}")
        for family, value in zip(families, (total, total // 50_000), strict=True):
            yield family, (*place, "all")[: len(family.labels)], value


def sums(number: int, turn: int) -> Iterator[Value]:
    """Yield what all subscriptions add up to."""
    for family, value in zip(SUMS, (9_000_000_000, 180_000), strict=True):
        yield family, (), value * (turn + 1) + number


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider tells of one account at one turn."""

    turn: int
    gauges: tuple[Named, ...]
    counters: tuple[Value, ...]


def answer(number: int, turn: int) -> Answer:
    """Return what is told of one account at that *turn*: every value is new."""
    counters = (*values(number, turn, COUNTERS), *sums(number, turn))
    gauges = tuple(
        (family, dict(zip(family.labels, labels, strict=True)), value)
        for family, labels, value in values(number, turn, GAUGES)
    )
    return Answer(turn, gauges, counters)


def renewed(before: Snapshot, told: Answer) -> Snapshot:
    """Return the next snapshot, made as a poll makes it."""
    gauges = tuple(family.sample(value, **labels) for family, labels, value in told.gauges)
    counters = tuple(Sample(*one) for one in told.counters)
    turn = told.turn
    timing = Timing(wall=1.7e9 + turn, monotonic=float(turn), duration=0.2 + turn / 1e6)
    asked = replace(before, requests={"200": turn + 1})
    return after_answer(asked, {"all": gauges}, failures={}, counters=counters, timing=timing)


def samples(snapshot: Snapshot) -> Iterator[Sample]:
    """Yield all that a snapshot shows."""
    yield from account_samples((snapshot,))
    yield from steady_samples(snapshot)
    yield from poll_samples(snapshot)
    yield from snapshot.counters.samples
    for part in snapshot.parts.values():
        yield from part.samples
