"""The committed dashboards, read for tests to judge."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "grafana" / "dashboards"
FILES = sorted(FOLDER.glob("*.json"))

Json = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """One query of one panel, and how its answer is shown."""

    board: str
    panel: str
    ref: str
    expr: str
    legend: str
    instant: bool
    table: bool
    step: str | None
    column: str
    unit: str

    def __str__(self) -> str:
        """Return where it stands, as the name of a test."""
        return f"{self.board}: {self.panel} {self.ref}".replace("proxy-provider-", "")

    @property
    def legend_labels(self) -> set[str]:
        """Return the labels that its legend names."""
        return set(re.findall(r"\{\{\s*(\w+)\s*\}\}", self.legend))

    def line(self, labels: dict[str, str]) -> str:
        """Return what a series with *labels* is called."""
        return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: labels.get(found[1], ""), self.legend)


def load(path: Path) -> Json:
    """Read one."""
    board: Json = json.loads(path.read_text("utf-8"))
    return board


BOARDS = {path.stem: load(path) for path in FILES}


def panels(board: Json) -> Iterator[Json]:
    """Return the panels of *board* that show something."""
    return (panel for panel in board["panels"] if panel["type"] != "row")


def queries(name: str, board: Json) -> Iterator[Query]:
    """Return every query of every panel of *board*."""
    for panel in panels(board):
        targets = panel["targets"]
        for target in targets:
            column = _column(panel, target["refId"], len(targets))
            yield Query(
                board=name,
                panel=panel["title"],
                ref=target["refId"],
                expr=target["expr"],
                legend=target.get("legendFormat", ""),
                instant=target.get("instant", False),
                table=target.get("format") == "table",
                step=target.get("interval"),
                column=column,
                unit=_unit(panel, column),
            )


def panel_name(value: object) -> str:
    """Return a name for a test about a panel or a query."""
    return value["title"] if isinstance(value, dict) else str(value)


def _column(panel: Json, ref: str, count: int) -> str:
    """Return the heading of a query's column in a table; empty when it is not shown."""
    for change in panel.get("transformations", ()):
        if change["id"] == "organize":
            name = "Value" if count == 1 else f"Value #{ref}"
            found: str = change["options"]["renameByName"].get(name, "")
            return found
    return ""


def _unit(panel: Json, column: str) -> str:
    unit: str = panel["fieldConfig"]["defaults"].get("unit", "")
    for override in panel["fieldConfig"]["overrides"]:
        if column and override["matcher"] == {"id": "byName", "options": column}:
            for one in override["properties"]:
                if one["id"] == "unit":
                    unit = one["value"]
    return unit


QUERIES = [query for name, board in BOARDS.items() for query in queries(name, board)]
PANELS = [(name, panel) for name, board in BOARDS.items() for panel in panels(board)]
