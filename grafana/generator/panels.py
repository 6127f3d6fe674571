"""Panels: the kinds that the dashboards are made of, each with what all of its kind share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    geomap,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.models import common as shape
from grafana_foundation_sdk.models import dashboard as model

from grafana.generator import colours, units
from grafana.generator.targets import Target, queries
from grafana.generator.thresholds import ALWAYS, Steps
from grafana.generator.variables import DATASOURCE

Kind = TypeVar(
    "Kind", bargauge.Panel, geomap.Panel, stat.Panel, statetimeline.Panel, timeseries.Panel
)


NOT_STATED = "not stated"
"""What stands for a figure that none of the chosen providers tells."""

Words: TypeAlias = Mapping[int, tuple[str, str]]
"""For each value its word and colour."""


@dataclass(frozen=True)
class Text:
    """What a panel says of itself: a title, and a description of what is good and what to do."""

    title: str
    description: str


def number(
    text: Text,
    *targets: Target,
    unit: str,
    steps: Steps = ALWAYS,
    names: Words | None = None,
) -> model.Panel:
    """Return the numbers of one moment, large; *names* gives a value's word and colour."""
    panel = _begin(stat.Panel(), text, targets, unit, steps)
    panel.graph_mode(shape.BigValueGraphMode.NONE).color_mode(shape.BigValueColorMode.VALUE)
    several = len(targets) > 1 or any(target.legend for target in targets)
    modes = shape.BigValueTextMode
    panel.text_mode(modes.VALUE_AND_NAME if several else modes.VALUE)
    panel.justify_mode(shape.BigValueJustifyMode.CENTER)
    if names:
        panel.mappings([words(names)])
    panel.no_value(NOT_STATED)
    return panel.reduce_options(_last()).build()


def graph(  # noqa: PLR0913 - what a graph is made of
    text: Text,
    *targets: Target,
    unit: str,
    stacked: bool = False,
    steps: Steps | None = None,
    about_zero: float | None = None,
    soft_least: float | None = None,
    most: float | None = None,
    by_provider: bool = False,
) -> model.Panel:
    """Return lines over time; *stacked* ones are bars, since a counter's step is an amount.

    A bar stands before its time, over the step that it tells of.

    *steps* are drawn as lines to stay above or below of; an axis begins at *soft_least* unless
    something is below it, or reaches as far as *about_zero* at least on both sides of 0.
    """
    panel = _begin(timeseries.Panel(), text, targets, unit, steps or ALWAYS)
    panel.color_scheme(_palette())
    panel.line_width(2).fill_opacity(0).show_points(shape.VisibilityMode.AUTO)
    panel.span_nulls(3600000)
    if stacked:
        panel.draw_style(shape.GraphDrawStyle.BARS).fill_opacity(85).line_width(0)
        panel.bar_alignment(shape.BarAlignment.BEFORE).bar_width_factor(0.85)
        panel.stacking(common.StackingConfig().mode(shape.StackingMode.NORMAL).group("A"))
        panel.show_points(shape.VisibilityMode.NEVER)
    if steps:
        dashed = shape.GraphThresholdsStyleMode.DASHED
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(dashed))
    if soft_least is not None:
        panel.axis_soft_min(soft_least)
    elif about_zero is not None:
        panel.axis_soft_min(-about_zero).axis_soft_max(about_zero)
    else:
        panel.min(0)
    if most is not None:
        panel.max(most)
    if by_provider:
        for provider, colour in colours.PROVIDERS.items():
            panel.override_by_regexp(f"/^{provider}\\b/", [_fixed(colour)])
    legend = common.VizLegendOptions().display_mode(shape.LegendDisplayMode.LIST)
    panel.legend(legend.placement(shape.LegendPlacement.BOTTOM).show_legend(show_legend=True))
    several = common.VizTooltipOptions().mode(shape.TooltipDisplayMode.MULTI)
    several.sort(shape.SortOrder.DESCENDING).hide_zeros(hide_zeros=stacked)
    return panel.tooltip(several).build()


