from datetime import datetime
from urllib.parse import urlencode

import pytest

from exporter.simulator import Line, Plan, WebshareAccount, World
from exporter.simulator.times import offset_timestamp
from tests.simulator.worlds import DAY, HOUR, KEYS, NOW, Clock, ask, make_world, webshare

AGGREGATE = "/api/v2/stats/aggregate/"
HOURLY = "/api/v2/stats/"
SUBSCRIPTION = "/api/v2/subscription/"
STATUS = "/api/v3/proxy/list/status"
TERM_START = NOW - 10 * DAY + 0.095501
FIELDS = {
    "bandwidth_total", "bandwidth_average", "requests_total", "requests_successful",
    "requests_failed", "error_reasons", "countries_used", "number_of_proxies_used",
    "protocols_used", "average_concurrency", "average_rps", "last_request_sent_at",
}  # fmt: skip


def at(moment: float) -> str:
    """Write a time as the API does."""
    return offset_timestamp(moment, -7)


def url(path: str, **params: object) -> str:
    """Make a path with a query."""
    return f"{path}?{urlencode(params)}"


def span(path: str, since: float, until: float, plan: int = 12) -> str:
    """Ask for a span of a plan."""
    return url(path, timestamp__gte=at(since), timestamp__lte=at(until), plan_id=plan)


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


def test_subscription() -> None:
    """The subscription names the default plan and its term of 30 days."""
    answer = ask(make_world(), SUBSCRIPTION).json()
    assert answer["plan"] == 12
    assert answer["start_date"] == at(TERM_START)
    assert answer["end_date"] == at(TERM_START + 30 * DAY)
    assert answer["will_renew"] is True
    assert answer["payment_method"] is not None
    assert answer["reactivation_date"] is None


def test_subscription_renews_by_itself() -> None:
    """The term changes at the anchor, to the microsecond."""
    end = TERM_START + 30 * DAY
    before = ask(make_world(Clock(end - 0.001)), SUBSCRIPTION).json()
    after = ask(make_world(Clock(end + 0.001)), SUBSCRIPTION).json()
    assert before["end_date"] == after["start_date"] == at(end)


def test_subscription_lapses_after_its_renewals() -> None:
    """A subscription that does not renew keeps its last term."""
    world = World((webshare(renewals=2),), clock=Clock())
    answer = ask(world, SUBSCRIPTION).json()
    assert answer["end_date"] == at(NOW - 10 * DAY + 0.095501)
    assert answer["will_renew"] is False


def test_account_without_plans() -> None:
    """An account that bought nothing has no default plan."""
    world = World((webshare(plans=()),), clock=Clock())
    assert ask(world, SUBSCRIPTION).json()["plan"] is None
    assert ask(world, AGGREGATE).status_code == 404


def test_default_plan_of_a_lapsed_account() -> None:
    """Without an active plan the last one is meant."""
    account = webshare(plans=(Plan(Line("1", 0.0, 1.0)), Plan(Line("2", 0.0, 1.0))))
    assert ask(World((account,), clock=Clock()), SUBSCRIPTION).json()["plan"] == 2


def test_plans() -> None:
    """Every plan bought is listed, cancelled ones too, with limits and allowances."""
    answer = ask(make_world(), f"{SUBSCRIPTION}plan/").json()
    cancelled, pool, isp = answer["results"]
    assert [row["status"] for row in answer["results"]] == ["cancelled", "active", "active"]
    assert (pool["bandwidth_limit"], isp["bandwidth_limit"]) == (1024.0, 0.0)
    assert isp["proxy_countries"] == {"US": 62, "GB": 40, "FR": 1}
    assert isp["proxy_count"] == 103
    assert pool["on_demand_refreshes_available"] == 9
    assert cancelled == ask(make_world(), f"{SUBSCRIPTION}plan/11/").json()


def test_plan_changes_in_time() -> None:
    """A plan appears when it is bought and turns cancelled when it ends."""
    clock = Clock(NOW - 30 * DAY)
    world = make_world(clock)
    assert [row["id"] for row in ask(world, f"{SUBSCRIPTION}plan/").json()["results"]] == [11]
    assert ask(world, SUBSCRIPTION).json()["plan"] == 11
    clock.now = NOW + 2 * DAY
    assert ask(world, f"{SUBSCRIPTION}plan/").json()["count"] == 4


def test_pages_link_to_each_other() -> None:
    """Pages carry the count and absolute links both ways; following them lists all rows."""
    world, ids = make_world(), []
    link = f"{SUBSCRIPTION}plan/?page_size=1"
    while link:
        answer = ask(world, link, headers=KEYS["webshare"]).json()
        ids += [row["id"] for row in answer["results"]]
        link = answer["next"]
    assert ids == [11, 12, 13]
    assert answer["count"] == 3
    assert answer["previous"] == "http://sim/api/v2/subscription/plan/?page_size=1&page=2"


@pytest.mark.parametrize("query", ["page=4&page_size=1", "page=0", "page=x", "page_size=0"])
def test_page_that_is_not_there(query: str) -> None:
    """A page out of range, or none at all, is 404."""
    assert ask(make_world(), f"{SUBSCRIPTION}plan/?{query}").json() == {"detail": "Invalid page."}


def test_proxy_status() -> None:
    """The list's status has countries, the unallocated ones and secrets."""
    answer = ask(make_world(), f"{STATUS}?plan_id=13").json()
    assert answer["countries"] == {"US": 60, "GB": 40}
    assert answer["unallocated_countries"] == {"US": 2, "FR": 1}
    assert "password" in answer["password"]
    assert {"state", "username", "is_proxy_used"} < set(answer)


def test_proxy_status_wants_a_plan() -> None:
    """Version 3 does not guess the plan."""
    answer = ask(make_world(), STATUS)
    assert (400, {"plan_id"}) == (answer.status_code, set(answer.json()))


def test_notifications() -> None:
    """Notices so far are listed, open and dismissed, with their context where there is one."""
    answer = ask(make_world(), "/api/v2/notification/").json()
    first, second = answer["results"]
    assert (None, at(NOW - 8 * DAY)) == (first["dismissed_at"], second["dismissed_at"])
    assert first["context"] == {"plan": 12}
    assert "context" not in second


def test_notification_is_open_until_dismissed() -> None:
    """A notice that will be dismissed is still open."""
    world = make_world(Clock(NOW - 8.5 * DAY))
    (note,) = ask(world, "/api/v2/notification/").json()["results"]
    assert note["dismissed_at"] is None


def test_limits() -> None:
    """The state of the proxies is told."""
    world = World((webshare(proxy_state="limited"),), clock=Clock())
    assert ask(world, "/api/v2/verification/limits/").json() == {"proxy_state": "limited"}


def test_timestamps_carry_the_offset() -> None:
    """Timestamps are in the profile's zone, with microseconds."""
    account = WebshareAccount("main", "w-key", anchor=NOW, utc_offset_hours=5)
    answer = ask(World((account,), clock=Clock()), SUBSCRIPTION).json()
    assert answer["start_date"] == "2026-11-18T15:26:40.250000+05:00"
    assert datetime.fromisoformat(answer["start_date"]).timestamp() == NOW
