"""History and live counters in one real Prometheus, compared with the simulator's truth."""

import asyncio
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from exporter import backfill
from exporter.api import Clock
from exporter.config import load
from exporter.providers import PROVIDERS
from exporter.simulator import SimulatorServer, World, demo_world
from tests.e2e.configs import configuration
from tests.e2e.programs import Prometheus, exporter, prometheus, tool, until

JOB = "proxies"

LIVED = 50 * 60
"""Seconds of simulated time that the exporter counts live."""

COUNTERS = '{__name__=~"proxy_provider_(account|product|country)_.+_total"}'


@dataclass
class Stage:
    """What Prometheus has in the end; the accounts were born at *born*, and it is *end*."""

    world: World
    born: float
    end: float
    series: dict[tuple[str, ...], list[tuple[float, float]]]
    resets: dict[str, float]
    text: str


def all_shown(server: Prometheus, world: World) -> bool:
    """Tell whether the counters of each account were scraped as 0, and may now be shown."""
    shown = server.query("count(proxy_provider_account_traffic_bytes_total == 0)")
    polls = server.query('min(proxy_provider_polls_total{collector=~"usage|countries"})')
    return shown == {(): len(world.accounts)} and polls[()] > 3


def settled(server: Prometheus, stage: tuple[World, float, float]) -> bool:
    """Tell whether Prometheus has seen all that was used since the birth."""
    world, born, end = stage
    counted = server.query("sum(proxy_provider_account_traffic_bytes_total)")
    used = sum(
        world.truth(account.provider, account.name, line.id, born, end).traffic_bytes
        for account in world.accounts
        for line in account.lines
    )
    return counted[()] > 0.999 * used


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Run it all: live first, then history is written, imported, and read together.

    The history lies before what Prometheus scrapes: its head takes no sample that is older.
    """
    tool("prometheus")
    folder = tmp_path_factory.mktemp("backfill")
    born = float(int(time.time() - 2 * LIVED))
    end = born + LIVED
    world = demo_world(born, clock=lambda: born)
    config, state, out = folder / "config.yml", folder / "state.db", folder / "history.om"
    with ExitStack() as stack:
        simulator = stack.enter_context(SimulatorServer(world))
        config.write_text(configuration(world, simulator.url, stale_after=60), "utf-8")
        config.chmod(0o600)
        flags = (f"--storage.path={state}",)
        _, url = stack.enter_context(exporter(config, *flags, log=folder / "exporter.log"))
        target = url.removeprefix("http://")
        with prometheus(folder / "prometheus", {JOB: target}) as server:
            until(lambda: all_shown(server, world), "every series was shown as 0")
            world.clock = lambda: end
            until(lambda: settled(server, (world, born, end)), "all was counted")
            task = backfill.Task(
                output=out,
                since="8d",
                labels=(f"job={JOB}", f"instance={target}"),
                storage=state,
            )
            # The exporter runs, and holds the state.
            outside = backfill.Outside(clock=Clock(sleep=no_sleep))
            assert asyncio.run(backfill.run(load(config, {}, PROVIDERS), task, outside)) == 0
        make_blocks(out, folder / "prometheus" / "data")
        with prometheus(folder / "prometheus", {JOB: target}) as server:
            found = server.samples(f"{COUNTERS}[12d]")
            names = {labels["__name__"] for labels, _ in found}
            resets = {name: server.query(f"max(resets({name}[12d]))")[()] for name in names}
    series = {key_of(labels): samples for labels, samples in found}
    assert len(series) == len(found)
    return Stage(world, born, end, series, resets, out.read_text("utf-8"))


async def no_sleep(_seconds: float) -> None:
    """Keep no distance between requests: the simulator is our own."""


def make_blocks(file: Path, data: Path) -> None:
    """Do what the command says in the end."""
    command = ("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=24h")
    subprocess.run(  # noqa: S603 - our own arguments
        [tool("promtool"), *command, str(file), str(data)], check=True, capture_output=True
    )


def key_of(labels: dict[str, str]) -> tuple[str, ...]:
    """Return name, account, plan or product, and what else tells a series apart."""
    names = ("__name__", "provider", "account")
    more = sorted(set(labels) - {*names, "product", "plan", "job", "instance"})
    line = labels.get("plan") or labels.get("product", "")
    return (*(labels[one] for one in names), line, *(labels[one] for one in more))


def rise(samples: list[tuple[float, float]]) -> float:
    """Add up rises, with a fall as a reset to 0: ``increase`` without its extrapolation."""
    pairs = pairwise(value for _, value in samples)
    return sum(new - old if new >= old else new for old, new in pairs)


def lines_of(stage: Stage, key: tuple[str, ...]) -> list[str]:
    """Return what the simulator calls the plans and products that a series is about."""
    account = stage.world.account(key[1], key[2])
    return [key[3]] if key[3] else [line.id for line in account.lines]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("level", ["product", "account"])
def test_traffic_over_the_seam_is_the_simulators_truth(
    stage: Stage, provider: str, level: str
) -> None:
    """From the first sample of history to the last scrape, every byte is counted once."""
    name = f"proxy_provider_{level}_traffic_bytes_total"
    compared = 0
    for key, samples in stage.series.items():
        if key[:2] != (name, provider) or samples[0][0] > stage.born:
            continue
        truth = sum(
            stage.world.truth(provider, key[2], line, samples[0][0], stage.end).traffic_bytes
            for line in lines_of(stage, key)
        )
        assert rise(samples) == pytest.approx(truth, rel=1e-4), key
        compared += 1
    assert compared >= 2


def test_requests_and_failures_over_the_seam_are_the_simulators_truth(stage: Stage) -> None:
    """Requests agree for both providers that count them, Webshare's failures too."""
    compared = 0
    for key, samples in stage.series.items():
        for what in ("requests", "failures"):
            names = ("product_requests_total", "product_request_failures_total")
            name = names[what == "failures"]
            if key[0] != f"proxy_provider_{name}" or samples[0][0] > stage.born:
                continue
            truth = stage.world.truth(key[1], key[2], key[3], samples[0][0], stage.end)
            assert rise(samples) == pytest.approx(getattr(truth, what), rel=1e-4), key
            compared += 1
    assert compared >= 8


