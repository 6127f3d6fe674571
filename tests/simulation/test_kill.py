"""Processes that are killed at random moments."""

import asyncio
import os
import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from exporter.metrics import usage
from exporter.simulator import World, demo_world
from tests.simulation.stage import Now, Stage

BEGIN = datetime(2026, 11, 18, 10, 20, tzinfo=UTC).timestamp()
KILLS = 200
HOURS_A_SECOND = 1.0
ACCOUNTS = ("backup", "research")
FAMILY = usage.PRODUCT_TRAFFIC_BYTES_TOTAL


class Hurried(Now):
    """A time that runs an hour a second, from *at* on."""

    def __init__(self, at: float) -> None:
        super().__init__(at)
        self.started = time.monotonic()

    def __call__(self) -> float:
        """Return it."""
        return self.at + (time.monotonic() - self.started) * 3600 * HOURS_A_SECOND


def world(now: Now) -> World:
    """Make a world of two accounts whose providers state bytes."""
    played = demo_world(BEGIN, clock=now)
    played.accounts = tuple(one for one in played.accounts if one.name in ACCOUNTS)
    return played


def shown(stage: Stage) -> dict[str, int]:
    """Return the traffic counters that a scrape sees, by account."""
    sums: dict[str, int] = {}
    for snapshot in stage.store.all():
        for sample in snapshot.counters.samples:
            if sample.family is FAMILY:
                name = snapshot.account.name
                sums[name] = sums.get(name, 0) + int(sample.value)
    return sums


async def poll_for_ever(stage: Stage, scrapes: int) -> None:
    """Poll, and write what a scrape sees to the descriptor *scrapes*, until killed."""
    while True:
        await stage.poll(lambda one: one.collector.name == "usage")
        seen = shown(stage)
        os.write(scrapes, "".join(f"{seen.get(name, -1)} " for name in ACCOUNTS).encode() + b"\n")


def live_and_die(
    played: World, path: Path, since: float, lifetime: float
) -> tuple[list[list[int]], float]:
    """Run a process for so many seconds; return what it showed, and the time of its death."""
    readable, writable = os.pipe()
    now = Hurried(since)
    child = os.fork()
    if child == 0:
        played.clock = now
        stage = Stage(played, now, path, step=0.0)
        stage.start()
        asyncio.run(poll_for_ever(stage, writable))
    os.close(writable)
    time.sleep(lifetime)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(readable, encoding="ascii") as output:
        lines = output.read().split("\n")[:-1]
    return [[int(one) for one in line.split()] for line in lines], now()


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """After 200 kills the counters are the truth to the byte, and none was ever seen to fall."""
    path, now = tmp_path / "state.db", Now(BEGIN)
    played = world(now)
    counted_at(played, path, now)
    luck, lives = random.Random(20261120), []
    for _ in range(KILLS):
        seen, now.at = live_and_die(played, path, now.at, luck.uniform(0.01, 0.3))
        lives.append(seen)
    counted = counted_at(played, path, now)
    for account in played.accounts:
        lines = [(account.provider, account.name, line.id) for line in account.lines]
        truth = sum(played.truth(*line, BEGIN, now.at).traffic_bytes for line in lines)
        assert counted[account.name] == truth > 0
    for number, name in enumerate(ACCOUNTS):
        values = [scrape[number] for life in lives for scrape in life if scrape[number] >= 0]
        assert values == sorted(values)
        assert counted[name] >= values[-1] > 0
    assert sum(map(bool, lives)) > KILLS / 4, "most processes were killed before they polled"


def counted_at(played: World, path: Path, now: Now) -> dict[str, int]:
    """Run a process that ends in order, and return what it showed."""
    played.clock = now
    stage = Stage(played, now, path, step=0.0)
    stage.start()
    for _ in range(2):
        asyncio.run(stage.poll(lambda one: one.collector.name == "usage"))
    stage.stop()
    return shown(stage)
