"""The demo: two accounts of each provider, with something of everything to see.

Rules:

1. Nothing hangs on when the demo was started: terms follow one another on calendars that never
   move, with ids that count them, and a balance is refilled at midnights. So two worlds, made at
   any two moments, agree on each plan, subscription and product, and a ledger that was kept
   through a restart goes on where it was.
2. Something is always about to happen: a term runs, has just been followed by the next, or nears
   its end, and its quota with it.

A world has only some terms of each calendar: as many past ones as the providers' APIs look back
on, the first, and those of a year to come. A restart forgets what ended in between, and no total
of the rest falls by it. The line of an Evomi product begins two months before the world is made:
no answer goes further back.
"""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from hashlib import blake2s
from typing import NamedTuple

from exporter.simulator.account import (
    TERM_SECONDS,
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
from exporter.simulator.times import floor_day
from exporter.simulator.traffic import DAY, Line
from exporter.simulator.world import World

_MB = 10**6
_AHEAD_SECONDS = 365 * DAY
_EUROPE = (("DE", 30), ("FR", 20), ("GB", 18), ("NL", 11), ("ES", 9), ("IT", 7), ("PL", 5))
_WORLD = (("US", 31), ("BR", 17), ("IN", 16), ("MX", 11), ("JP", 10), ("AU", 8), ("CA", 7))

# When the accounts began, in 2023: never at a full hour, as it is with real ones. The terms of the
# two at Webshare are not in step, so that one of them is always in its second half.
_MAIN_SINCE = 1_697_958_367
_BACKUP_SINCE = 1_699_526_591
_SCRAPING_SINCE = 1_700_000_000
_RESEARCH_SINCE = 1_701_234_567
_TEAM_SINCE = 1_702_345_678


class _Term(NamedTuple):
    number: int
    start: float
    end: float


def demo_world(now: float, *, clock: Callable[[], float] = time.time) -> World:
    """Make the world of ``demo`` and ``simulate``, good for a year from *now*; no rate limits."""
    accounts = (
        _webshare_main(now),
        _webshare_backup(now),
        _weproxies_scraping(now),
        _weproxies_research(now),
        _evomi_team(now),
        _evomi_personal(now),
    )
    return World(accounts, clock=clock, rate_limits=())


def _terms(now: float, since: int, seconds: int, *, past: int) -> list[_Term]:
    """List the term that runs at *now*, so many *past* ones, and those of a year to come.

    The first, which begins at *since*, is always among them: by its id a ledger knows the account
    after any time.
    """
    running = int(now - since) // seconds
    recent = range(max(0, running - past), running + 2 + _AHEAD_SECONDS // seconds)
    return [
        _Term(number, since + number * seconds, since + (number + 1) * seconds)
        for number in sorted({0, *recent})
    ]


def _webshare_main(now: float) -> WebshareAccount:
    # Three months, so that some of the 90 days that can be asked for are of a cancelled plan.
    pools = map(_pool, _terms(now, _MAIN_SINCE, 3 * TERM_SECONDS, past=2))
    isps = map(_isp, _terms(now, _MAIN_SINCE, 6 * TERM_SECONDS, past=1))
    return WebshareAccount(
        "main",
        "demo-webshare-main",
        anchor=_MAIN_SINCE,
        plans=(*pools, *isps),
        free_credits=13.37,
    )


def _pool(term: _Term) -> Plan:
    line = Line(f"{1_200_800 + term.number}", term.start, term.end, bytes_per_hour=1250 * _MB)
    countries = {"US": 400, "GB": 200, "DE": 150, "FR": 100, "NL": 50}
    return Plan(line, 900, "shared", "residential", countries, {"FR": 12}, monthly_price=119.0)


def _isp(term: _Term) -> Plan:
    line = Line(
        f"{1_241_900 + term.number}",
        term.start,
        term.end,
        bytes_per_hour=2600 * _MB,
        bytes_per_request=110_000,
        countries=_EUROPE,
        failures=22,
    )
    countries = {"DE": 60, "FR": 25, "GB": 15}
    return Plan(line, 0, "dedicated", "isp", countries, monthly_price=265.0)


def _webshare_backup(now: float) -> WebshareAccount:
    return WebshareAccount(
        "backup",
        "demo-webshare-backup",
        anchor=_BACKUP_SINCE,
        plans=tuple(map(_shared, _terms(now, _BACKUP_SINCE, 6 * TERM_SECONDS, past=1))),
        renewals_paid=7,
        term="yearly",
        notifications=(
            *_notices(now, 500, "projected_proxy_usage_over_80", delay=2 * DAY),
            *_notices(now, 50_000, "subscription_cc_will_expire_soon", delay=5 * DAY),
        ),
    )


def _shared(term: _Term) -> Plan:
    line = Line(
        f"{1_198_000 + term.number}",
        term.start,
        term.end,
        bytes_per_hour=1500 * _MB,
        failures=38,
        countries=_WORLD,
    )
    # Of this limit a month uses up 96 %.
    return Plan(line, 1050, monthly_price=99.0)


def _notices(now: float, first_id: int, kind: str, *, delay: int) -> Iterable[Notification]:
    """Give notice each month, and dismiss the one before."""
    for number, start, end in _terms(now, _BACKUP_SINCE + delay, TERM_SECONDS, past=1):
        yield Notification(first_id + number, kind, start, end)


def _weproxies_scraping(now: float) -> WeProxiesAccount:
    large = map(_large, _terms(now, _SCRAPING_SINCE, 90 * DAY, past=1))
    # A week is how long before its end a plan is said to expire: one always does.
    small = map(_small, _terms(now, _SCRAPING_SINCE, 7 * DAY, past=8))
    return WeProxiesAccount("scraping", _token(now), (*large, *small))


def _large(term: _Term) -> Subscription:
    line = Line(_id("large", term), term.start, term.end, bytes_per_hour=1800 * _MB)
    return Subscription(line, 4096, "Residential 4TB")


def _small(term: _Term) -> Subscription:
    line = Line(
        _id("small", term),
        term.start,
        term.end,
        bytes_per_hour=900 * _MB,
        countries=_EUROPE,
        failures=41,
    )
    return Subscription(line, 150, "Datacenter 150GB", "datacenter")


def _weproxies_research(now: float) -> WeProxiesAccount:
    # Whole weeks, which differ least in what they use.
    starters = map(_starter, _terms(now, _RESEARCH_SINCE, 28 * DAY, past=3))
    return WeProxiesAccount("research", "demo-weproxies-research", tuple(starters))


def _starter(term: _Term) -> Subscription:
    """Make a subscription that is used up but for 1 to 4 %, which are good for as long again.

    So there is always a quota that is nearly used.
    """
    line = Line(
        _id("starter", term),
        term.start,
        term.end,
        bytes_per_hour=600 * _MB,
        countries=_WORLD,
        failures=26,
    )
    valid_until = 2 * term.end - term.start
    return Subscription(line, 385, "Residential Starter", valid_until=valid_until)


def _id(name: str, term: _Term) -> str:
    """Make the id of a subscription, in the form of WeProxies' own."""
    return f"sub_{blake2s(f'{name}/{term.number}'.encode(), digest_size=3).hexdigest()}"


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
            *_packages(now, 30, {"US": 6, "DE": 4}),
            *_packages(now, 90, {"GB": 3, "NL": 2}),
        ),
        scope="team",
    )


