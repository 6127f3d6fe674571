import pytest

from exporter.simulator import World
from tests.simulator.worlds import DAY, HOUR, NOW, Clock, ask, evomi, make_world

USAGE = "/public/usage"
TODAY = NOW // DAY * DAY


def used_mb(product: str, since: float) -> float:
    """Tell what was used, in MB."""
    return make_world().truth("evomi", "team", product, since, NOW).traffic_bytes / 1e6


def test_usage_has_the_documented_shape() -> None:
    """Usage has the documented fields; Core Residential splits its buckets in three."""
    answer = ask(make_world(), f"{USAGE}?product=rpc").json()
    assert answer["success"] is True
    (product,) = answer["data"]["bandwidth"]["products"]
    assert answer["data"]["requests"] == {}
    assert set(product) == {"name", "code", "totalBandwidth", "stats"}
    assert list(product["stats"]) == ["2026-11-16 00:00", "2026-11-17 00:00", "2026-11-18 00:00"]
    assert answer["meta"] == {
        "period": "3d",
        "product": "rpc",
        "duration": "3d",
        "granularity": "day",
        "ownership_scope": "team",
        "auth_type": "team",
        "proxy_username": "team_rpc_user",
        "bandwidth_unit": "MB",
        "total_bandwidth_mb": product["totalBandwidth"],
        "total_bandwidth_gb": pytest.approx(product["totalBandwidth"] / 1000),
        "total_bandwidth_tb": pytest.approx(product["totalBandwidth"] / 1e6),
    }


def test_usage_splits_core_residential() -> None:
    """Default and extra sum to the total of each bucket."""
    answer = ask(make_world(), f"{USAGE}?product=rpc&period=7d").json()
    for bucket in answer["data"]["bandwidth"]["products"][0]["stats"].values():
        assert bucket["default"] + bucket["extra"] == pytest.approx(bucket["total"])
        assert 0 < bucket["extra"] < bucket["default"]


@pytest.mark.parametrize(
    ("period", "since", "count"),
    [
        ("24h", NOW // HOUR * HOUR - 23 * HOUR, 24),
        ("3d", TODAY - 2 * DAY, 3),
        ("7d", TODAY - 6 * DAY, 7),
    ],
)
def test_usage_buckets_sum_to_the_truth(period: str, since: float, count: int) -> None:
    """Buckets, and the stated total, are the truth in MB of 10**6 to the last digit given."""
    answer = ask(make_world(), f"{USAGE}?product=rpc&period={period}").json()
    stats = answer["data"]["bandwidth"]["products"][0]["stats"]
    assert len(stats) == count
    assert sum(bucket["total"] for bucket in stats.values()) == pytest.approx(
        used_mb("rpc", since), abs=0.005 * count
    )
    assert answer["meta"]["total_bandwidth_mb"] == pytest.approx(used_mb("rpc", since), abs=0.005)


def test_usage_of_a_young_product() -> None:
    """Other products have bare numbers, and none for days before they were bought."""
    answer = ask(make_world(), f"{USAGE}?product=sdc&period=7d").json()
    (product,) = answer["data"]["bandwidth"]["products"]
    assert product["code"] == answer["meta"]["product"] == "sdc"
    assert len(product["stats"]) == 3
    assert all(isinstance(bucket, float) for bucket in product["stats"].values())


def test_usage_may_cut_the_oldest_bucket() -> None:
    """With ``cut_oldest`` the window is so many days to the second, with a bucket more."""
    world = World((evomi(cut_oldest=True),), clock=Clock())
    answer = ask(world, f"{USAGE}?product=rpc&period=7d").json()
    assert len(answer["data"]["bandwidth"]["products"][0]["stats"]) == 8
    assert answer["meta"]["total_bandwidth_mb"] == pytest.approx(
        used_mb("rpc", NOW - 7 * DAY), abs=0.005
    )


@pytest.mark.parametrize(
    "query",
    ["", "?product=dcp", "?product=mp", "?product=static_residential", "?product=rpc&period=30d"],
    ids=["none", "the other code", "not held", "static", "period"],
)
def test_usage_refuses(query: str) -> None:
    """A product that cannot be asked for, or a period, is 400."""
    answer = ask(make_world(), f"{USAGE}{query}")
    assert answer.status_code == 400
    assert answer.json()["success"] is False


def test_public_lists_products_and_secrets() -> None:
    """The account lists what it holds, by the other codes, with secrets in plain text."""
    products = ask(make_world(), "/public").json()["products"]
    assert list(products) == ["rpc", "dcp", "rp", "static_residential"]
    assert set(products["dcp"]) == {"balance_mb", "username", "password", "endpoint", "ports"}
    (package,) = products["static_residential"]["packages"]
    assert package["expiryDate"] == "2026-11-27T10:26:40Z"
    assert [address["ipInfo"]["country"] for address in package["ips"]] == ["US", "US", "GB"]


def test_public_of_an_account_without_packages() -> None:
    """What is not held is not listed."""
    account = evomi()
    world = World((type(account)("team", "e-key"),), clock=Clock())
    assert ask(world, "/public").json() == {"products": {}}


def test_balance_falls_with_use_and_rises_with_a_purchase() -> None:
    """A balance is what was bought less what was used, and never below 0."""
    clock = Clock()
    world = make_world(clock)
    before = ask(world, "/public").json()["products"]
    assert before["rpc"]["balance_mb"] == pytest.approx(2e6 - used_mb("rpc", 0), abs=0.01)
    assert before["rp"]["balance_mb"] == 0.0
    clock.now += HOUR
    assert (
        ask(world, "/public").json()["products"]["rpc"]["balance_mb"] < before["rpc"]["balance_mb"]
    )
    clock.now += DAY
    after = ask(world, "/public").json()["products"]["dcp"]["balance_mb"]
    used = world.truth("evomi", "team", "sdc", 0, clock.now).traffic_bytes / 1e6
    assert after == pytest.approx(150_000 - used, abs=0.01)


def test_key_may_be_in_the_query() -> None:
    """The key is taken from the query, too."""
    assert ask(make_world(), "/public?apikey=e-key", headers={}).status_code == 200


def test_user_agent_is_wanted() -> None:
    """A request without a User-Agent is 403."""
    answer = ask(make_world(), "/public", headers={"x-apikey": "e-key", "user-agent": ""})
    assert answer.status_code == 403
