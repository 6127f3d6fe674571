"""The form of the dashboards: what Grafana, its linter and its users expect of each."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.generator.queries import BAR, LONG_BAR, POLL_INTERVAL
from tests.grafana.boards import BOARDS, PANELS, QUERIES, Json, Query, panel_name

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

UNITS = {"decbytes", "percentunit", "s", "dateTimeFromNow", "currencyUSD", "short", "none"}
"""Those that fit our families: Grafana shows an id that it does not know as a word."""

board_names = pytest.mark.parametrize("name", BOARDS)
all_panels = pytest.mark.parametrize(("name", "panel"), PANELS, ids=panel_name)
all_queries = pytest.mark.parametrize("query", QUERIES, ids=str)


@board_names
def test_a_dashboard_has_what_all_have(name: str) -> None:
    """A stable address, a tag, a shared crosshair, the reader's own time zone; no edits."""
    board = BOARDS[name]
    assert board["uid"] == name
    assert re.fullmatch(r"[a-z-]{1,40}", name)
    assert board["title"].startswith("Proxy providers / ")
    assert board["description"].endswith(".")
    assert board["tags"] == ["proxy-provider"]
    assert (board["editable"], board["graphTooltip"], board["timezone"]) == (False, 1, "browser")
    assert board["schemaVersion"] == 42
    assert not {"__inputs", "__requires", "id"} & set(board)


@board_names
def test_nothing_is_lost_on_the_way_through_grafanas_types(name: str) -> None:
    """No key is misspelt: what the types do not know would be dropped."""
    plugins.register_default_plugins()
    read = Dashboard.from_json(BOARDS[name])
    assert list(_lost(BOARDS[name], json.loads(JSONEncoder().encode(read)))) == []


@board_names
def test_a_dashboard_links_to_the_others(name: str) -> None:
    """The link keeps the time and the variables."""
    (link,) = BOARDS[name]["links"]
    assert (link["type"], link["tags"]) == ("dashboards", ["proxy-provider"])
    assert link["includeVars"]
    assert link["keepTime"]
    assert "placement" not in link, "it would be hidden in a menu"


@board_names
def test_every_drill_down_leads_to_a_dashboard_and_keeps_the_choice(name: str) -> None:
    """Its variables are there, and its fields are labels of the table."""
    for link in _values_of("url", BOARDS[name]):
        if not link:
            continue
        found = re.fullmatch(r"/d/([a-z-]+)\?\$\{__url_time_range\}(.+)", link)
        assert found is not None
        variables = {one["name"] for one in BOARDS[found[1]]["templating"]["list"]}
        kept = re.findall(r"\$\{(\w+):queryparam\}", found[2])
        assert sorted(kept) == ["datasource", "instance", "job"]
        pairs = re.findall(r"&var-(\w+)=\$\{__data\.fields\.(\w+):percentencode\}", found[2])
        assert pairs
        assert all(variable == field and variable in variables for variable, field in pairs)


@board_names
def test_variables_are_chained_and_follow_the_time(name: str) -> None:
    """The data source first; each list is narrowed by all before it, and All is the default."""
    first, *others = BOARDS[name]["templating"]["list"]
    kind = [first[key] for key in ("name", "type", "query")]
    assert kind == ["datasource", "datasource", "prometheus"]
    every = ["job", "instance", "provider", "account", "product", "country"]
    names = [one["name"] for one in others]
    assert names == every[: len(names)]
    assert len(names) >= 4
    for at, variable in enumerate(others):
        assert variable["datasource"] == DATASOURCE
        assert variable["label"] == variable["name"].capitalize()
        assert (variable["multi"], variable["includeAll"], variable["refresh"]) == (True, True, 2)
        assert variable["allValue"] in (".+", ".*")
        assert variable["current"]["value"] == ["$__all"]
        asked = re.findall(r'(\w+)=~"\$(\w+)"', variable["query"]["query"])
        assert asked == [(before, before) for before in names[:at]]


@board_names
def test_alerts_that_fire_are_marked(name: str) -> None:
    """Every graph shows when something was wrong."""
    (annotation,) = BOARDS[name]["annotations"]["list"]
    assert annotation["enable"]
    assert annotation["datasource"] == DATASOURCE
    assert 'ALERTS{alertname=~"ProxyProvider.*", alertstate="firing"' in annotation["expr"]


@board_names
def test_ids_are_set_and_unique(name: str) -> None:
    """Links to a panel survive a new version."""
    ids = [panel["id"] for panel in BOARDS[name]["panels"]]
    assert ids == list(range(1, len(ids) + 1))


