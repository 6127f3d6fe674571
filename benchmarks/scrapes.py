"""Scrapes: how long one takes, and what CPU, of the exporter and of others with the same series."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from prometheus_client import CollectorRegistry

from benchmarks.child import Child, python, run
from benchmarks.fleet import SERIES, answer, first, renewed
from benchmarks.peers import NGINX, NODE_EXPORTER, nginx, node_exporter, tool, write
from benchmarks.table import figure, markdown, percentile, ratio
from benchmarks.targets import NEVER
from exporter.exposition import Format
from exporter.scrape import Scrape
from exporter.store import Store

OURS = "exporter"
USUAL = "prometheus_client, Gauges"
COLLECTOR = "prometheus_client, Collector"
SERVERS = {OURS: "exporter", USUAL: "gauges", COLLECTOR: "collector"}

MOST = 400
"""Scrapes of one server in one round."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is measured: rounds, and seconds of one server in one round."""

    rounds: int
    seconds: float
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one server took: seconds a scrape; CPU seconds a scrape, and a renewal, by round."""

    times: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    renewal: list[float] = field(default_factory=list)

    @property
    def both(self) -> list[float]:
        """CPU of a renewal and the scrape after it."""
        return [one + other for one, other in zip(self.cpu, self.renewal, strict=True)]


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs."""

    child: Child
    connection: HTTPConnection
    renews: bool

    def scrape(self, *, gzip: bool) -> float:
        """Scrape once, as plain text, and return how many seconds it took."""
        headers = {
            "Accept": "text/plain;version=0.0.4",
            "Accept-Encoding": "gzip" if gzip else "identity",
        }
        began = time.perf_counter()
        self.connection.request("GET", "/metrics", headers=headers)
        response = self.connection.getresponse()
        body = response.read()
        took = time.perf_counter() - began
        packed = response.headers.get("Content-Encoding") == "gzip"
        if response.status != HTTPStatus.OK or packed != gzip or not body:
            raise RuntimeError(f"scrape answered {response.status}, packed {packed}")
        return took


def body(accounts: int) -> bytes:
    """Return the exposition that the peers serve."""
    store = Store()
    for number in range(accounts):
        store.put(renewed(first(number), answer(number, 0)))
    scrape = Scrape(store, own=tuple, stale_after=NEVER, process=CollectorRegistry())
    return scrape.body(Format.TEXT, gzip=False)


@contextmanager
def servers(accounts: int) -> Iterator[Mapping[str, Target]]:
    """Run all servers that are installed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found: dict[str, tuple[Child, int]] = {}
        for name, kind in SERVERS.items():
            command = python("targets", kind, accounts)
            child = stack.enter_context(run(*command, log=folder / f"log-{kind}"))
            found[name] = child, int(child.hear())
        write(folder, body(accounts))
        if program := tool(NODE_EXPORTER):
            found[NODE_EXPORTER] = stack.enter_context(node_exporter(program, folder))
        if program := tool(NGINX):
            found[NGINX] = stack.enter_context(nginx(program, folder))
        yield {
            name: Target(child, HTTPConnection("127.0.0.1", port, timeout=60), name in SERVERS)
            for name, (child, port) in found.items()
        }


def unchanged(targets: Mapping[str, Target], budget: Budget, *, gzip: bool) -> dict[str, Cell]:
    """Scrape again and again what does not change."""
    cells = {name: Cell() for name in targets}
    for target in targets.values():
        target.scrape(gzip=gzip)
    for _ in range(budget.rounds):
        for name, target in targets.items():
            before, end, times = target.child.cpu, time.monotonic() + budget.seconds, list[float]()
            while len(times) < 2 or (time.monotonic() < end and len(times) < MOST):  # noqa: PLR2004 - no median of one
                times.append(target.scrape(gzip=gzip))
            cells[name].cpu.append((target.child.cpu - before) / len(times))
            cells[name].times.extend(times)
    return cells


def renewing(targets: Mapping[str, Target], budget: Budget, *, gzip: bool) -> dict[str, Cell]:
    """Scrape once after each renewal of every series; node_exporter reads its file each time."""
    able = {name: one for name, one in targets.items() if one.renews}
    cells = {name: Cell() for name in able}
    for _ in range(3 * budget.rounds):
        for name, target in able.items():
            target.child.ask("answer")
            begin = target.child.cpu
            target.child.ask("renew")
            renewed_at = target.child.cpu
            cells[name].times.append(target.scrape(gzip=gzip))
            cells[name].renewal.append(renewed_at - begin)
            cells[name].cpu.append(target.child.cpu - renewed_at)
    return cells


Results = Mapping[int, Mapping[str, Cell]]
"""By number of series, then by server."""


def report(budget: Budget) -> Iterator[str]:
    """Measure, and yield the tables."""
    tables: dict[tuple[bool, bool], dict[int, dict[str, Cell]]] = {
        (fresh, gzip): {} for fresh in (False, True) for gzip in (True, False)
    }
    for size in budget.sizes:
        with servers(size // SERIES) as targets:
            for (fresh, gzip), found in tables.items():
                found[size] = (renewing if fresh else unchanged)(targets, budget, gzip=gzip)
    for (fresh, gzip), found in tables.items():
        encoding = "gzip" if gzip else "identity"
        if fresh:
            title = f"Every series renewed, then one scrape, {encoding}"
            yield _table(f"{title}: CPU of both in ms, ratio; time of the scrape", found)
            yield _table(f"{title}: CPU of the scrape alone", found, alone=True)
        else:
            title = f"Nothing changed between scrapes, {encoding}"
            yield _table(f"{title}: CPU a scrape in ms, ratio; time", found)
    missing = [name for name in (NODE_EXPORTER, NGINX) if tool(name) is None]
    if missing:
        yield f"Not installed, so left out: {', '.join(missing)}.\n"


def _table(title: str, results: Results, *, alone: bool = False) -> str:
    head = ["server"]
    for size in results:
        head += [f"{size // 1000}k: CPU ms", "ratio", "p50 / p99 ms"]
    names: Sequence[str] = tuple(next(iter(results.values())))
    return markdown(title, head, [(name, *_row(name, results, alone=alone)) for name in names])


def _row(name: str, results: Results, *, alone: bool) -> Iterator[str]:
    for cells in results.values():
        cell, usual = cells[name], cells[USUAL]
        both = cell.renewal and not alone
        cpu, reference = (cell.both, usual.both) if both else (cell.cpu, usual.cpu)
        yield figure(median(cpu) * 1e3)
        yield ratio(cpu, reference)
        p99 = percentile(cell.times, 0.99)
        yield f"{figure(median(cell.times) * 1e3)} / {figure(p99 * 1e3)}"
