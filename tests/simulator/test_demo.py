import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest

from exporter.simulator import WebshareAccount, World, demo_world
from exporter.simulator.times import read_time
from tests.simulator.worlds import DAY, HOUR, NOW, Clock, ask


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


@pytest.mark.parametrize("days", range(0, 360, 13))
def test_demo_moves_within_seconds(world: World, days: int) -> None:
    """Every account moves some requests and a lot of bytes within five seconds, on any day."""
    at = NOW + days * DAY + days * HOUR
    for account in world.accounts:
        usages = [line.usage(at, at + 5) for line in account.lines]
        assert sum(usage.requests for usage in usages) >= 3
        assert sum(usage.traffic_bytes for usage in usages) >= 100_000


def test_demo_webshare_main(world: World) -> None:
    """The main account has cancelled plans, a limited and an unlimited one."""
    headers = {"authorization": "Token demo-webshare-main"}
    rows = ask(world, "/api/v2/subscription/plan/", headers=headers).json()["results"]
    assert {(row["status"], row["bandwidth_limit"]) for row in rows} == {
        ("cancelled", 900),
        ("active", 900),
        ("cancelled", 0),
        ("active", 0),
    }
    assert [row["status"] for row in rows].count("active") == 2


def test_demo_webshare_backup(world: World) -> None:
    """The backup account uses up 90 to 100 % in a term, pays by the year and has open notices."""
    account = world.account("webshare", "backup")
    assert isinstance(account, WebshareAccount)
    start, end = account.term_at(NOW)
    (plan,) = (plan for plan in account.plans if plan.line.is_running(NOW))
    assert 0.9 < plan.line.usage(start, end).traffic_bytes / 2**30 / plan.limit_gb < 1
    headers = {"authorization": "Token demo-webshare-backup"}
    subscription = ask(world, "/api/v2/subscription/", headers=headers).json()
    notices = ask(world, "/api/v2/notification/", headers=headers).json()["results"]
    assert (subscription["term"], subscription["renewals_paid"]) == ("yearly", 7)
    open_notices = [notice["type"] for notice in notices if notice["dismissed_at"] is None]
    assert open_notices == ["projected_proxy_usage_over_80", "subscription_cc_will_expire_soon"]
    assert len(notices) > len(open_notices)


@pytest.mark.parametrize("days", range(0, 360, 13))
def test_demo_weproxies(days: int) -> None:
    """On any day a subscription ends within a week, and another's quota is nearly used up."""
    at = NOW + days * DAY
    world = demo_world(at, clock=Clock(at))
    token = world.account("weproxies", "scraping").key
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert 180 * DAY <= claims["exp"] - at <= 360 * DAY
    rows = active(world, token)
    assert len(rows) == 2
    assert min(read_time(row["expires_at"]) for row in rows) - at <= 7 * DAY
    (old, new) = active(world, "demo-weproxies-research")
    assert 0.95 < old["traffic_used_gb"] / old["traffic_limit_gb"] < 1
    assert 0 <= new["traffic_used_gb"] < new["traffic_limit_gb"]


def active(world: World, token: str) -> list[dict[str, Any]]:
    """Return the active subscriptions of an account at WeProxies."""
    headers = {"authorization": f"Bearer {token}"}
    found: list[dict[str, Any]] = ask(world, "/api/v1/subscriptions", headers=headers).json()[
        "data"
    ]
    return found


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
