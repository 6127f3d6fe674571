"""The demo: two accounts of each provider, with something of everything to see."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace

from exporter.simulator.account import (
    EvomiAccount,
    Notification,
    Plan,
    Product,
    Purchase,
    StaticPackage,
    Subscription,
    WebshareAccount,
    WeProxiesAccount,
)
from exporter.simulator.traffic import DAY, Line
from exporter.simulator.weproxies_usage import GB
from exporter.simulator.world import World

_MB = 10**6
# More history than any provider shows: 90 days.
_HISTORY_SECONDS = 120 * DAY
_EUROPE = (("DE", 30), ("FR", 20), ("GB", 18), ("NL", 11), ("ES", 9), ("IT", 7), ("PL", 5))
_WORLD = (("US", 31), ("BR", 17), ("IN", 16), ("MX", 11), ("JP", 10), ("AU", 8), ("CA", 7))


def demo_world(now: float, *, clock: Callable[[], float] = time.time) -> World:
    """Make the world of ``demo`` and ``simulate``, as it is at *now*; without rate limits."""
    accounts = (
        _webshare_main(now),
        _webshare_backup(now),
        _weproxies_scraping(now),
        _weproxies_research(now),
        _evomi_team(now),
        _evomi_personal(now),
    )
    return World(accounts, clock=clock, rate_limits=())


def _webshare_main(now: float) -> WebshareAccount:
    old = Line("1200871", now - _HISTORY_SECONDS, end=now - 45 * DAY, bytes_per_hour=700 * _MB)
    pool = Line("1241990", now - 45 * DAY, bytes_per_hour=1250 * _MB)
    isp = Line(
        "1241993",
        now - 40 * DAY,
        bytes_per_hour=2600 * _MB,
        bytes_per_request=110_000,
        countries=_EUROPE,
        failures=22,
    )
    countries = {"US": 400, "GB": 200, "DE": 150, "FR": 100, "NL": 50}
    return WebshareAccount(
        "main",
        "demo-webshare-main",
        anchor=now - _HISTORY_SECONDS - 12 * DAY,
        plans=(
            Plan(old, 500, monthly_price=19.0),
            Plan(pool, 1024, "shared", "residential", countries, {"FR": 12}, monthly_price=119.0),
            Plan(isp, 0, "dedicated", "isp", {"DE": 60, "FR": 25, "GB": 15}, monthly_price=265.0),
        ),
        free_credits=13.37,
    )


def _webshare_backup(now: float) -> WebshareAccount:
    anchor = now - _HISTORY_SECONDS - 21 * DAY
    line = Line("1198034", anchor, bytes_per_hour=1500 * _MB, failures=38, countries=_WORLD)
    account = WebshareAccount(
        "backup",
        "demo-webshare-backup",
        anchor=anchor,
        renewals=11,
        renewals_paid=7,
        term="yearly",
        notifications=(
            Notification(501, "projected_proxy_usage_over_100", now - 2 * DAY),
            Notification(502, "subscription_cc_will_expire_soon", now - 5 * DAY),
            Notification(477, "reminder_to_use_proxy", now - 60 * DAY, now - 58 * DAY),
        ),
    )
    used_gb = line.usage(account.term_at(now)[0], now).traffic_bytes / GB
    return replace(account, plans=(Plan(line, float(round(used_gb / 0.88)), monthly_price=99.0),))


def _weproxies_scraping(now: float) -> WeProxiesAccount:
    old = Line("sub_7h2kq1", now - _HISTORY_SECONDS, now - 35 * DAY, bytes_per_hour=400 * _MB)
    large = Line("sub_9d4mx8", now - 55 * DAY, now + 65 * DAY, bytes_per_hour=1800 * _MB)
    small = Line(
        "sub_c81tz5",
        now - 25 * DAY,
        now + 5 * DAY,
        bytes_per_hour=900 * _MB,
        countries=_EUROPE,
        failures=41,
    )
    return WeProxiesAccount(
        "scraping",
        _token(now),
        (
            Subscription(old, 500, "Residential 500GB"),
            Subscription(large, 5120, "Residential 5TB"),
            Subscription(small, 1024, "Datacenter 1TB", "datacenter"),
        ),
    )


def _weproxies_research(now: float) -> WeProxiesAccount:
    line = Line(
        "sub_2vn0w3",
        now - 28 * DAY,
        now + 2 * DAY,
        bytes_per_hour=600 * _MB,
        countries=_WORLD,
        failures=26,
    )
    used_gb = line.usage(line.start, now).traffic_bytes / GB
    subscription = Subscription(line, float(round(used_gb / 0.96)), "Residential Starter")
    return WeProxiesAccount("research", "demo-weproxies-research", (subscription,))


def _evomi_team(now: float) -> EvomiAccount:
    return EvomiAccount(
        "team",
        "demo-evomi-team",
        (
            _product("rpc", now, 2200, days_left=12.0, extra=35),
            _product("mp", now, 800, days_left=30.0),
            _product("sdc", now, 3000, days_left=45.0),
        ),
        (
            StaticPackage(now + 18 * DAY, {"US": 6, "DE": 4}),
            StaticPackage(now + 80 * DAY, {"GB": 3, "NL": 2}),
        ),
        scope="team",
    )


def _evomi_personal(now: float) -> EvomiAccount:
    products = (_product("rp", now, 700, days_left=1.5),)
    return EvomiAccount("personal", "demo-evomi-personal", products)


def _product(
    code: str, now: float, mb_per_hour: int, *, days_left: float, extra: int = 0
) -> Product:
    """Make a product that lasts about so many days more."""
    line = Line(
        code,
        now - _HISTORY_SECONDS,
        bytes_per_hour=mb_per_hour * _MB,
        extra=extra,
        seed=str(mb_per_hour),
    )
    used_mb = line.usage(line.start, now).traffic_bytes / _MB
    return Product(line, (Purchase(line.start, used_mb + days_left * 24 * mb_per_hour),))


def _token(now: float) -> str:
    """Make an unsigned JWT that expires in 300 days."""
    claims = {
        "sub": "demo-weproxies-scraping",
        "iat": int(now - 65 * DAY),
        "exp": int(now + 300 * DAY),
    }
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return ".".join((*encoded, "demo"))
