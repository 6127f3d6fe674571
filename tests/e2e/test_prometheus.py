"""The installed program, polling the simulator, scraped by a real Prometheus."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import httpx
import pytest

from exporter.simulator import SimulatorServer, World, demo_world
from exporter.simulator.account import EvomiAccount
from tests.e2e.accept import DropAccept
from tests.e2e.configs import configuration
from tests.e2e.programs import Prometheus, exporter, prometheus, tool, until

BEGIN = datetime(2026, 11, 18, 10, 20, tzinfo=UTC).timestamp()
END = BEGIN + 50 * 60
"""The simulator's time: it stands still at either moment, so that its truth can be compared."""

JOBS = ("openmetrics", "text")


@dataclass
class Stage:
    """Everything that runs while the tests of this module look at it."""

    world: World
    url: str
    process: subprocess.Popen[bytes]
    prometheus: Prometheus
    log: Path


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run it all: the accounts are born at BEGIN, then the time is END."""
    tool("prometheus")
    folder = tmp_path_factory.mktemp("stage")
    world = demo_world(BEGIN, clock=lambda: BEGIN)
    config, log = folder / "config.yml", folder / "exporter.log"
    with SimulatorServer(world) as simulator:
        config.write_text(configuration(world, simulator.url, stale_after=60), "utf-8")
        config.chmod(0o600)
        with exporter(config, log=log) as (process, url), DropAccept(url) as text:
            targets = (url.removeprefix("http://"), text.address)
            jobs = dict(zip(JOBS, targets, strict=True))
            with prometheus(folder / "prometheus", jobs) as server:
                stage = Stage(world, url, process, server, log)
                until(lambda: all_shown(stage), "every series was shown as 0")
                world.clock = lambda: END
                before = polls(stage)
                until(lambda: settled(stage, before), "the counters have their last values")
                yield stage


def all_shown(stage: Stage) -> bool:
    """Tell whether the series of each account were scraped, and so began, in both jobs."""
    found = stage.prometheus.query("min by (job) (proxy_provider_up)", "job")
    grown = "count by (job) (proxy_provider_account_traffic_bytes_total)"
    held = "min by (job) (proxy_provider_polls_total) > 3"
    return (
        found == dict.fromkeys(((job,) for job in JOBS), 1)
        and stage.prometheus.query(grown, "job")
        == dict.fromkeys(((job,) for job in JOBS), len(stage.world.accounts))
        and len(stage.prometheus.query(held, "job")) == len(JOBS)
    )


def polls(stage: Stage) -> dict[tuple[str, ...], float]:
    """Return how often everything was polled, as both jobs saw it."""
    labels = ("job", "provider", "account", "collector")
    return stage.prometheus.query("proxy_provider_polls_total", *labels)


def settled(stage: Stage, before: dict[tuple[str, ...], float]) -> bool:
    """Tell whether both jobs show what was counted, two polls and more after *before*."""
    sums = stage.prometheus.query(
        "sum by (job) (proxy_provider_account_traffic_bytes_total)", "job"
    )
    since = {key: count - before[key] for key, count in polls(stage).items()}
    return min(since.values()) > 2 and min(sums.values()) > 0.999 * sum(
        stage.world.truth(account.provider, account.name, line.id, BEGIN, END).traffic_bytes
        for account in stage.world.accounts
        for line in account.lines
    )


def products(stage: Stage, job: str, family: str) -> dict[tuple[str, str, str], float]:
    """Return a family's sums by provider, account, and the id that the simulator knows."""
    found = stage.prometheus.query(
        f'sum by (provider, account, product, plan) (proxy_provider_{family}{{job="{job}"}})',
        "provider",
        "account",
        "product",
        "plan",
    )
    return {
        (provider, account, plan or product): value
        for (provider, account, product, plan), value in found.items()
    }


@pytest.mark.parametrize("job", JOBS)
def test_traffic_is_the_simulators_truth(stage: Stage, job: str) -> None:
    """What Prometheus sums up is, plan by plan, what was used since the exporter began.

    To the byte where the provider states bytes; Evomi's buckets are rounded to 10 kB.
    """
    found = products(stage, job, "product_traffic_bytes_total")
    for (provider, account, line), value in found.items():
        truth = stage.world.truth(provider, account, line, BEGIN, END)
        rounding = 20_000 if provider == "evomi" else 0
        assert value == pytest.approx(truth.traffic_bytes, abs=rounding), (account, line)
    used = {
        (account.provider, account.name, line.id)
        for account in stage.world.accounts
        for line in account.lines
        if stage.world.truth(account.provider, account.name, line.id, BEGIN, END)
    }
    assert used <= set(found)


@pytest.mark.parametrize("job", JOBS)
def test_requests_and_failures_are_the_simulators_truth(stage: Stage, job: str) -> None:
    """Requests agree exactly, and so do Webshare's failures."""
    requests = products(stage, job, "product_requests_total")
    failures = products(stage, job, "product_request_failures_total")
    errors = products(stage, job, "product_request_errors_total")
    for key, value in requests.items():
        assert value == stage.world.truth(*key, BEGIN, END).requests
    for key, value in chain(failures.items(), errors.items()):
        assert value == stage.world.truth(*key, BEGIN, END).failures
    assert len(requests) > len(failures) > 0


