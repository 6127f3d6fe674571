import pytest

from exporter.simulator import Line, Plan, World
from tests.simulator.webshare_requests import (
    AGGREGATE,
    HOURLY,
    SUBSCRIPTION,
    TERM_START,
    at,
    span,
    url,
)
from tests.simulator.worlds import DAY, HOUR, NOW, Clock, ask, make_world, webshare

FIELDS = {
    "bandwidth_total", "bandwidth_average", "requests_total", "requests_successful",
    "requests_failed", "error_reasons", "countries_used", "number_of_proxies_used",
    "protocols_used", "average_concurrency", "average_rps", "last_request_sent_at",
}  # fmt: skip


def test_aggregate_has_the_documented_shape() -> None:
    """The aggregate has the documented fields, with their types."""
    answer = ask(make_world(), url(AGGREGATE, plan_id=13)).json()
    assert FIELDS | {"bandwidth_projected"} == set(answer)
    assert set(answer["error_reasons"][0]) == {
        "reason",
        "type",
        "how_to_fix",
        "http_status",
        "count",
    }
    assert None in {error["http_status"] for error in answer["error_reasons"]}
    assert isinstance(answer["average_rps"], float)
    assert answer["last_request_sent_at"] == "2026-11-18T03:26:40.250000-07:00"


def test_aggregate_sums_the_hours() -> None:
    """Listed hours sum to the aggregate, and both to the truth, also in errors and countries."""
    world = make_world()
    since = TERM_START
    hours = ask(world, span(HOURLY, since, NOW)).json()
    total = ask(world, span(AGGREGATE, since, NOW)).json()
    first_hour = (since // HOUR + 1) * HOUR
    truth = world.truth("webshare", "main", "12", first_hour, NOW)
    assert (
        truth.traffic_bytes == total["bandwidth_total"] == sum(h["bandwidth_total"] for h in hours)
    )
    assert truth.requests == total["requests_total"] == sum(h["requests_total"] for h in hours)
    assert truth.failures == total["requests_failed"] == sum(h["requests_failed"] for h in hours)
    assert truth.countries == total["countries_used"]
    assert truth.countries["US"] == sum(hour["countries_used"].get("US", 0) for hour in hours)
    assert truth.protocols == total["protocols_used"]
    assert total["requests_total"] == total["requests_successful"] + total["requests_failed"]


def test_hourly_lists_hours_with_traffic_only() -> None:
    """The list is a bare array of whole hours, without the idle ones."""
    hours = ask(make_world(), span(HOURLY, TERM_START, NOW)).json()
    assert isinstance(hours, list)
    assert 120 < len(hours) < 240
    assert FIELDS | {"timestamp", "is_projected"} == set(hours[0])
    assert all(hour["timestamp"].endswith(":00:00.000000-07:00") for hour in hours)
    assert not any(hour["is_projected"] for hour in hours)


def test_hourly_bounds() -> None:
    """An hour counts when gte < its start <= lte: after is strict, until is not."""
    hour = 498_600 * HOUR
    hours = ask(make_world(), span(HOURLY, hour, hour + 2 * HOUR, plan=13)).json()
    assert [at(hour + HOUR), at(hour + 2 * HOUR)] == [row["timestamp"] for row in hours]
    hours = ask(make_world(), span(HOURLY, hour - 1, hour + HOUR - 1, plan=13)).json()
    assert [at(hour)] == [row["timestamp"] for row in hours]


def test_projection_fills_the_future() -> None:
    """Without bounds the term is meant, and hours after now are projected in a straight line."""
    hours = ask(make_world(), url(HOURLY, plan_id=13)).json()
    total = ask(make_world(), url(AGGREGATE, plan_id=13)).json()
    projected = [hour for hour in hours if hour["is_projected"]]
    mean_bytes = make_world().truth("webshare", "main", "13", 0, NOW).traffic_bytes / (5 * 24)
    assert len(projected) == 20 * 24
    assert {int(mean_bytes)} == {hour["bandwidth_total"] for hour in projected}
    assert total["bandwidth_projected"] == sum(hour["bandwidth_total"] for hour in hours)
    assert total["bandwidth_total"] == sum(
        hour["bandwidth_total"] for hour in hours if not hour["is_projected"]
    )


def test_projected_hours_hold_no_details() -> None:
    """What nobody requested yet has no errors, countries, protocols, proxies or averages."""
    last = ask(make_world(), HOURLY).json()[-1]
    assert last["is_projected"]
    assert last["error_reasons"] == []
    assert last["countries_used"] == last["protocols_used"] == {}
    assert last["number_of_proxies_used"] == 0
    nulls = ("average_concurrency", "average_rps", "last_request_sent_at")
    assert [last[name] for name in nulls] == [None] * 3


def test_no_projection_up_to_now() -> None:
    """Up to now, what is projected is what was used."""
    total = ask(make_world(), span(AGGREGATE, TERM_START, NOW)).json()
    assert total["bandwidth_projected"] == total["bandwidth_total"] > 0


def test_cancelled_plan_still_has_statistics() -> None:
    """A cancelled plan can be asked for, has its old hours and is not projected."""
    hours = ask(make_world(), span(HOURLY, NOW - 25 * DAY, NOW + DAY, plan=11)).json()
    assert len(hours) == 5 * 24
    empty = ask(make_world(), url(AGGREGATE, plan_id=11)).json()
    assert (
        empty["bandwidth_projected"] == empty["requests_total"] == empty["bandwidth_average"] == 0
    )
    assert empty["last_request_sent_at"] is None


def test_plan_bought_within_the_hour() -> None:
    """A plan that has just begun projects nothing yet."""
    account = webshare(plans=(Plan(Line("21", NOW)),))
    total = ask(World((account,), clock=Clock()), AGGREGATE).json()
    assert total["bandwidth_projected"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"timestamp__lte": at(TERM_START + 30 * DAY + 1)}, "timestamp__lte"),
        ({"timestamp__gte": at(NOW - 90 * DAY - 1)}, "timestamp__gte"),
        ({"timestamp__gte": at(NOW), "timestamp__lte": at(NOW)}, "timestamp__gte"),
        ({"timestamp__gte": "yesterday"}, "timestamp__gte"),
    ],
    ids=["after the term", "older than 90 days", "empty", "no time"],
)
@pytest.mark.parametrize("path", [AGGREGATE, HOURLY])
def test_span_that_is_not_allowed(path: str, query: dict[str, str], field: str) -> None:
    """A span that the documentation forbids is 400, with the name of the field."""
    answer = ask(make_world(), url(path, **query))
    assert (400, [field]) == (answer.status_code, list(answer.json()))


@pytest.mark.parametrize(
    "query",
    [
        {"timestamp__lte": at(TERM_START + 30 * DAY)},
        {"timestamp__gte": at(NOW - 90 * DAY)},
        {"timestamp__gte": "2026-11-17T10:59:59Z"},
        {"timestamp__gte": "2026-11-17T10:59:59"},
    ],
    ids=["to the end of the term", "90 days", "Z", "naive"],
)
def test_span_that_is_allowed(query: dict[str, str]) -> None:
    """The very edges are allowed, and so are other ways to write a time."""
    assert ask(make_world(), url(AGGREGATE, **query)).status_code == 200


@pytest.mark.parametrize("plan", [14, 99, "x"], ids=["not bought yet", "unknown", "no number"])
def test_unknown_plan(plan: object) -> None:
    """A plan that the account does not have is 404."""
    assert ask(make_world(), url(AGGREGATE, plan_id=plan)).status_code == 404
    assert ask(make_world(), f"{SUBSCRIPTION}plan/{plan}/").status_code == 404