def gauges(  # noqa: PLR0913 - what gauges are made of
    text: Text,
    target: Target,
    *,
    unit: str,
    steps: Steps = ALWAYS,
    most: float | None = None,
    long_names: bool = False,
) -> model.Panel:
    """Return one horizontal bar for each series of one moment; *long_names* stand above it."""
    panel = _begin(bargauge.Panel(), text, (target,), unit, steps).min(0)
    if most is not None:
        panel.max(most)
    panel.orientation(shape.VizOrientation.HORIZONTAL).reduce_options(_last())
    panel.display_mode(shape.BarGaugeDisplayMode.BASIC).show_unfilled(show_unfilled=True)
    panel.value_mode(shape.BarGaugeValueMode.COLOR).min_viz_height(16)
    panel.no_value(NOT_STATED)
    panel.text(common.VizTextDisplayOptions().title_size(12).value_size(14))
    places = shape.BarGaugeNamePlacement
    panel.max_viz_height(38 if long_names else 28)
    return panel.name_placement(places.TOP if long_names else places.LEFT).build()


def states(text: Text, *targets: Target, names: Words) -> model.Panel:
    """Return what state each series was in over time; *names* gives a value's word and colour."""
    panel = _begin(statetimeline.Panel(), text, targets, units.PLAIN, ALWAYS)
    panel.mappings([words(names)]).fill_opacity(85).line_width(0).row_height(0.8)
    panel.show_value(shape.VisibilityMode.AUTO).merge_values(merge_values=True)
    hidden = common.VizLegendOptions().display_mode(shape.LegendDisplayMode.HIDDEN)
    return panel.legend(hidden.show_legend(show_legend=False)).build()


def world(text: Text, target: Target, *, unit: str) -> model.Panel:
    """Return a map with a marker on each country; all that it shows comes with Grafana."""
    panel = _begin(geomap.Panel(), text, (target,), unit, ALWAYS)
    countries = {"src": "public/maps/countries.geojson"}
    panel.basemap(common.MapLayerOptions().type("geojson").name("Countries").config(countries))
    place = common.FrameGeometrySource().mode(shape.FrameGeometrySourceMode.LOOKUP)
    place.lookup("country").gazetteer("public/gazetteer/countries.json")
    size = {"field": "Value", "fixed": 5, "min": 4, "max": 22}
    colour = {"fixed": colours.NEUTRAL}
    symbol = {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"}
    style = {"size": size, "color": colour, "symbol": symbol, "opacity": 0.6}
    markers = common.MapLayerOptions().type("markers").name("Use").location(place)
    markers.config({"showLegend": False, "style": style})
    panel.layers([markers.tooltip(tooltip=True)])
    panel.view(geomap.MapViewConfig().id("coords").lat(25).lon(5).zoom(1))
    panel.controls(
        geomap.ControlsOptions().show_zoom(show_zoom=True).mouse_wheel_zoom(mouse_wheel_zoom=False)
    )
    return panel.build()


def words(names: Words | Mapping[str, tuple[str, str]]) -> model.ValueMapping:
    """Return the mapping of values to words and colours."""
    return model.ValueMap(
        {
            str(value): model.ValueMappingResult(text=word, color=colour, index=index)
            for index, (value, (word, colour)) in enumerate(names.items())
        }
    )


def threshold_steps(steps: Steps) -> dashboard.ThresholdsConfig:
    """Return *steps* in Grafana's form."""
    found = [model.Threshold(value=value, color=colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)


def _begin(panel: Kind, text: Text, targets: tuple[Target, ...], unit: str, steps: Steps) -> Kind:
    panel.title(text.title).description(text.description).datasource(DATASOURCE)
    panel.targets(list(queries(targets))).unit(unit).thresholds(threshold_steps(steps))
    panel.color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    return panel


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(values=False)


def _palette() -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC)


def _fixed(colour: str) -> model.DynamicConfigValue:
    return model.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})
