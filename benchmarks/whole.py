"""Whole: the exporter with its ledger on disk, and the usual stack, doing the same work.

Accounts of 100 series, polled every 20 seconds over TLS with answers that take 200 ms, and scraped
every 5 seconds as gzip. One runs after the other, turn by turn.
"""

import gzip
import json
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from benchmarks.api import Mock, mock
from benchmarks.child import Child, free_port, python, run
from benchmarks.table import figure, markdown, ratio

INTERVAL = 20
ANSWER_SECONDS = 0.2
SCRAPE_SECONDS = 5.0
OURS, USUAL = "exporter", "usual stack"
HEADERS = {"Accept": "text/plain;version=0.0.4", "Accept-Encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is measured: rounds, and seconds of each measurement in one."""

    rounds: int
    seconds: float
    sizes: tuple[int, ...] = (100, 1_000)


@dataclass(frozen=True, slots=True)
class Found:
    """What one of the two took, by round: CPU is a share of a core."""

    cpu: list[float] = field(default_factory=list)
    polling: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)
    peak_rss: list[float] = field(default_factory=list)
    stall: list[float] = field(default_factory=list)
    idle_stall: list[float] = field(default_factory=list)
    scrapes: list[float] = field(default_factory=list)
    series: list[float] = field(default_factory=list)


def config(url: str, accounts: int) -> str:
    """Return a configuration; new counters show their value at their second poll."""
    rest = dict.fromkeys(("countries", "realtime", "subscriptions"), "0s")
    entries = [
        {
            "provider": "weproxies",
            "name": f"account-{number:04}",
            "api_key": f"token-{number}",
            "base_url": url,
            "periods": ["all"],
            "intervals": {"usage": f"{INTERVAL}s", **rest},
        }
        for number in range(accounts)
    ]
    return json.dumps({"hold_new_series": "0s", "accounts": entries})


@contextmanager
def started(name: str, api: Mock, accounts: int, folder: Path) -> Iterator[tuple[Child, int]]:
    """Run one of the two, and say on which port."""
    port = free_port()
    command = python("usual", api.url, accounts, INTERVAL, port)
    if name == OURS:
        file = folder / "config.yml"
        file.write_text(config(api.url, accounts))
        command = python("watched", file, folder / f"state-{time.monotonic()}.db", port)
    with run(*command, log=folder / f"{name}.log", **api.environ) as child:
        child.hear()
        yield child, port


def scrape_for(seconds: float, connection: HTTPConnection, found: Found) -> list[float]:
    """Scrape on the clock, and return how long each scrape took."""
    times = []
    begin = time.monotonic()
    for number in range(max(1, round(seconds / SCRAPE_SECONDS))):
        time.sleep(max(0.0, begin + number * SCRAPE_SECONDS - time.monotonic()))
        began = time.perf_counter()
        connection.request("GET", "/metrics", headers=HEADERS)
        body = connection.getresponse().read()
        times.append(time.perf_counter() - began)
    time.sleep(max(0.0, begin + seconds - time.monotonic()))
    lines = gzip.decompress(body).splitlines()
    found.series.append(sum(line.startswith(b"proxy_provider_") for line in lines))
    return times


def measure(
    child: Child, idle: Child, connection: HTTPConnection, seconds: float, found: Found
) -> None:
    """Measure CPU and scrapes, then stalls, since the watch takes CPU itself, then polls alone.

    The stalls are also those of an *idle* loop: they are the machine's.
    """
    before, began = child.cpu, time.monotonic()
    found.scrapes.extend(scrape_for(seconds, connection, found))
    found.cpu.append((child.cpu - before) / (time.monotonic() - began))
    found.rss.append(child.rss)
    found.peak_rss.append(child.peak_rss)
    for one in (child, idle):
        one.signal(signal.SIGUSR1)
    scrape_for(seconds, connection, found)
    for one, stalls in ((child, found.stall), (idle, found.idle_stall)):
        one.signal(signal.SIGUSR1)
        stalls.append(float(one.hear()))
    before, began = child.cpu, time.monotonic()
    time.sleep(INTERVAL)
    found.polling.append((child.cpu - before) / (time.monotonic() - began))


def compare(accounts: int, budget: Budget) -> dict[str, Found]:
    """Run both, turn by turn."""
    results = {OURS: Found(), USUAL: Found()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with mock(folder, seconds=ANSWER_SECONDS) as api:
            for _ in range(budget.rounds):
                for one, found in results.items():
                    with (
                        started(one, api, accounts, folder) as (child, port),
                        run(*python("stall"), log=folder / "idle.log") as idle,
                    ):
                        idle.hear()
                        connection = HTTPConnection("127.0.0.1", port, timeout=60)
                        scrape_for(warm_up(accounts), connection, Found())
                        measure(child, idle, connection, budget.seconds, found)
    return results


def warm_up(accounts: int) -> float:
    """Return the seconds until every account was polled twice."""
    return INTERVAL * 1.25 + accounts / 50


def report(budget: Budget) -> Iterator[str]:
    """Measure, and yield the tables."""
    for accounts in budget.sizes:
        results = compare(accounts, budget)
        yield _table(f"{accounts} accounts", results[OURS], results[USUAL])


def _table(title: str, ours: Found, usual: Found) -> str:
    rows = {
        "CPU, % of a core": ([100 * one for one in ours.cpu], [100 * one for one in usual.cpu]),
        "the same without scrapes": (
            [100 * one for one in ours.polling],
            [100 * one for one in usual.polling],
        ),
        "scrape, ms, median": (
            [1e3 * one for one in ours.scrapes],
            [1e3 * one for one in usual.scrapes],
        ),
        "RSS, MiB": (ours.rss, usual.rss),
        "highest RSS, MiB": (ours.peak_rss, usual.peak_rss),
        "longest stall of the loop, ms": (ours.stall, usual.stall),
        "of an idle loop meanwhile, ms": (ours.idle_stall, usual.idle_stall),
        "series": (ours.series, usual.series),
    }
    return markdown(
        f"Whole exporter, {title}",
        ("", OURS, USUAL, "ratio"),
        [
            (name, figure(median(one)), figure(median(other)), ratio(one, other))
            for name, (one, other) in rows.items()
        ],
    )