@board_names
def test_panels_lie_side_by_side(name: str) -> None:
    """Within 24 columns, none over another."""
    places = [panel["gridPos"] for panel in BOARDS[name]["panels"]]
    assert all(one["x"] >= 0 and one["x"] + one["w"] <= 24 for one in places)
    for one, other in combinations(places, 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart or below


@board_names
def test_nothing_is_fetched_from_the_internet(name: str) -> None:
    """No address of another machine; the map and its places come with Grafana."""
    text = json.dumps(BOARDS[name])
    assert "//" not in text
    for panel in BOARDS[name]["panels"]:
        if panel["type"] == "geomap":
            assert panel["options"]["basemap"]["type"] == "geojson"
            assert panel["options"]["basemap"]["config"]["src"].startswith("public/")
            (layer,) = panel["options"]["layers"]
            assert layer["location"]["gazetteer"].startswith("public/")


@all_panels
def test_a_panel_says_what_it_shows_and_what_to_do(name: str, panel: Json) -> None:
    """A title, and two sentences at least: what it is, what is good or what to do."""
    assert panel["title"]
    assert len(re.findall(r"[.?:;] |\.$", panel["description"])) >= 2, name
    assert panel["description"].endswith(".")
    assert "  " not in panel["description"]


@all_panels
def test_a_panel_asks_the_chosen_data_source(name: str, panel: Json) -> None:
    """Every query of it, too."""
    assert panel["targets"], name
    assert all(one["datasource"] == DATASOURCE for one in (panel, *panel["targets"]))
    refs = [target["refId"] for target in panel["targets"]]
    assert refs == sorted(set(refs))


@all_panels
def test_a_panel_has_thresholds_of_its_own(name: str, panel: Json) -> None:
    """Grafana's are red at 80, whatever is measured."""
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[0]["value"] is None, name
    values = [step["value"] for step in steps[1:]]
    assert values == sorted(values)
    assert all(step["color"].startswith("#") for step in steps)


@all_panels
def test_a_number_that_no_provider_tells_says_so(name: str, panel: Json) -> None:
    """Evomi counts no requests: someone who uses only Evomi is not to wait for them."""
    if panel["type"] in ("stat", "bargauge"):
        assert panel["fieldConfig"]["defaults"]["noValue"] == "not stated", name


@all_queries
def test_units_are_known(query: Query) -> None:
    """Bytes are bytes of the International System, as providers bill them."""
    if query.column or not query.table:
        assert query.unit in UNITS


@all_panels
def test_all_columns_of_a_table_are_in_sight(name: str, panel: Json) -> None:
    """On a screen of 1600 pixels nothing is to be scrolled sideways, and headings fit."""
    if panel["type"] != "table":
        return
    (organized,) = (one for one in panel["transformations"] if one["id"] == "organize")
    shown = {organized["options"]["renameByName"].get(one) for one in _columns(organized)}
    widths = {
        one["matcher"]["options"]: each["value"]
        for one in panel["fieldConfig"]["overrides"]
        for each in one["properties"]
        if each["id"] == "custom.width"
    }
    room = panel["gridPos"]["w"] * 66 - 24 - sum(widths.values())
    others = [title for title in shown if title and title not in widths]
    least = panel["fieldConfig"]["defaults"]["custom"]["minWidth"]
    assert widths.keys() <= shown, name
    assert max(least, *(12 + 7 * len(title) for title in others)) * len(others) <= room


@all_queries
def test_the_least_step_is_a_poll(query: Query) -> None:
    """A step that is shorter than a poll shows gaps and peaks where there are none."""
    assert query.step in ((None,) if query.instant else (POLL_INTERVAL, BAR, LONG_BAR))
    if "$__interval" in query.expr:
        assert query.step in (BAR, LONG_BAR)


def _columns(organized: Json) -> list[str]:
    """Return the fields that a table shows."""
    options = organized["options"]
    return [one for one in options["indexByName"] if not options["excludeByName"].get(one)]


def _lost(ours: Any, read: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Return the paths of what is in *ours* and not in *read*; defaults may come along."""
    if isinstance(ours, dict) and isinstance(read, dict):
        for name, one in ours.items():
            yield from _lost(one, read.get(name, "nothing"), f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(read, list) and len(ours) == len(read):
        for at, (one, other) in enumerate(zip(ours, read, strict=True)):
            yield from _lost(one, other, f"{path}[{at}]")
    elif ours != read:
        yield path


def _values_of(key: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        for name, one in value.items():
            if name == key and isinstance(one, str):
                yield one
            yield from _values_of(key, one)
    elif isinstance(value, list):
        for one in value:
            yield from _values_of(key, one)
