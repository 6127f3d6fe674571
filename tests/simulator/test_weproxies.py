import pytest

from exporter.simulator import Lateness, WeProxiesAccount, World
from exporter.simulator.times import floor_month, floor_week, next_month
from exporter.simulator.usage import Usage
from tests.simulator.worlds import DAY, HOUR, NOW, Clock, ask, make_world

USAGE = "/api/v1/usage"
COUNTRIES = "/api/v1/usage/by-country"
HISTORY = "/api/v1/usage/history"
SUBSCRIPTIONS = "/api/v1/subscriptions"
TODAY = NOW // DAY * DAY


def truth(since: float, until: float = NOW) -> Usage:
    """Sum what the account used."""
    world = make_world()
    lines = world.account("weproxies", "scraping").lines
    return sum((line.usage(since, min(until, NOW)) for line in lines), Usage())


def test_summary_has_the_documented_shape() -> None:
    """The summary has the documented fields in the documented envelope."""
    answer = ask(make_world(), f"{USAGE}?period=month").json()
    assert answer["success"] is True
    rows = answer["data"]
    assert set(rows) == {"period", "total", "by_subscription", "by_country"}
    assert rows["period"] == {"start": "2026-11-01T00:00:00Z", "end": "2026-11-30T23:59:59Z"}
    assert set(rows["total"]) == {"bytes_used", "gb_used", "requests", "success_rate"}
    assert 95 < rows["total"]["success_rate"] < 99
    assert set(rows["by_country"][0]) == {"country", "requests", "bytes"}
    assert rows["by_subscription"][0]["product_name"] == "Residential 2TB"


@pytest.mark.parametrize(
    ("period", "since"),
    [
        ("today", TODAY),
        ("week", TODAY - 2 * DAY),
        ("month", TODAY - 17 * DAY),
        ("all", NOW - 90 * DAY),
    ],
)
def test_summary_sums_its_subscriptions(period: str, since: float) -> None:
    """Subscriptions sum to the total, and that is the truth of the calendar's period."""
    rows = ask(make_world(), f"{USAGE}?period={period}").json()["data"]
    total = rows["total"]["bytes_used"]
    assert truth(since).traffic_bytes == total
    assert total == sum(row["bytes_used"] for row in rows["by_subscription"])
    assert truth(since).requests == sum(row["requests"] for row in rows["by_subscription"])


def test_summary_lists_active_and_used_subscriptions() -> None:
    """Of all time, every subscription is listed; of today, those in use."""
    world = make_world()
    ids = {
        period: [
            row["subscription_id"]
            for row in ask(world, f"{USAGE}?period={period}").json()["data"]["by_subscription"]
        ]
        for period in ("all", "today")
    }
    assert ids == {
        "all": ["sub_a", "sub_b", "sub_c", "sub_d"],
        "today": ["sub_a", "sub_b", "sub_c"],
    }


def test_summary_cuts_its_countries() -> None:
    """The summary names the top three countries only."""
    rows = ask(make_world(), USAGE).json()["data"]
    assert len(rows["by_country"]) == 3
    assert rows["total"]["requests"] > sum(row["requests"] for row in rows["by_country"])


def test_summary_of_an_empty_account() -> None:
    """An account without subscriptions has zeros, and no success rate."""
    world = World((WeProxiesAccount("scraping", "p-key"),), clock=Clock())
    rows = ask(world, f"{USAGE}?period=all").json()["data"]
    assert rows["total"] == {"bytes_used": 0, "gb_used": 0.0, "requests": 0, "success_rate": None}
    assert rows["by_subscription"] == rows["by_country"] == []


def test_countries_are_complete_when_the_limit_allows() -> None:
    """With explicit dates and a high limit the countries sum to the truth of the span."""
    path = f"{COUNTRIES}?start_date=2026-11-01&end_date=2026-11-30&limit=300"
    rows = ask(make_world(), path).json()["data"]["countries"]
    month = truth(TODAY - 17 * DAY)
    assert month.countries == {row["country_code"]: row["requests"] for row in rows}
    assert month.country_bytes == {row["country_code"]: row["bytes"] for row in rows}
    assert sum(row["percentage"] for row in rows) == pytest.approx(100, abs=1)
    assert rows[0]["country_name"] == "United States"


def test_countries_default_to_ten_of_this_month() -> None:
    """Without parameters the ten largest countries of the month so far are named."""
    rows = ask(make_world(), COUNTRIES).json()["data"]["countries"]
    assert len(rows) == 10
    assert truth(TODAY - 17 * DAY).countries["US"] == rows[0]["requests"]


def test_countries_of_one_day() -> None:
    """A plain end date means the whole day, and a time of day what it says."""
    day, hour = (
        ask(make_world(), f"{COUNTRIES}?start_date=2026-11-17&end_date={end}").json()["data"]
        for end in ("2026-11-17", "2026-11-17T01:00:00Z")
    )
    assert truth(TODAY - DAY, TODAY).countries["US"] == day["countries"][0]["requests"]
    one_hour = truth(TODAY - DAY, TODAY - DAY + HOUR)
    assert one_hour.countries["US"] == hour["countries"][0]["requests"]