def test_history_ends_where_the_live_series_begin(stage: Stage) -> None:
    """At the birth the series fall to 0, once; nothing of the history is younger."""
    assert {0.0, 1.0} >= set(stage.resets.values())
    assert stage.resets["proxy_provider_product_traffic_bytes_total"] == 1
    grown = [one for one in stage.series.values() if one[0][0] <= stage.born]
    assert len(grown) > 60
    for samples in grown:
        before = [value for at, value in samples if at <= stage.born + 1]
        after = [value for at, value in samples if at > stage.born + 1]
        assert (before[0], after[0] if after else 0) == (0, 0)
        assert before == sorted(before)
    lines = [line for line in stage.text.splitlines() if not line.startswith("#")]
    stamps = [float(line.rpartition(" ")[2]) for line in lines]
    assert stage.born == pytest.approx(max(stamps), abs=0.5)


def test_sums_are_those_of_the_products(stage: Stage) -> None:
    """At every moment of the history, an account's traffic is the sum of its products'."""
    sums: dict[tuple[str, str, float], list[float]] = {}
    for key, samples in stage.series.items():
        for index, level in enumerate(("account", "product")):
            if key[0] == f"proxy_provider_{level}_traffic_bytes_total":
                for at, value in samples:
                    found = sums.setdefault((key[1], key[2], at), [0, 0])
                    if at <= stage.born and at % 240 == 0:
                        found[index] += value
    assert sums
    assert {one for one, (account, products) in sums.items() if account != products} == set()
