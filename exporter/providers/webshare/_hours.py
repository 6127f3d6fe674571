"""Hours: the hourly statistics of a plan as readings for the ledger.

A window is an hour, and its id the hour's instant in UTC. Projected hours and those that begin in
the provider's future are not usage.
"""

from collections.abc import Iterable, Iterator, Mapping

from exporter.api import Api
from exporter.errors import PayloadError
from exporter.metrics import usage
from exporter.providers._answers import unix
from exporter.providers.webshare import _breakdown
from exporter.providers.webshare._answers import Hour
from exporter.providers.webshare._spans import REVISED_FOR, SETTLED_AFTER, Span, Term
from exporter.providers.webshare._times import floor_hour, text_of
from exporter.reading import Place, Reading, ScopeReading, WindowReading

MOST_HOURS = 5000
"""In one answer: there are 2,160 in the 90 days that the provider has."""


async def ask_hours(api: Api, params: Mapping[str, str]) -> list[Hour]:
    """Return the hourly statistics that *params* ask for.

    Raises: PollError; as PayloadError when there are so many that they cannot be hours.
    """
    path = "/api/v2/stats/"
    hours = await api.get(path, list[Hour], params)
    if len(hours) > MOST_HOURS:
        raise PayloadError(f"GET {path} $", f"more than {MOST_HOURS} hours")
    return hours


def read_hours(
    hours: Iterable[Hour], place: Place, *, span: Span, term: Term, is_over: bool = False
) -> ScopeReading:
    """Return what the *hours* of *span* say of the plan at *place*, its scope.

    Of a plan that *is_over* the provider may forget hours: that takes none of them back.
    """
    # What lies beyond the term's end was not asked for, so it is not settled either.
    floor = max(span.first, floor_hour(span.last - REVISED_FOR))
    return ScopeReading(
        scope=place[1],
        windows=tuple(list_windows(hours, place, term.now)),
        place=place,
        slack=SETTLED_AFTER,
        floor=text_of(floor),
        covered=None if is_over else (text_of(span.first), text_of(floor_hour(span.last))),
        offered_since=span.first if span.clipped else None,
        complete_until=term.complete_until,
        term=None if term.first_hour is None else text_of(term.first_hour),
    )


def list_windows(hours: Iterable[Hour], place: Place, now: float) -> Iterator[WindowReading]:
    """Yield the *hours* that tell of usage, as far as there is any at *now*."""
    for hour in hours:
        start = unix(hour.timestamp)
        if start is None or start > now or hour.is_projected:
            continue
        readings = tuple(_readings(hour, place))
        # An hour of which nothing is said has not fallen to 0.
        yield WindowReading(text_of(start), start, readings, partial=not readings)


def _readings(hour: Hour, place: Place) -> Iterator[Reading]:
    totals = {
        usage.PRODUCT_TRAFFIC_BYTES_TOTAL: hour.bandwidth_total,
        usage.PRODUCT_REQUESTS_TOTAL: hour.requests_total,
        usage.PRODUCT_REQUEST_FAILURES_TOTAL: hour.requests_failed,
    }
    for family, total in totals.items():
        if total is not None:
            yield Reading(family, place, round(total))
    for error, count in _breakdown.errors(hour).items():
        labels = (*place, *error)
        yield Reading(usage.PRODUCT_REQUEST_ERRORS_TOTAL, labels, round(count), source=error)
    for protocol, count in _breakdown.protocols(hour).items():
        labels = (*place, *protocol)
        yield Reading(usage.PRODUCT_PROTOCOL_REQUESTS_TOTAL, labels, round(count), source=protocol)
    for country, count in _breakdown.countries(hour).items():
        labels = (*place, *country)
        yield Reading(usage.COUNTRY_REQUESTS_TOTAL, labels, round(count), source=country)
