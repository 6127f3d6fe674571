import json
from base64 import urlsafe_b64decode

import pytest

from exporter.simulator import World, demo_world
from tests.simulator.worlds import DAY, NOW, Clock, ask


@pytest.fixture(name="world", scope="module")
def _world() -> World:
    return demo_world(NOW, clock=Clock())


def test_demo_has_two_accounts_of_each_provider(world: World) -> None:
    """The demo has two accounts of each provider, with keys of their own that are made up."""
    names = [f"{account.provider}/{account.name}" for account in world.accounts]
    assert names == [
        "webshare/main",
        "webshare/backup",
        "weproxies/scraping",
        "weproxies/research",
        "evomi/team",
        "evomi/personal",
    ]
    assert len({account.key for account in world.accounts}) == 6


def test_demo_moves_within_seconds(world: World) -> None:
    """Every account moves some requests and megabytes within five seconds."""
    for account in world.accounts:
        usages = [line.usage(NOW, NOW + 5) for line in account.lines]
        assert sum(usage.requests for usage in usages) >= 10
        assert sum(usage.traffic_bytes for usage in usages) >= 1_000_000


def test_demo_webshare_main(world: World) -> None:
    """The main account has a cancelled plan, a limited and an unlimited one."""
    headers = {"authorization": "Token demo-webshare-main"}
    rows = ask(world, "/api/v2/subscription/plan/", headers=headers).json()["results"]
    assert [(row["status"], row["bandwidth_limit"]) for row in rows] == [
        ("cancelled", 500),
        ("active", 1024),
        ("active", 0),
    ]


def test_demo_webshare_backup(world: World) -> None:
    """The backup account used 88 % of its limit, pays by the year and has open notices."""
    headers = {"authorization": "Token demo-webshare-backup"}
    used = ask(world, "/api/v2/stats/aggregate/", headers=headers).json()["bandwidth_total"]
    (plan,) = ask(world, "/api/v2/subscription/plan/", headers=headers).json()["results"]
    subscription = ask(world, "/api/v2/subscription/", headers=headers).json()
    notices = ask(world, "/api/v2/notification/", headers=headers).json()["results"]
    assert used / plan["bandwidth_limit"] / 2**30 == pytest.approx(0.88, abs=0.01)
    assert (subscription["term"], subscription["renewals_paid"]) == ("yearly", 7)
    assert [notice["dismissed_at"] is None for notice in notices] == [True, True, False]


def test_demo_weproxies(world: World) -> None:
    """One token is a JWT of 300 days; the other account's quota is nearly used up."""
    token = world.account("weproxies", "scraping").key
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["exp"] == int(NOW + 300 * DAY)
    headers = {"authorization": f"Bearer {token}"}
    for status, count in (("active", 2), ("expired", 1)):
        answer = ask(world, f"/api/v1/subscriptions?status={status}", headers=headers).json()
        assert len(answer["data"]) == count
    headers = {"authorization": "Bearer demo-weproxies-research"}
    (row,) = ask(world, "/api/v1/subscriptions", headers=headers).json()["data"]
    assert 0 < row["traffic_remaining_gb"] < 0.05 * row["traffic_limit_gb"]


def test_demo_evomi(world: World) -> None:
    """The team holds three products and static addresses, the person one; all have traffic left."""
    team, personal = (
        ask(world, "/public", headers={"x-apikey": f"demo-evomi-{name}"}).json()["products"]
        for name in ("team", "personal")
    )
    assert list(team) == ["rpc", "mp", "dcp", "static_residential"]
    assert list(personal) == ["rp"]
    assert all(team[code]["balance_mb"] > 100_000 for code in ("rpc", "mp", "dcp"))
    assert 1000 < personal["rp"]["balance_mb"] < 50_000


def test_demo_is_not_throttled(world: World) -> None:
    """Polling every few seconds is what the demo does, so it has no limits."""
    assert world.rate_limits == ()
