"""Every query of every dashboard, asked of a real Prometheus with history and live data."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from math import isfinite
from typing import Any

import httpx
import pytest

from exporter import backfill
from exporter.api import Clock
from exporter.config import load
from exporter.providers import PROVIDERS
from exporter.simulator import SimulatorServer, demo_world
from tests.e2e.configs import configuration
from tests.e2e.programs import Prometheus, exporter, prometheus, tool, until
from tests.e2e.test_backfill import make_blocks, no_sleep
from tests.grafana.boards import BOARDS, PANELS, QUERIES, Json, Query, panel_name, queries

JOB = "proxies"
RANGE = 24 * 3600
HOUR = 3600

Series = tuple[dict[str, str], list[float]]

ABOVE_ONE = {"Forecast", "Provider's"}
"""Shares that say by how much a quota will be exceeded."""

MAY_BE_EMPTY = {"product", "plan"}
"""Evomi has no plans, WeProxies one difference for all; Prometheus drops an empty label."""

FIRING_RULE = {
    "alert": "ProxyProviderTried",
    "expr": "proxy_provider_up == 1",
    "labels": {"severity": "info", "product": "any"},
}
"""So that there is an alert to show: in a healthy system none fires."""


SETTLED = (
    "min(proxy_provider_polls_total) > 3"
    " and min(count_over_time(proxy_provider_polls_total[5m])) > 5"
)
"""All series are there, and have been scraped often enough for an increase."""


@dataclass(frozen=True)
class Stage:
    """A Prometheus, and the moment at which all queries are asked."""

    server: Prometheus
    at: float

    def ask(self, expr: str, step: int | None = None) -> list[Series]:
        """Return the series that *expr* finds: at the moment, or over the range in steps."""
        span = {"start": self.at - RANGE, "end": self.at, "step": step}
        path, when = ("query_range", span) if step else ("query", {"time": self.at})
        answer = httpx.post(
            f"{self.server.url}/api/v1/{path}", data={"query": expr, **when}, timeout=60
        ).json()
        assert answer["status"] == "success", f"{answer.get('error')}: {expr}"
        return [(one["metric"], _values(one)) for one in answer["data"]["result"]]


def _values(one: dict[str, Any]) -> list[float]:
    found = one["values"] if "values" in one else [one["value"]]
    return [float(value) for _, value in found]


PRICES = [{"provider": "evomi", "product": one, "usd_per_gb": 0.49} for one in ("rp", "rpc")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run the exporter on the simulator, import the history before it, and scrape."""
    tool("prometheus")
    folder = tmp_path_factory.mktemp("dashboards")
    world = demo_world(time.time())
    config, state, out = folder / "config.yml", folder / "state.db", folder / "history.om"
    rules = folder / "rules.yml"
    rules.write_text(json.dumps({"groups": [{"name": "tried", "rules": [FIRING_RULE]}]}), "utf-8")
    with ExitStack() as stack:
        simulator = stack.enter_context(SimulatorServer(world))
        config.write_text(
            configuration(world, simulator.url, stale_after=600, prices=PRICES), "utf-8"
        )
        flags = (f"--storage.path={state}",)
        _, url = stack.enter_context(exporter(config, *flags, log=folder / "exporter.log"))
        target = url.removeprefix("http://")
        until(lambda: httpx.get(f"{url}/-/ready").is_success, "everything was polled once")
        labels = (f"job={JOB}", f"instance={target}")
        task = backfill.Task(output=out, since="8d", labels=labels, storage=state)
        outside = backfill.Outside(clock=Clock(sleep=no_sleep))
        assert asyncio.run(backfill.run(load(config, {}, PROVIDERS), task, outside)) == 0
        make_blocks(out, folder / "prometheus" / "data")
        server = stack.enter_context(
            prometheus(folder / "prometheus", {JOB: target}, rules=[rules])
        )
        until(lambda: server.query(SETTLED), "every collector was polled and scraped")
        until(lambda: server.query('ALERTS{alertstate="firing"}'), "the alert fires")
        yield Stage(server, time.time())


def resolve(expr: str, board: Json, step: int) -> str:
    """Put the values of Grafana's variables, and of the dashboard's with All chosen."""
    built_in = {
        "__range": f"{RANGE}s",
        "__interval": f"{step}s",
        "__rate_interval": f"{step + 15}s",
    }
    chosen = {one["name"]: one.get("allValue", "") for one in board["templating"]["list"]}
    found = re.sub(r"\$(\w+)", lambda name: (built_in | chosen)[name[1]], expr)
    assert "$" not in found
    return found


def step_of(query: Query) -> int:
    """Return the step that Grafana would take over the range."""
    unit = {"m": 60, "h": HOUR}
    assert query.step is not None
    return int(query.step[:-1]) * unit[query.step[-1]]


def ask(stage: Stage, query: Query) -> list[Series]:
    """Ask what Grafana would."""
    step = 0 if query.instant else step_of(query)
    return stage.ask(resolve(query.expr, BOARDS[query.board], step), step)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_every_query_returns_numbers_that_can_be_shown(stage: Stage, query: Query) -> None:
    """There is data; nothing is NaN or infinite; ratios lie within 0 and 1; labels are there."""
    found = ask(stage, query)
    values = [value for _, each in found for value in each]
    assert values
    assert all(map(isfinite, values))
    if query.unit == "percentunit" and query.column not in ABOVE_ONE:
        assert 0 <= min(values) <= max(values) <= 1
    for labels, _ in found:
        assert query.legend_labels <= set(labels) | MAY_BE_EMPTY


@pytest.mark.parametrize(("name", "panel"), PANELS, ids=panel_name)
def test_no_two_lines_of_a_panel_are_called_the_same(stage: Stage, name: str, panel: Json) -> None:
    """What a panel shows can be told apart."""
    shown = [
        (query.line(labels) if not query.table else f"{query.ref} {sorted(labels.items())}")
        for query in queries(name, {"panels": [panel]})
        for labels, _ in ask(stage, query)
    ]
    assert len(set(shown)) == len(shown), sorted(shown)


@pytest.mark.parametrize("name", BOARDS)
def test_every_variable_has_values(stage: Stage, name: str) -> None:
    """What can be chosen was found, by the queries that Grafana asks for lists."""
    board = BOARDS[name]
    for variable in board["templating"]["list"]:
        if variable["type"] == "datasource":
            continue
        asked = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
        assert asked is not None
        series = stage.ask(f"count by ({asked[2]}) ({resolve(asked[1], board, 0)})")
        assert {labels[asked[2]] for labels, _ in series if labels} - {""}, variable["name"]


def test_the_annotation_finds_the_alert(stage: Stage) -> None:
    """What fires is marked in every graph."""
    for board in BOARDS.values():
        (annotation,) = board["annotations"]["list"]
        assert stage.ask(resolve(annotation["expr"], board, 0), 60)