@pytest.mark.parametrize("job", JOBS)
def test_countries_are_the_simulators_truth(stage: Stage, job: str) -> None:
    """Country by country, WeProxies' traffic and everybody's requests agree exactly."""
    by = "sum by (provider, account, country)"
    for name, kind in (("traffic_bytes", "country_bytes"), ("requests", "countries")):
        expression = f'{by} (proxy_provider_country_{name}_total{{job="{job}"}})'
        found = stage.prometheus.query(expression, "provider", "account", "country")
        assert found
        for (provider, account, country), value in found.items():
            lines = stage.world.account(provider, account).lines
            used = (stage.world.truth(provider, account, one.id, BEGIN, END) for one in lines)
            assert value == sum(getattr(one, kind).get(country, 0) for one in used)


@pytest.mark.parametrize("job", JOBS)
def test_account_counters_are_the_sum_of_products(stage: Stage, job: str) -> None:
    """The two levels agree in Prometheus, account by account."""
    for what in ("traffic_bytes", "requests"):
        account, product = (
            stage.prometheus.query(
                f'sum by (provider, account) (proxy_provider_{level}_{what}_total{{job="{job}"}})',
                "provider",
                "account",
            )
            for level in ("account", "product")
        )
        assert account == product


def test_both_formats_show_the_same(stage: Stage) -> None:
    """Text and OpenMetrics carry the same series with the same values."""
    gauges = 'sum by (__name__, job) ({__name__=~"proxy_provider_(product|country|plan)_.+"})'
    found = stage.prometheus.query(gauges, "__name__", "job")
    names = {name for name, _ in found}
    assert len(names) > 30
    for name in names:
        assert found[name, "openmetrics"] == pytest.approx(found[name, "text"])


def test_quota_is_the_simulators_truth(stage: Stage) -> None:
    """Used traffic and balances are what the simulated providers would bill.

    Webshare's term is read from the hour on in which it began.
    """
    found = products(stage, "openmetrics", "product_traffic_used_bytes")
    for (provider, account, line), value in found.items():
        if provider == "webshare":
            webshare = stage.world.account(provider, account)
            begin, _ = webshare.term_at(END)  # type: ignore[union-attr]  # a Webshare account has it
            hour = begin - begin % 3600
            truth = stage.world.truth(provider, account, line, hour, END)
            assert value == truth.traffic_bytes, (account, line)
    left = products(stage, "openmetrics", "product_traffic_remaining_bytes")
    evomi = [one for one in stage.world.accounts if isinstance(one, EvomiAccount)]
    assert {(one.provider, one.name, line.id) for one in evomi for line in one.lines} <= set(left)


def test_scrapes_are_up(stage: Stage) -> None:
    """Prometheus takes every scrape, in both formats, that a busy machine ends in its second."""
    assert stage.prometheus.query("max_over_time(up[3s])", "job") == {(job,): 1 for job in JOBS}
    refused = "count_over_time((up == 0 and on (job) scrape_duration_seconds < 0.9)[1m:1s])"
    assert stage.prometheus.query(refused, "job") == {}


def test_formats_are_those_that_the_jobs_stand_for(stage: Stage) -> None:
    """With Prometheus' own Accept the exporter answers OpenMetrics, without any it answers text."""
    accept = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5"
    asked = httpx.get(f"{stage.url}/metrics", headers={"Accept": accept})
    assert asked.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    plain = httpx.get(f"{stage.url}/metrics", headers={"Accept": "*/*"})
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_promtool_has_no_complaint(stage: Stage) -> None:
    """``promtool check metrics`` finds nothing to say of names, units and help texts."""
    body = httpx.get(f"{stage.url}/metrics").content
    checked = subprocess.run(  # noqa: S603 - our own arguments
        [tool("promtool"), "check", "metrics"], input=body, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_health_of_everything(stage: Stage) -> None:
    """Every account is up, every collector succeeds, and nothing but GET was ever sent."""
    assert set(stage.prometheus.query("proxy_provider_up", "account").values()) == {1}
    assert set(stage.prometheus.query("proxy_provider_collector_success", "job").values()) == {1}
    assert stage.prometheus.query("sum(proxy_provider_poll_failures_total)") == {(): 0}
    assert {one.method for one in stage.world.requests} == {"GET"}
    assert list(stage.world.log) == []
    assert httpx.get(f"{stage.url}/-/ready").is_success


def test_log_shows_no_secret_and_no_failure(stage: Stage) -> None:
    """The log of a run without faults has neither keys nor warnings."""
    text = stage.log.read_text("utf-8")
    assert "level=warn" not in text
    assert "level=error" not in text
    assert not [one for one in stage.world.accounts if one.key in text]


def test_sigterm_ends_it_within_five_seconds(stage: Stage) -> None:
    """SIGTERM ends the process in time, with status 0. The last test of the module."""
    began = time.monotonic()
    stage.process.terminate()
    assert stage.process.wait(timeout=30) == 0
    assert time.monotonic() - began < 5
