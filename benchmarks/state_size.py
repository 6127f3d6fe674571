"""How large the state gets: a year of 100 accounts, entered into the real ledger and file.

    python -m benchmarks.state_size [days] [accounts]

A third of the accounts each: Webshare with two plans (48 hours of 21 series each are open at any
time, and a plan changes every 60 days), WeProxies with three subscriptions and 60 countries a
month, Evomi with three products. Prints the size at the end of each tenth of the time.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from exporter.ledger import Ledger, record
from exporter.metrics import usage
from exporter.reading import Reading, ScopeReading, Statement, WindowReading
from exporter.state import FileState

HOUR = 3600
DAY = 24 * HOUR
BEGIN = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
EVERY = 12 * HOUR
OPEN_HOURS = 48
PLAN_LASTS = 60 * DAY
COUNTRIES = [a + b for a in "ABCDEF" for b in "GHIJKLMNOP"]


def text(at: int, form: str) -> str:
    """Return a time as a window's id."""
    return datetime.fromtimestamp(at, UTC).strftime(form)


def webshare(now: int) -> Iterator[ScopeReading]:
    """Yield two plans, one of which is a new one every 60 days."""
    for plan in ("1", f"2-{(now - BEGIN) // PLAN_LASTS}"):
        place = ("shared_residential", plan)
        begin = now // HOUR * HOUR - OPEN_HOURS * HOUR
        yield ScopeReading(
            scope=plan,
            place=place,
            floor=text(begin, "%Y-%m-%dT%H:%M:%SZ"),
            slack=2 * HOUR,
            windows=tuple(
                WindowReading(text(hour, "%Y-%m-%dT%H:%M:%SZ"), hour, tuple(readings(place, hour)))
                for hour in range(begin, now, HOUR)
            ),
        )


def readings(place: tuple[str, str], hour: int) -> Iterator[Reading]:
    """Yield the 21 series of an hour."""
    total = 1_000_000_000 + hour % 99_991
    yield Reading(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, place, total)
    yield Reading(usage.PRODUCT_REQUESTS_TOTAL, place, total // 50_000)
    yield Reading(usage.PRODUCT_REQUEST_FAILURES_TOTAL, place, total // 900_000)
    for reason in ("connect_failed", "resolve_failed", "forbidden_host", "bandwidthlimit"):
        labels = (*place, reason, "connection", "502")
        yield Reading(usage.PRODUCT_REQUEST_ERRORS_TOTAL, labels, 250, (reason, "502"))
    for protocol in ("http", "socks"):
        series = (*place, protocol)
        yield Reading(usage.PRODUCT_PROTOCOL_REQUESTS_TOTAL, series, 9_000, (protocol,))
    for country in COUNTRIES[:12]:
        yield Reading(usage.COUNTRY_REQUESTS_TOTAL, (*place, country), 1_600, (country,))


def weproxies(now: int) -> Iterator[ScopeReading]:
    """Yield three subscriptions, and the months' countries."""
    for number in range(3):
        place = ("Residential 100GB", f"sub_{number:06}")
        both = (
            Reading(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, place, (now - BEGIN) * 300_000),
            Reading(usage.PRODUCT_REQUESTS_TOTAL, place, (now - BEGIN) * 6),
        )
        windows = (WindowReading("all", 0.0, both),)
        yield ScopeReading(scope=place[1], place=place, windows=windows)
    rows = (
        Reading(family, ("", "", country), now % (31 * DAY) * 900, (country,))
        for family in (usage.COUNTRY_TRAFFIC_BYTES_TOTAL, usage.COUNTRY_REQUESTS_TOTAL)
        for country in COUNTRIES
    )
    month = WindowReading(text(now, "%Y-%m"), None, tuple(rows))
    yield ScopeReading(scope="countries", keep=2, windows=(month,))


def evomi(now: int) -> Iterator[ScopeReading]:
    """Yield three products of eight days each."""
    for product in ("rp", "rpc", "mp"):
        place = (product, "")
        days = range(now // DAY * DAY - 7 * DAY, now, DAY)
        windows = (
            WindowReading(
                text(day, "%Y-%m-%d %H:%M"),
                day,
                (Reading(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, place, min(now - day, DAY) * 300_000),),
            )
            for day in days
        )
        yield ScopeReading(scope=product, place=place, keep=14, windows=tuple(windows))


KINDS = (("webshare", webshare), ("weproxies", weproxies), ("evomi", evomi))


async def run(path: Path, *, days: int, accounts: int) -> None:
    """Enter so many days, and print how large the state is."""
    ledgers: dict[tuple[str, str], Ledger] = {}
    steps = range(BEGIN, BEGIN + days * DAY, EVERY)
    with closing(FileState(path)) as state:
        for number, now in enumerate(steps, 1):
            for account in range(accounts):
                name, read = KINDS[account % len(KINDS)]
                key = (name, f"account-{account}")
                ended = (f"2-{one}" for one in range((now - BEGIN) // PLAN_LASTS))
                statement = Statement(at=now, scopes=tuple(read(now)), ended=frozenset(ended))
                ledgers[key] = record(
                    ledgers.get(key, Ledger()), statement, collector="usage", hold=300
                )
                await state.commit(key, ledgers[key])
            if number % (len(steps) // 10) == 0:
                files = sum(one.stat().st_size for one in path.parent.iterdir())
                print(f"day {(now - BEGIN) // DAY:>4}: {files / 2**20:6.1f} MiB")  # noqa: T201


if __name__ == "__main__":
    arguments = [int(one) for one in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            run(
                Path(folder) / "state.db",
                days=(arguments or [365])[0],
                accounts=([*arguments, 100, 100])[1],
            )
        )
