"""The queries of the dashboards against the catalogue, by reading them."""

import promql_parser as promql
import pytest

from tests.grafana.boards import BOARDS, QUERIES, Query
from tests.grafana.promql import CATALOGUE, labels_of, name_of, output, parse, selectors

OF_TARGETS = {
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_open_fds",
}
"""What Prometheus and prometheus_client add; none of it has labels of its own."""

all_queries = pytest.mark.parametrize("query", QUERIES, ids=str)


@all_queries
def test_every_name_and_label_is_in_the_catalogue(query: Query) -> None:
    """Nothing is asked for that the exporter does not serve."""
    for selector, _ in selectors(parse(query.expr)):
        if selector.name == "ALERTS":
            continue
        assert name_of(selector) in CATALOGUE.keys() | OF_TARGETS
        known = labels_of(name_of(selector))
        assert {matcher.name for matcher in selector.matchers.matchers} <= known


@all_queries
def test_every_selector_obeys_the_variables(query: Query) -> None:
    """What the reader chose is matched wherever the family has that label; alerts may lack it."""
    variables = {one["name"] for one in BOARDS[query.board]["templating"]["list"]}
    for selector, _ in selectors(parse(query.expr)):
        matched = {one.name: one.value for one in selector.matchers.matchers}
        if selector.name == "ALERTS":
            assert matched["provider"] == "$provider|"
            continue
        for name in labels_of(name_of(selector)) & variables:
            assert matched[name] == f"${name}"
        used = {value.removeprefix("$") for value in matched.values() if value.startswith("$")}
        assert used <= variables


@all_queries
def test_counters_are_asked_for_their_growth(query: Query) -> None:
    """A counter's value depends on when counting began; its growth over the range does not."""
    for selector, around in selectors(parse(query.expr)):
        family = CATALOGUE.get(name_of(selector))
        is_counter = name_of(selector).endswith("_total")
        assert family is None or (family.type == "counter") is is_counter
        calls = [one.func.name for one in around if isinstance(one, promql.Call)]
        assert bool({"increase", "rate"} & set(calls)) is is_counter
        if "rate" in calls:
            assert "[$__rate_interval]" in query.expr


@all_queries
def test_two_exporters_do_not_count_twice(query: Query) -> None:
    """Before anything is added up, the larger of the same series is taken."""
    for selector, around in selectors(parse(query.expr)):
        family = CATALOGUE.get(name_of(selector))
        if family is None or not family.per_account:
            continue
        inner = [one for one in around if isinstance(one, promql.AggregateExpr)][-1]
        assert str(inner.op) == "max"
        assert inner.modifier is not None
        assert set(inner.modifier.labels) == set(family.all_labels)


@all_queries
def test_every_legend_names_labels_that_are_returned(query: Query) -> None:
    """Grafana shows nothing for a label that is not there."""
    labels = output(parse(query.expr)) or set()
    assert query.legend_labels <= labels
    if not query.instant:
        assert query.legend