@pytest.mark.parametrize(
    ("granularity", "first", "points"),
    [("hourly", 10.5, 35 + 1), ("daily", 10.5, 2), ("weekly", 0, 3), ("monthly", 0, 2)],
)
def test_history_sums_to_the_truth(granularity: str, first: float, points: int) -> None:
    """Points of any granularity, cut at the calendar's edges, sum to the span."""
    since = TODAY - DAY if first else floor_week(NOW) - 18 * DAY
    start = "2026-11-17T00:00:00" if first else "2026-10-29"
    query = f"start_date={start}&granularity={granularity}"
    rows = ask(make_world(), f"{HISTORY}?{query}").json()["data"]
    assert rows["granularity"] == granularity
    assert truth(since).traffic_bytes == sum(point["bytes"] for point in rows["data_points"])
    assert len(rows["data_points"]) in (points, points + 1, points - 1)


def test_history_of_one_subscription() -> None:
    """A subscription can be asked for alone; empty days have no success rate."""
    rows = ask(make_world(), f"{HISTORY}?subscription_id=sub_b").json()["data"]["data_points"]
    world = make_world()
    assert len(rows) == 31
    assert rows[0]["success_rate"] is None
    used = world.truth("weproxies", "scraping", "sub_b", 0, NOW)
    assert used.requests == sum(row["requests"] for row in rows)


def test_history_of_an_unknown_subscription() -> None:
    """A subscription of nobody is 404."""
    assert ask(make_world(), f"{HISTORY}?subscription_id=sub_z").status_code == 404


def test_realtime() -> None:
    """The running minute is part of the last hour, and connections sum up; nothing is late."""
    world = make_world()
    world.lateness = Lateness(0.0, HOUR)
    rows = ask(world, "/api/v1/usage/realtime").json()["data"]
    assert rows["timestamp"] == "2026-11-18T10:26:40Z"
    assert truth(NOW - HOUR).traffic_bytes == rows["last_hour"]["bytes"]
    assert truth(NOW // 60 * 60).requests == rows["current_minute"]["requests"]
    connections = rows["active_connections"]
    assert connections["total"] == sum(connections["by_country"].values()) > 0
    assert rows["current_minute"]["active_sessions"] > 0
    assert rows["last_hour"]["avg_response_time_ms"] > 0


@pytest.mark.parametrize(
    "path",
    [
        f"{USAGE}?period=year",
        f"{COUNTRIES}?start_date=soon",
        f"{COUNTRIES}?start_date=2026-11-03&end_date=2026-11-01",
        f"{COUNTRIES}?limit=0",
        f"{COUNTRIES}?limit=all",
        f"{HISTORY}?granularity=minutely",
        f"{SUBSCRIPTIONS}?status=paused",
        f"{SUBSCRIPTIONS}?product_type=mobile",
        f"{SUBSCRIPTIONS}?page=0",
    ],
)
def test_wrong_parameter(path: str) -> None:
    """A parameter that cannot be is 400, in the provider's envelope."""
    answer = ask(make_world(), path)
    assert answer.status_code == 400
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["sub_a", "sub_b"]),
        ("?status=active", ["sub_a", "sub_b"]),
        ("?status=suspended", ["sub_c"]),
        ("?status=expired", ["sub_d"]),
        ("?product_type=datacenter", ["sub_b"]),
    ],
)
def test_subscriptions_are_filtered(query: str, ids: list[str]) -> None:
    """Subscriptions are listed by status and type, active ones unless told otherwise."""
    answer = ask(make_world(), f"{SUBSCRIPTIONS}{query}").json()
    assert ids == [row["id"] for row in answer["data"]]
    assert answer["pagination"]["total"] == len(ids)


def test_subscription_row() -> None:
    """A subscription shows its quota in GB of 2**30, its times and a masked password."""
    row, unlimited = ask(make_world(), SUBSCRIPTIONS).json()["data"]
    used = make_world().truth("weproxies", "scraping", "sub_a", 0, NOW).traffic_bytes
    assert row["traffic_used_gb"] == pytest.approx(used / 2**30, abs=1e-6)
    assert row["traffic_remaining_gb"] == pytest.approx(2048 - used / 2**30, abs=1e-5)
    assert row["expires_at"] == "2026-11-28T10:26:40Z"
    assert row["credentials"] == {"username": "user_sub_a", "password": "********"}
    assert (unlimited["traffic_limit_gb"], unlimited["traffic_remaining_gb"]) == (0.0, None)
    assert unlimited["expires_at"] is None


def test_subscription_that_is_used_up() -> None:
    """Nothing negative remains of a quota that was exceeded."""
    (row,) = ask(make_world(), f"{SUBSCRIPTIONS}?status=suspended").json()["data"]
    assert row["traffic_remaining_gb"] == 0.0


def test_subscriptions_are_paged() -> None:
    """Pages are counted, cut at 100 rows, and empty past the end."""
    answer = ask(make_world(), f"{SUBSCRIPTIONS}?per_page=1&page=2").json()
    assert [row["id"] for row in answer["data"]] == ["sub_b"]
    assert answer["pagination"] == {"page": 2, "per_page": 1, "total": 2, "total_pages": 2}
    large = ask(make_world(), f"{SUBSCRIPTIONS}?per_page=500&page=3").json()
    assert (large["pagination"]["per_page"], large["data"]) == (100, [])


def test_months_of_any_length() -> None:
    """Months begin on their first and end where the next begins, in any year."""
    assert floor_month(NOW) == TODAY - 17 * DAY
    assert next_month(NOW) == TODAY + 13 * DAY
    february = 1_898_899_200 - 28 * DAY + 5
    assert next_month(february) - floor_month(february) == 28 * DAY
