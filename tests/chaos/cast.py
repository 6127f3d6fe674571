"""Cast: the accounts of a run, and the exporter's configuration that polls them all."""

import json
from collections.abc import Iterable
from zlib import crc32

from exporter.providers import PROVIDERS
from exporter.simulator import (
    Account,
    EvomiAccount,
    Line,
    Plan,
    Product,
    Purchase,
    Subscription,
    WebshareAccount,
    WeProxiesAccount,
)

DAY = 24 * 3600

HEALTHY = ("webshare", "healthy")
"""The account that no fault strikes."""

STALE_AFTER = 3
"""Intervals without success until gauges go."""


def accounts(number: int, now: float) -> tuple[Account, ...]:
    """Make the healthy account, and others of the three providers in turn."""
    makers = (_weproxies, _evomi, _webshare)
    others = (makers[i % 3](f"faulty-{i:02d}", now) for i in range(number - 1))
    return (_webshare(HEALTHY[1], now), *others)


def configuration(those: Iterable[Account], url: str, *, interval: int) -> str:
    """Return a configuration that polls *those* at *url*, each *interval* seconds."""
    listed = [
        {
            "provider": one.provider,
            "name": one.name,
            "api_key": one.key,
            "base_url": url,
            "intervals": {it.name: f"{interval}s" for it in PROVIDERS[one.provider].collectors},
        }
        for one in those
    ]
    settings = {"poll_timeout": "20s", "stale_after": STALE_AFTER, "hold_new_series": "5s"}
    return json.dumps({**settings, "accounts": listed})


def _webshare(name: str, now: float) -> WebshareAccount:
    line = Line(str(crc32(name.encode())), now - 5 * DAY, seed=name)
    plan = Plan(line, 512.0, "shared", "residential")
    return WebshareAccount(name, f"key-{name}", anchor=line.start, plans=(plan,))


def _weproxies(name: str, now: float) -> WeProxiesAccount:
    line = Line(f"sub_{name}", now - 5 * DAY, now + 25 * DAY, seed=name)
    return WeProxiesAccount(name, f"key-{name}", (Subscription(line, 1024.0, "Residential 1TB"),))


def _evomi(name: str, now: float) -> EvomiAccount:
    lines = (Line(code, now - 5 * DAY, seed=f"{name}/{code}") for code in ("rpc", "mp"))
    products = (Product(line, (Purchase(line.start, 2_000_000.0),)) for line in lines)
    return EvomiAccount(name, f"key-{name}", tuple(products))
