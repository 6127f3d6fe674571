"""Targets: servers of the same series, each a process that renews them all when told to.

python -m benchmarks.targets <exporter|gauges|collector> <accounts>
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from prometheus_client import Gauge, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from benchmarks.child import free_port, say
from benchmarks.fleet import Answer, Value, answer, first, renewed, samples
from exporter.face import Face, create_app
from exporter.interpreter import favour_polls
from exporter.listen import bind
from exporter.metrics import Family, health
from exporter.scrape import Scrape, process_registry
from exporter.server import Server
from exporter.store import Store

Renew = Callable[[Sequence[Answer]], None]
"""Gives all series the values that the accounts' answers tell."""

NEVER = 10**9
"""Intervals until gauges are stale."""


def exporter(accounts: int) -> tuple[int, Renew]:
    """Serve with the exporter's own store, scrape and server."""
    favour_polls()
    store = Store()
    latest = [first(number) for number in range(accounts)]

    def renew(answers: Sequence[Answer]) -> None:
        for number, told in enumerate(answers):
            latest[number] = renewed(latest[number], told)
            store.put(latest[number])

    renew([answer(number, 0) for number in range(accounts)])
    scrape = Scrape(store, own=tuple, stale_after=NEVER)
    face = Face(
        scrape=scrape,
        telemetry_path="/metrics",
        waiting_for=tuple,
        config_text=str,
        snapshots=store.all,
        reload=partial(asyncio.sleep, 0),
    )
    port = free_port()
    Server(create_app(face), bind([f"127.0.0.1:{port}"])).start()
    return port, renew


def _all(accounts: int) -> Iterable[tuple[tuple[str, str], Value]]:
    for number in range(accounts):
        snapshot = renewed(first(number), answer(number, 0))
        for sample in samples(snapshot):
            yield snapshot.account.key, (sample.family, sample.labels, sample.value)


def _new(answers: Sequence[Answer]) -> Iterable[tuple[tuple[str, str], Value]]:
    """Yield what a poll changes."""
    collector = ("usage",)
    for number, told in enumerate(answers):
        key, turn = first(number).account.key, told.turn
        for family, labels, figure in told.gauges:
            yield key, (family, tuple(labels.values()), figure)
        for value in told.counters:
            yield key, value
        yield key, (health.POLLS_TOTAL, collector, turn)
        yield key, (health.API_REQUESTS_TOTAL, ("200",), turn)
        yield key, (health.POLL_DURATION_SECONDS, collector, 0.2 + turn / 1e6)
        yield key, (health.LAST_SUCCESS_TIMESTAMP_SECONDS, collector, 1.7e9 + turn)


def gauges(accounts: int) -> tuple[int, Renew]:
    """Serve with prometheus_client's Gauges and its own server."""
    registry = process_registry()
    instruments: dict[Family, Gauge] = {}

    def put(new: Iterable[tuple[tuple[str, str], Value]]) -> None:
        for key, (family, labels, value) in new:
            if family not in instruments:
                name, text = family.name, family.help
                instruments[family] = Gauge(name, text, family.all_labels, registry=registry)
            instruments[family].labels(*key, *labels).set(value)

    put(_all(accounts))
    server, _ = start_http_server(0, "127.0.0.1", registry)
    return server.server_port, lambda answers: put(_new(answers))


class _Kept(Collector):
    """Makes families afresh at each scrape, of the values that are kept."""

    def __init__(self) -> None:
        self.kept: dict[Family, dict[tuple[str, ...], float]] = {}

    def put(self, new: Iterable[tuple[tuple[str, str], Value]]) -> None:
        for key, (family, labels, value) in new:
            self.kept.setdefault(family, {})[*key, *labels] = value

    def collect(self) -> Iterable[Metric]:
        for family, kept in self.kept.items():
            made = GaugeMetricFamily(family.name, family.help, labels=family.all_labels)
            for labels, value in kept.items():
                made.add_metric(labels, value)
            yield made


def collector(accounts: int) -> tuple[int, Renew]:
    """Serve with a custom collector and prometheus_client's own server."""
    kept = _Kept()
    kept.put(_all(accounts))
    registry = process_registry()
    registry.register(kept)
    server, _ = start_http_server(0, "127.0.0.1", registry)
    return server.server_port, lambda answers: kept.put(_new(answers))


TARGETS: Mapping[str, Callable[[int], tuple[int, Renew]]] = {
    "exporter": exporter,
    "gauges": gauges,
    "collector": collector,
}


def main() -> None:
    """Serve until the parent ends; at its word make new answers, and then renew with them."""
    accounts = int(sys.argv[2])
    port, renew = TARGETS[sys.argv[1]](accounts)
    say(port)
    turn, answers = 0, list[Answer]()
    for line in sys.stdin:
        if line.strip() == "answer":
            turn += 1
            answers = [answer(number, turn) for number in range(accounts)]
        else:
            renew(answers)
        say("done")


if __name__ == "__main__":
    main()
