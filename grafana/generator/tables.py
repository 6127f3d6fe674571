"""Tables: one row for each set of labels, one column for each query."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.models import common as shape
from grafana_foundation_sdk.models import dashboard as model

from grafana.generator import colours, units
from grafana.generator.panels import Text, Words, threshold_steps, words
from grafana.generator.targets import cells, queries
from grafana.generator.thresholds import Steps
from grafana.generator.variables import DATASOURCE

_WIDTHS = {
    "job": 190,
    "instance": 160,
    "provider": 95,
    "account": 85,
    "collector": 120,
    "product": 150,
    "plan": 110,
    "name": 160,
    "country": 90,
    "severity": 90,
    "kind": 250,
    "reason": 240,
}
"""Pixels for labels whose values are about as long everywhere; the other columns share the rest."""

_SEVERITIES = {
    "critical": ("critical", colours.BAD),
    "warning": ("warning", colours.WARNING),
    "info": ("info", colours.NEUTRAL),
}

_LEAST_WIDTH = 75
"""Grafana's own, of 150, would push the last columns of most tables out of sight."""


@dataclass(frozen=True)
class Column:
    """One column of values; one without a title is left out."""

    title: str
    expr: str
    unit: str = units.COUNT
    steps: Steps | None = None
    names: Words = field(default_factory=dict)


def rows(  # noqa: PLR0913 - what a table is made of
    text: Text,
    labels: Mapping[str, str],
    columns: Sequence[Column],
    *,
    sort_by: str,
    descending: bool = True,
    links: Mapping[str, str] | None = None,
    empty: str | None = None,
) -> model.Panel:
    """Return a table; *labels* gives each label's heading, in order, and *links* where it leads.

    *empty* stands where there is no row.
    """
    panel = table.Panel().title(text.title).description(text.description).datasource(DATASOURCE)
    panel.targets(list(queries([cells(_filled(one.expr, labels)) for one in columns])))
    panel.thresholds(threshold_steps(((None, colours.NEUTRAL),)))
    panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(
        model.DataTransformerConfig(id_val="organize", options=_organized(labels, columns))
    )
    for label, title in labels.items():
        if properties := list(_label_properties(label, title, links or {})):
            panel.override_by_name(title, properties)
    for column in columns:
        if column.title:
            panel.override_by_name(column.title, list(_properties(column)))
    order = common.TableSortByFieldState().display_name(sort_by).desc(desc=descending)
    panel.sort_by([order])
    if empty:
        panel.no_value(empty)
    panel.min_width(_LEAST_WIDTH).cell_height(shape.TableCellHeight.SM).filterable(filterable=False)
    return panel.build()


def _filled(expr: str, labels: Mapping[str, str]) -> str:
    """Put a dash where a label is empty: rows are merged by the labels that all queries return."""
    for label in ("product", "plan"):
        if label in labels:
            expr = f'label_replace({expr}, "{label}", "-", "{label}", "")'
    return expr


def _organized(labels: Mapping[str, str], columns: Sequence[Column]) -> dict[str, object]:
    """Return the order and headings of the columns, and which are left out."""
    only = len(columns) == 1
    fields = {
        "Value" if only else f"Value #{chr(ord('A') + at)}": one.title
        for at, one in enumerate(columns)
    }
    return {
        "excludeByName": {"Time": True}
        | {name: True for name, title in fields.items() if not title},
        "indexByName": {name: at for at, name in enumerate((*labels, *fields))},
        "renameByName": dict(labels) | {name: title for name, title in fields.items() if title},
    }


def _properties(column: Column) -> Sequence[model.DynamicConfigValue]:
    properties = [model.DynamicConfigValue("unit", column.unit)]
    if column.steps:
        steps = threshold_steps(column.steps).build()
        properties.append(model.DynamicConfigValue("thresholds", steps))
        properties.append(model.DynamicConfigValue("color", {"mode": "thresholds"}))
        properties.append(model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}))
    if column.names:
        properties.append(model.DynamicConfigValue("mappings", [words(column.names)]))
        properties.append(model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}))
    return properties


def _label_properties(
    label: str, title: str, links: Mapping[str, str]
) -> Iterator[model.DynamicConfigValue]:
    if label in _WIDTHS:
        yield model.DynamicConfigValue("custom.width", _WIDTHS[label])
    if label == "severity":
        yield model.DynamicConfigValue("mappings", [words(_SEVERITIES)])
        yield model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"})
    if label in links:
        yield _links(title, links[label])


def _links(label: str, url: str) -> model.DynamicConfigValue:
    link = {"title": f"Open this {label.lower()}", "url": url, "targetBlank": False}
    return model.DynamicConfigValue("links", [link])
