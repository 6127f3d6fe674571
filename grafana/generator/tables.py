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


def rows(
    text: Text,
    labels: Mapping[str, str],
    columns: Sequence[Column],
    *,
    sort_by: str,
    links: Mapping[str, str] | None = None,
) -> model.Panel:
    """Return a table; *labels* gives each label's heading, in order, and *links* where it leads."""
    panel = table.Panel().title(text.title).description(text.description).datasource(DATASOURCE)
    panel.targets(list(queries([cells(column.expr) for column in columns])))
    panel.thresholds(threshold_steps(((None, colours.NEUTRAL),)))
    fields = (
        ["Value"] if len(columns) == 1 else [f"Value #{chr(65 + i)}" for i in range(len(columns))]
    )
    panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(
        model.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {
                    "Time": True,
                    **{
                        name: True
                        for name, one in zip(fields, columns, strict=True)
                        if not one.title
                    },
                },
                "indexByName": {name: at for at, name in enumerate((*labels, *fields))},
                "renameByName": {
                    **labels,
                    **{
                        name: one.title
                        for name, one in zip(fields, columns, strict=True)
                        if one.title
                    },
                },
            },
        )
    )
    for label, url in (links or {}).items():
        panel.override_by_name(labels[label], [_links(labels[label], url)])
    for column in columns:
        if column.title:
            panel.override_by_name(column.title, list(_properties(column)))
    panel.sort_by([common.TableSortByFieldState().display_name(sort_by).desc(desc=True)])
    panel.cell_height(shape.TableCellHeight.SM).filterable(filterable=False)
    return panel.build()


def _properties(column: Column) -> Sequence[model.DynamicConfigValue]:
    found = {"unit": column.unit}
    properties = [model.DynamicConfigValue(name, value) for name, value in found.items()]
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
