"""Tables: one row for each set of labels, one column for each query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.models import common as shape
from grafana_foundation_sdk.models import dashboard as model

from grafana.generator import colours, units
from grafana.generator.panels import Text, Words, threshold_steps, words
from grafana.generator.targets import cells, queries
from grafana.generator.thresholds import Steps
from grafana.generator.variables import DATASOURCE


@dataclass(frozen=True)
class Column:
    """One column of values; *bar* draws it as a gauge up to 1; one without a title is left out."""

    title: str
    expr: str
    unit: str = units.COUNT
    steps: Steps | None = None
    bar: bool = False
    names: Words = field(default_factory=dict)


def rows(  # noqa: PLR0913 - what a table is made of
    text: Text,
    labels: Mapping[str, str],
    columns: Sequence[Column],
    *,
    sort_by: str,
    descending: bool = True,
    links: Mapping[str, str] | None = None,
) -> model.Panel:
    """Return a table; *labels* gives each label's heading, in order, and *links* where it leads."""
    panel = table.Panel().title(text.title).description(text.description).datasource(DATASOURCE)
    panel.targets(list(queries([cells(_filled(one.expr, labels)) for one in columns])))
    panel.thresholds(threshold_steps(((None, colours.NEUTRAL),)))
    panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(
        model.DataTransformerConfig(id_val="organize", options=_organized(labels, columns))
    )
    for label, url in (links or {}).items():
        panel.override_by_name(labels[label], [_links(labels[label], url)])
    for column in columns:
        if column.title:
            panel.override_by_name(column.title, list(_properties(column)))
    order = common.TableSortByFieldState().display_name(sort_by).desc(desc=descending)
    panel.sort_by([order])
    panel.cell_height(shape.TableCellHeight.SM).filterable(filterable=False)
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
        cell = {"type": "gauge", "mode": "basic"} if column.bar else {"type": "color-text"}
        properties.append(model.DynamicConfigValue("custom.cellOptions", cell))
    if column.bar:
        properties.append(model.DynamicConfigValue("min", 0))
        properties.append(model.DynamicConfigValue("max", 1))
    if column.names:
        properties.append(model.DynamicConfigValue("mappings", [words(column.names)]))
        properties.append(model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}))
    return properties


def _links(label: str, url: str) -> model.DynamicConfigValue:
    link = {"title": f"Open this {label.lower()}", "url": url, "targetBlank": False}
    return model.DynamicConfigValue("links", [link])
