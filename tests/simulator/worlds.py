"""Small worlds for tests, at a moment that never moves by itself."""

import asyncio
from dataclasses import dataclass
from functools import cache

import httpx

from exporter.simulator import (
    EvomiAccount,
    Line,
    Notification,
    Plan,
    Product,
    Purchase,
    StaticPackage,
    Subscription,
    WebshareAccount,
    WeProxiesAccount,
    World,
    create_app,
)

HOUR = 3600
DAY = 24 * HOUR
# 2026-11-18T10:26:40.25Z, a Wednesday.
NOW = 1_794_997_600.25

KEYS = {
    "webshare": {"authorization": "Token w-key"},
    "weproxies": {"authorization": "Bearer p-key"},
    "evomi": {"x-apikey": "e-key"},
}


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = NOW

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def webshare(**changes: object) -> WebshareAccount:
    """Make an account: a plan, an unlimited one, a cancelled one and one yet to be bought."""
    fields = {
        "anchor": NOW - 100 * DAY + 0.095501,
        "plans": _plans(),
        "notifications": (
            Notification(1, "projected_proxy_usage_over_80", NOW - DAY, context={"plan": 12}),
            Notification(2, "reminder_to_use_proxy", NOW - 9 * DAY, NOW - 8 * DAY),
            Notification(3, "reminder_to_use_proxy", NOW + DAY),
        ),
    }
    return WebshareAccount("main", "w-key", **(fields | changes))  # type: ignore[arg-type]  # a test's shorthand


# Lines remember what they computed, so worlds share them.
@cache
def _plans() -> tuple[Plan, ...]:
    return (
        Plan(Line("11", NOW - 100 * DAY, NOW - 20 * DAY)),
        Plan(Line("12", NOW - 20 * DAY, idle=20), 1024.0, "shared", "residential"),
        Plan(Line("13", NOW - 5 * DAY), unallocated={"US": 2, "FR": 1}),
        Plan(Line("14", NOW + DAY)),
    )


@cache
def weproxies() -> WeProxiesAccount:
    """Make an account: two active subscriptions, a suspended, an expired and a later one."""
    odd = (("US", 60), ("xk", 30), ("", 10))
    return WeProxiesAccount(
        "scraping",
        "p-key",
        (
            Subscription(Line("sub_a", NOW - 50 * DAY, NOW + 10 * DAY), 2048.0, "Residential 2TB"),
            Subscription(Line("sub_b", NOW - 3 * DAY, countries=odd), 0.0, "Pay", "datacenter"),
            Subscription(Line("sub_c", NOW - 9 * DAY), 1.0, "Paused", suspended=True),
            Subscription(Line("sub_d", NOW - 90 * DAY, NOW - 60 * DAY), 900.0, "Old"),
            Subscription(Line("sub_e", NOW + DAY), 900.0, "Later"),
        ),
    )


@cache
def evomi(*, cut_oldest: bool = False) -> EvomiAccount:
    """Make an account with Core Residential, shared datacenter and static addresses."""
    start = NOW - 30 * DAY
    return EvomiAccount(
        "team",
        "e-key",
        (
            Product(Line("rpc", start, extra=30), (Purchase(start, 2_000_000),)),
            Product(
                Line("sdc", NOW - 2 * DAY), (Purchase(start, 100_000), Purchase(NOW + DAY, 50_000))
            ),
            Product(Line("mp", NOW + DAY), ()),
            Product(Line("rp", start), (Purchase(start, 1),)),
        ),
        (StaticPackage(NOW + 9 * DAY, {"US": 2, "GB": 1}),),
        scope="team",
        cut_oldest=cut_oldest,
    )


def make_world(clock: Clock | None = None) -> World:
    """Make a world with one account of each provider."""
    return World((webshare(), weproxies(), evomi()), clock=clock or Clock())


def ask(
    world: World,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    method: str = "GET",
    content: bytes | None = None,
) -> httpx.Response:
    """Ask the app, without a socket, with the key of the path's provider unless *headers* do."""
    provider = {"/api/v1": "weproxies", "/public": "evomi"}.get(path[:7], "webshare")

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(world))
        async with httpx.AsyncClient(transport=transport, base_url="http://sim") as client:
            given = KEYS[provider] if headers is None else headers
            return await client.request(method, path, headers=given, content=content)

    return asyncio.run(request())