def _evomi_personal(now: float) -> EvomiAccount:
    products = (_product("rp", now, 700, days_left=1.5, refill_days=1),)
    return EvomiAccount("personal", "demo-evomi-personal", products)


def _packages(now: float, days: int, countries: dict[str, int]) -> Iterable[StaticPackage]:
    for _, start, end in _terms(now, _TEAM_SINCE, days * DAY, past=1):
        yield StaticPackage(end, countries, bought_at=start)


def _product(  # noqa: PLR0913 - what tells products apart
    code: str,
    now: float,
    mb_per_hour: int,
    *,
    days_left: float,
    extra: int = 0,
    refill_days: int = 7,
) -> Product:
    """Make a product that lasts about so many days more whenever it was refilled."""
    line = Line(
        code,
        floor_day(now) - 60 * DAY,
        bytes_per_hour=mb_per_hour * _MB,
        extra=extra,
        seed=str(mb_per_hour),
    )
    bought = Purchase(line.start, days_left * 24 * mb_per_hour)
    return Product(line, (bought,), refill_seconds=refill_days * DAY)


def _token(now: float) -> str:
    """Make an unsigned JWT of a year, which is followed by another after half of it."""
    half_year = 180 * DAY
    issued_at = int(now // half_year) * half_year
    claims = {
        "sub": "demo-weproxies-scraping",
        "iat": issued_at,
        "exp": issued_at + 2 * half_year,
    }
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return ".".join((*encoded, "demo"))
