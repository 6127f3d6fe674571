"""Thirty-five days of everything that goes wrong, and what Prometheus makes of it."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.metrics import Family, proof, usage
from exporter.poller import Poller
from exporter.simulator import (
    Correction,
    EvomiAccount,
    Fault,
    Lateness,
    Line,
    Plan,
    Product,
    Purchase,
    Subscription,
    Usage,
    WebshareAccount,
    WeProxiesAccount,
    World,
)
from exporter.simulator.account import TERM_SECONDS
from tests.simulation.stage import Now, Reader, Stage

HOUR = 3600.0
DAY = 24 * HOUR

BEGIN = datetime(2026, 9, 12, 7, 40, tzinfo=UTC).timestamp()
END = BEGIN + 35 * DAY
STEP = float(os.environ.get("SIMULATION_STEP_SECONDS", "1800"))
"""Between two polls. The default of usage, 300, takes minutes; the error is the same."""

CHANGE = BEGIN + 12 * DAY + 3 * HOUR
"""When Webshare's first plan gives way to the second, in the middle of an outage."""

DOWN = ((BEGIN + 20 * DAY, BEGIN + 22 * DAY),)
"""The exporter does not run: two days."""

OUTAGES = (
    (BEGIN + 5 * DAY + 1.5 * HOUR, BEGIN + 5 * DAY + 4.5 * HOUR),
    (BEGIN + 12 * DAY, BEGIN + 12 * DAY + 7 * HOUR),
)
"""The providers do not answer: three hours, and seven."""

LATE = Lateness(fraction_at_close=0.7, settle_seconds=2 * HOUR)

LINES = {
    ("webshare", "main"): ("101", "102", "103"),
    ("weproxies", "main"): ("sub_1", "sub_2"),
    ("evomi", "main"): ("rpc", "rp"),
}

CORRECTED = 200_000_000
"""Bytes, and a tenth of a thousandth of it requests, that each provider takes back."""


def world(now: Now) -> World:
    """Make a world of one account of each provider, with renewals on the days 3 and 33."""
    webshare = WebshareAccount(
        "main",
        "key-webshare",
        anchor=BEGIN + 3 * DAY + 5 * HOUR - TERM_SECONDS,
        plans=(
            Plan(Line("101", BEGIN - 40 * DAY, end=CHANGE)),
            Plan(Line("102", CHANGE)),
            Plan(Line("103", BEGIN - 10 * DAY, bytes_per_hour=300_000_000)),
        ),
    )
    weproxies = WeProxiesAccount(
        "main",
        "key-weproxies",
        (
            Subscription(Line("sub_1", BEGIN - 20 * DAY), 500.0, "Residential 500GB"),
            Subscription(Line("sub_2", BEGIN + 8 * DAY), 100.0, "Residential 100GB"),
        ),
    )
    bought = (Purchase(BEGIN - 50 * DAY, 9e6),)
    evomi = EvomiAccount(
        "main",
        "key-evomi",
        (
            Product(Line("rpc", BEGIN - 30 * DAY, extra=40), bought),
            Product(Line("rp", BEGIN - 30 * DAY), bought),
        ),
    )
    corrections = [
        Correction(
            BEGIN + 34 * DAY,
            provider,
            "main",
            line,
            BEGIN + 33.5 * DAY,
            CORRECTED,
            CORRECTED // 10**5,
        )
        for provider, line in (("webshare", "103"), ("weproxies", "sub_1"), ("evomi", "rpc"))
    ]
    faults = [
        Fault(kind="status", status=503, since=since, until=until) for since, until in OUTAGES
    ]
    return World(
        (webshare, weproxies, evomi),
        clock=now,
        lateness=LATE,
        corrections=corrections,
        faults=faults,
        rate_limits=(),
    )


@dataclass
class Month:
    """What was played, and what was read."""

    world: World
    reader: Reader
    gauges: dict[tuple[str, str, tuple[str, ...]], float]

    def truth(self, account: tuple[str, str]) -> Usage:
        """Return what was really used from the birth to the end."""
        lines = (self.world.truth(*account, line, BEGIN, END) for line in LINES[account])
        return sum(lines, Usage())

    def error(self, account: tuple[str, str], family: Family) -> float:
        """Return how far a family's increase is from the truth, as a ratio."""
        truth = self.truth(account)
        used = truth.traffic_bytes if "traffic" in family.name else truth.requests
        return self.reader.increase(account, family) / used - 1


