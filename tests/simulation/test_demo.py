"""The demo with its state on a volume: it ends, and is started again some time later."""

import asyncio
from pathlib import Path

import pytest

from exporter.metrics import proof, usage
from exporter.simulator import demo_world
from tests.simulation.stage import Now, Stage

HOUR = 3600.0
DAY = 24 * HOUR
BEGIN = 1_794_997_600.25
TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL
EVOMI_DAYS = 6
"""An outage of Evomi may last so long."""


def run(now: Now, path: Path) -> Stage:
    """Run a demo that is started now: poll everything twice, and end it."""
    stage = Stage(demo_world(now.at, clock=now), now, path, step=0.0)
    stage.start()
    asyncio.run(poll_twice(stage))
    stage.stop()
    return stage


async def poll_twice(stage: Stage) -> None:
    """Poll everything twice: a new series is 0 first."""
    for _ in range(2):
        await stage.poll(lambda _: True)


@pytest.mark.parametrize(
    "later", [HOUR, DAY, 7 * DAY, 30 * DAY], ids=["an-hour", "a-day", "a-week", "a-month"]
)
def test_demo_counts_on_after_a_restart(tmp_path: Path, later: float) -> None:
    """Counters are what was used since the first start, and the ledger agrees with the provider."""
    now = Now(BEGIN)
    run(now, tmp_path / "state.db")
    now.at += later
    stage = run(now, tmp_path / "state.db")
    snapshots = [one for one in stage.store.all() if one.collector == "usage"]
    assert [one.error for one in stage.store.all() if one.error] == []
    for snapshot in snapshots:
        provider, name = snapshot.account.key
        shown = snapshot.counters.samples
        counted = sum(one.value for one in shown if one.family is TRAFFIC)
        lines = stage.world.account(provider, name).lines
        used = [stage.world.truth(provider, name, one.id, BEGIN, now.at) for one in lines]
        # Evomi rounds each day to 10 kB.
        off = 10_000 * 2 * len(used) if provider == "evomi" else 0
        if provider != "evomi" or later <= EVOMI_DAYS * DAY:
            assert counted == pytest.approx(sum(one.traffic_bytes for one in used), abs=off)
        assert counted > 0
        for part in snapshot.parts.values():
            apart = [one for one in part.samples if one.family is proof.USAGE_DISCREPANCY_BYTES]
            assert all(abs(one.value) <= off for one in apart), name


def test_demo_knows_its_ledger_after_years(tmp_path: Path) -> None:
    """However long it was off, the accounts are those that the ledger knows."""
    now = Now(BEGIN)
    run(now, tmp_path / "state.db")
    now.at += 1000 * DAY
    stage = run(now, tmp_path / "state.db")
    assert [one.error for one in stage.store.all() if one.error] == []
