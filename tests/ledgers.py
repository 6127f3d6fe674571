"""Statements and ledgers for the tests: hours of a plan, by small numbers."""

from collections.abc import Iterable, Mapping

from msgspec import structs
from msgspec.structs import replace

from exporter.ledger import Ledger, record
from exporter.ledger_samples import counters, gauges
from exporter.metrics import Family, proof, usage
from exporter.reading import (
    Reading,
    ScopeReading,
    Statement,
    WindowReading,
)

HOUR = 3600.0
DAY = 24 * HOUR
TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL
REQUESTS = usage.PRODUCT_REQUESTS_TOTAL
COUNTRY = usage.COUNTRY_REQUESTS_TOTAL


def traffic(total: int, plan: str = "1") -> Reading:
    """Read the traffic of a plan."""
    return Reading(TRAFFIC, ("shared", plan), total)


def hour(at: int, *readings: Reading) -> WindowReading:
    """Read the hour that begins *at* hours after the epoch."""
    return WindowReading(f"{at:03}", at * HOUR, readings)


def plan_reading(
    windows: Iterable[WindowReading],
    *,
    plan: str = "1",
    floor: str | None = None,
    covered: tuple[str, str] | None = None,
) -> ScopeReading:
    """Read the hours of a plan."""
    return ScopeReading(
        scope=plan,
        windows=tuple(windows),
        place=("shared", plan),
        slack=2 * HOUR,
        floor=floor,
        covered=covered,
    )


def hours(totals: Mapping[int, int], *, at: float = 100.0, plan: str = "1") -> Statement:
    """State the traffic of a plan by hour, *at* hours after the epoch."""
    windows = [hour(name, traffic(total, plan)) for name, total in totals.items()]
    return Statement(at=at * HOUR, scopes=(plan_reading(windows, plan=plan),))


def read(*statements: Statement, ledger: Ledger | None = None, hold: float = 0.0) -> Ledger:
    """Record *statements* one after the other."""
    ledger = ledger or Ledger()
    for statement in statements:
        ledger = record(ledger, statement, collector="usage", hold=hold)
    return ledger


def value(ledger: Ledger, family: Family = TRAFFIC, *labels: str) -> int:
    """Return what the ledger counted for a family, over all label sets unless some are given."""
    return sum(
        counter.value
        for scope in ledger.scopes.values()
        for (one, values), counter in scope.counters.items()
        if one is family and (not labels or values == labels)
    )


def shown(ledger: Ledger, family: Family = TRAFFIC) -> list[float]:
    """Return what a scrape sees of a family."""
    return [sample.value for sample in counters(ledger, "usage") if sample.family is family]


def discrepancy(ledger: Ledger, statement: Statement) -> list[float]:
    """Return the discrepancy that the ledger shows after *statement*."""
    found = (sample for _, sample in gauges(ledger, statement))
    return [one.value for one in found if one.family is proof.USAGE_DISCREPANCY_BYTES]


def countries(*rows: tuple[str, int], at: float = 100.0) -> Statement:
    """State the requests by country of one month."""
    readings = tuple(
        Reading(COUNTRY, ("", "", label), total, source=(label,)) for label, total in rows
    )
    window = WindowReading("2026-11", None, readings)
    return Statement(
        at=at * HOUR, scopes=(ScopeReading(scope="countries", windows=(window,), keep=2),)
    )


def listed(statement: Statement, **plans: float | None) -> Statement:
    """Add the provider's complete list to a statement: ``p1=created_at``."""
    return replace(statement, listed={name[1:]: created for name, created in plans.items()})


def with_floor(statement: Statement, floor: str) -> Statement:
    """Settle all windows below *floor*."""
    scopes = tuple(replace(one, floor=floor) for one in statement.scopes)
    return replace(statement, scopes=scopes)


def restarted(ledger: Ledger) -> Ledger:
    """Return the ledger as a new process finds it."""
    return structs.replace(ledger, fresh=frozenset())


def owned(statement: Statement, *plans: str) -> Statement:
    """Say which plans the account has."""
    return replace(statement, owners={"plan": frozenset(plans)})


def covered(statement: Statement, since: str, until: str) -> Statement:
    """Say which windows were asked for."""
    scopes = tuple(replace(one, covered=(since, until)) for one in statement.scopes)
    return replace(statement, scopes=scopes)
