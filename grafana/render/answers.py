"""Answers: what Grafana gets for the queries of a dashboard, asked as it asks them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.programs import Prometheus

Json = dict[str, Any]

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
COLUMN_PIXELS = 66
"""Of the page that is drawn, which is 1600 pixels wide."""

SCRAPE_SECONDS = 60
"""What the data source says of the distance of scrapes."""

STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600)
"""The steps that Grafana rounds to, in seconds."""


@dataclass(frozen=True)
class Asked:
    """A Prometheus, and the moment that is now."""

    server: Prometheus
    at: float

    def answers(self, board: Json) -> Json:
        """Return the dashboard, its range, and for every panel what its queries found."""
        begin = self.at - _seconds(board["time"]["from"].removeprefix("now-"))
        panels = {
            str(panel["id"]): [self._ask(board, panel, one, begin) for one in panel["targets"]]
            for panel in _panels(board)
        }
        (annotation,) = board["annotations"]["list"]
        marks = self._query("query_range", _filled(annotation["expr"], board, 60, (begin, self.at)))
        return {
            "board": board,
            "from": begin,
            "to": self.at,
            "panels": panels,
            "annotations": marks,
        }

    def _ask(self, board: Json, panel: Json, target: Json, begin: float) -> Json:
        query = query_of(board, panel, target, (begin, self.at))
        if target.get("instant"):
            found = self._query("query", {"query": query["query"], "time": self.at})
        else:
            found = self._query("query_range", query)
        return {"refId": target["refId"], "step": query["step"], "result": found}

    def _query(self, path: str, asked: Json) -> list[Json]:
        answer = httpx.post(f"{self.server.url}/api/v1/{path}", data=asked, timeout=120).json()
        if answer["status"] != "success":
            raise ValueError(f"{answer['error']}: {asked['query']}")
        found: list[Json] = answer["data"]["result"]
        return found


def to_json(answers: Json) -> str:
    """Return *answers* as the page reads them."""
    return json.dumps(answers)


def query_of(board: Json, panel: Json, target: Json, span: tuple[float, float]) -> Json:
    """Return what Grafana would ask for *target* of *panel* over *span*."""
    return _filled(target["expr"], board, _step(panel, target, span[1] - span[0]), span)


def _panels(board: Json) -> Iterator[Json]:
    return (panel for panel in board["panels"] if panel["type"] != "row")


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * UNITS[duration[-1]]


def _step(panel: Json, target: Json, span: float) -> int:
    """Return a step for each pixel, rounded to a fine number, and no less than the least one."""
    fine = span / (panel["gridPos"]["w"] * COLUMN_PIXELS)
    rounded = next(step for step in STEPS if step >= fine)
    return max(rounded, _seconds(target.get("interval") or f"{SCRAPE_SECONDS}s"))


def _filled(expr: str, board: Json, step: int, span: tuple[float, float]) -> Json:
    """Put the values of variables, with All chosen, and align the range with the step."""
    begin, end = span
    values = {
        "__range": f"{end - begin:.0f}s",
        "__interval": f"{step}s",
        "__rate_interval": f"{max(step + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS)}s",
    } | {one["name"]: one.get("allValue", "") for one in board["templating"]["list"]}
    query = re.sub(r"\$(\w+)", lambda name: values[name[1]], expr)
    return {"query": query, "start": begin // step * step, "end": end // step * step, "step": step}
