"""The collector ``countries``: the whole list of countries, month by month.

A month is asked for until it was read once two days after its end, when late usage is in. None is
asked for that is older than the ledger's oldest: it would be taken for new usage as a whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from msgspec import UNSET

from exporter.api import Api
from exporter.errors import PayloadError
from exporter.ledger import Scope
from exporter.metrics import Sample, period, usage
from exporter.providers._labels import country
from exporter.providers._provider import Collector, Context, Report, reads
from exporter.providers._samples import add_up, told
from exporter.providers.weproxies._answers import Countries, CountryUsage, Envelope, ask
from exporter.reading import Reading, ScopeReading, Statement, WindowReading

SCOPE = "usage/by-country"
PATH = "/api/v1/usage/by-country"

SETTLING_SECONDS = 48 * 3600
"""How long after its end a month is still asked for: usage comes late."""

MOST_MONTHS = 6
"""Asked for in one poll, after a long outage: at one request a second it has to end in time."""

LIMIT = 300
"""Rows asked for: more than there are countries, so that the list is whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of each month, the current month last."""

    at: float
    months: Mapping[str, tuple[CountryUsage, ...]]


async def fetch(api: Api, context: Context) -> Answer:
    """One request a month."""
    scope = context.ledger.scopes.get(SCOPE)
    months = {_id(month): await _ask(api, month) for month in months_to_ask(context.now, scope)}
    return Answer(api.now, months)


def months_to_ask(now: float, scope: Scope | None) -> list[date]:
    """Return the first days of the months to ask for at *now*, given what was read before."""
    read_at = scope.read_at if scope else now
    since = _id(_month(min(now, read_at) - SETTLING_SECONDS))
    if scope:
        since = max(since, min(scope.windows, default=since))
    months = [_month(now)]
    while len(months) < MOST_MONTHS and _id(previous := _previous(months[0])) >= since:
        months.insert(0, previous)
    return months


def _month(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date().replace(day=1)


def _previous(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def _last_day(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _id(month: date) -> str:
    return f"{month:%Y-%m}"


async def _ask(api: Api, month: date) -> tuple[CountryUsage, ...]:
    dates = {"start_date": month.isoformat(), "end_date": _last_day(month).isoformat()}
    answer = await ask(api, PATH, Envelope[Countries], {**dates, "limit": LIMIT})
    where = f"GET {PATH} $.data.countries"
    if answer.countries is UNSET:
        # A country that is absent from a list counts from 0; this is no list.
        raise PayloadError(where, "the list is missing")
    rows = answer.countries or ()  # null is how some write an empty list
    if len(rows) >= LIMIT:
        raise PayloadError(where, f"{LIMIT} rows or more: the list may be cut")
    return rows


def parse(answer: Answer) -> Report:
    """Return the current month's gauges, and what every month says to the ledger."""
    windows = tuple(
        WindowReading(month, None, tuple(_readings(rows))) for month, rows in answer.months.items()
    )
    scope = ScopeReading(scope=SCOPE, windows=windows, keep=2)
    current = answer.months[max(answer.months)]
    gauges = add_up(sample for row in current for sample in _gauges(row))
    return Report({"": tuple(gauges)}, statement=Statement(at=answer.at, scopes=(scope,)))


def _gauges(row: CountryUsage) -> Iterator[Sample]:
    code = country(row.country_code or row.country)
    labels = {"product": "", "plan": "", "period": "month", "country": code}
    yield from told(period.COUNTRY_PERIOD_TRAFFIC_BYTES, row.traffic_bytes, **labels)
    yield from told(period.COUNTRY_PERIOD_REQUESTS, row.requests, **labels)


def _readings(rows: tuple[CountryUsage, ...]) -> Iterator[Reading]:
    for row in rows:
        code = country(row.country_code or row.country)
        labels = ("", "", code)
        if row.traffic_bytes is not None:
            traffic = round(row.traffic_bytes)
            yield Reading(usage.COUNTRY_TRAFFIC_BYTES_TOTAL, labels, traffic, (code,))
        if row.requests is not None:
            yield Reading(usage.COUNTRY_REQUESTS_TOTAL, labels, round(row.requests), (code,))


COUNTRIES = Collector(
    name="countries",
    interval=900.0,
    poll=reads(fetch, parse),
    families=(
        usage.COUNTRY_TRAFFIC_BYTES_TOTAL,
        usage.COUNTRY_REQUESTS_TOTAL,
        period.COUNTRY_PERIOD_TRAFFIC_BYTES,
        period.COUNTRY_PERIOD_REQUESTS,
    ),
)
"""Usage by country."""