async def play(path: Path | None) -> Month:
    """Play the days, with a restart at each midnight, and let the last hours settle."""
    now = Now(BEGIN)
    stage = Stage(world(now), now, path, step=STEP)
    stage.start()
    day = 0
    for at in moments():
        now.at = at
        if int((at - BEGIN) // DAY) > day:
            day = int((at - BEGIN) // DAY)
            stage.stop()
            stage.start()
        await stage.poll(counts)
    stage.world.lateness = Lateness()
    for _ in range(3):
        await stage.poll(counts)
    return Month(stage.world, stage.reader, gauges(stage))


def counts(poller: Poller) -> bool:
    """Tell whether a poller feeds the ledger."""
    return poller.collector.name in {"usage", "countries", "subscriptions"}


def moments() -> Iterator[float]:
    """Yield the times of the polls."""
    for number in range(int((END - BEGIN) / STEP) + 1):
        at = BEGIN + number * STEP
        if not any(since <= at < until for since, until in DOWN):
            yield at


def gauges(stage: Stage) -> dict[tuple[str, str, tuple[str, ...]], float]:
    """Return the gauges that the stage shows, by provider, family and labels."""
    found = {}
    for snapshot in stage.store.all():
        for part in snapshot.parts.values():
            for sample in part.samples:
                name = snapshot.account.provider
                found[name, sample.family.name, sample.labels] = sample.value
    stage.stop()
    return found


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """Play it with the state on disk."""
    return asyncio.run(play(tmp_path_factory.mktemp("state") / "state.db"))


@pytest.fixture(scope="module")
def forgetful() -> Month:
    """Play it without a state."""
    return asyncio.run(play(None))


WHAT = [
    (account, family)
    for account in LINES
    for family in (usage.PRODUCT_TRAFFIC_BYTES_TOTAL, usage.PRODUCT_REQUESTS_TOTAL)
    if (account[0], family) != ("evomi", usage.PRODUCT_REQUESTS_TOTAL)
]
IDS = [f"{account[0]} {family.name.removeprefix('proxy_provider_')}" for account, family in WHAT]


@pytest.mark.parametrize(("account", "family"), WHAT, ids=IDS)
def test_error_with_a_state(month: Month, account: tuple[str, str], family: Family) -> None:
    """With the state on disk, the increase is within 0.1 % of the truth plus the corrections."""
    error = month.error(account, family)
    print(f"{account[0]} {family.name}: {error:+.4%}")  # noqa: T201 - the figure is the point
    assert abs(error) < 0.001


def test_no_counter_falls(month: Month) -> None:
    """Through restarts, outages, renewals and corrections, no counter ever falls."""
    assert month.reader.falls == []


def test_account_counters_agree(month: Month) -> None:
    """The account's own counter rises by what its products do."""
    for account in LINES:
        total = month.reader.increase(account, usage.ACCOUNT_TRAFFIC_BYTES_TOTAL)
        products = month.reader.increase(account, usage.PRODUCT_TRAFFIC_BYTES_TOTAL)
        assert total == pytest.approx(products, rel=1e-9)


@pytest.mark.parametrize(
    ("provider", "plan", "place"),
    [("webshare", "103", ("shared", "103")), ("evomi", "rpc", ("rpc", ""))],
)
def test_corrections_explain_the_discrepancy(
    month: Month, provider: str, plan: str, place: tuple[str, str]
) -> None:
    """What the provider took back is counted, and is all that it differs by from the ledger."""
    corrected = month.reader.increase((provider, "main"), proof.USAGE_CORRECTIONS_BYTES_TOTAL, plan)
    assert corrected == pytest.approx(CORRECTED, rel=1e-3)
    name = proof.USAGE_DISCREPANCY_BYTES.name
    assert month.gauges[provider, name, place] == pytest.approx(-CORRECTED, rel=1e-3)


def test_running_total_outgrows_its_correction(month: Month) -> None:
    """WeProxies' total was above its high again within the hour: the ledger agrees with it."""
    account = ("weproxies", "main")
    assert month.reader.increase(account, proof.USAGE_CORRECTIONS_BYTES_TOTAL) == 0
    assert month.gauges["weproxies", proof.USAGE_DISCREPANCY_BYTES.name, ("", "")] == 0


def test_nothing_was_lost_to_gaps(month: Month) -> None:
    """All three outages were within what the providers still showed."""
    for account in LINES:
        assert month.reader.increase(account, proof.USAGE_GAP_SECONDS_TOTAL) == 0


@pytest.mark.parametrize(("account", "family"), WHAT, ids=IDS)
def test_error_without_a_state(forgetful: Month, account: tuple[str, str], family: Family) -> None:
    """Without a state a restart is an ordinary reset: it loses what it misses, and doubles none."""
    error = forgetful.error(account, family)
    print(f"{account[0]} {family.name}, no state: {error:+.2%}")  # noqa: T201 - as above
    assert -0.12 < error < 0.001
    assert forgetful.reader.resets > 0
    assert set(forgetful.reader.reset_to) == {0}
