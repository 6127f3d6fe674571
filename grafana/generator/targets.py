"""Targets: the queries of a panel, with how they are asked and what their lines are called."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import prometheus as build
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.generator.queries import BAR, POLL_INTERVAL
from grafana.generator.variables import DATASOURCE


@dataclass(frozen=True)
class Target:
    """One query; *legend* names a line by its labels; *step* is the least one."""

    expr: str
    legend: str = ""
    step: str = ""
    table: bool = False

    def query(self, ref: str) -> build.Dataquery:
        """Return it in Grafana's form; without a step it is asked for once, at the range's end."""
        query = build.Dataquery().datasource(DATASOURCE).ref_id(ref).expr(self.expr)
        query.editor_mode("code")  # type: ignore[arg-type]
        query.legend_format(self.legend)
        query.format(PromQueryFormat.TABLE if self.table else PromQueryFormat.TIME_SERIES)
        return query.range().interval(self.step) if self.step else query.instant()


def now(expr: str, legend: str = "") -> Target:
    """Ask once, at the end of the range."""
    return Target(expr, legend)


def lines(expr: str, legend: str) -> Target:
    """Ask over the range, for gauges: a step is a poll at least."""
    return Target(expr, legend, POLL_INTERVAL)


def bars(expr: str, legend: str, step: str = BAR) -> Target:
    """Ask over the range, for what a counter rose in each step."""
    return Target(expr, legend, step)


def cells(expr: str) -> Target:
    """Ask once, for a table."""
    return Target(expr, table=True)


def queries(targets: Sequence[Target]) -> list[build.Dataquery]:
    """Return *targets* in Grafana's form, called A, B, C ..."""
    return [target.query(chr(ord("A") + number)) for number, target in enumerate(targets)]
