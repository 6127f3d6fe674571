"""History: the hours of every subscription, week by week, as far back as the provider has them.

How far that is, and how much may be asked for at once, is not documented. So the weeks are asked
for from the newest back to where the provider says that usage began, or until it refuses one.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

from exporter.api import Api
from exporter.errors import PayloadError, RequestError, UnsupportedError
from exporter.ledger import check_owner
from exporter.metrics import usage
from exporter.providers._answers import given, unix
from exporter.providers._provider import Context, HistoryBucket, TimeRange
from exporter.providers.weproxies._answers import (
    Envelope,
    History,
    Period,
    Point,
    SubscriptionUsage,
    Summary,
    ask,
    unix_of,
)
from exporter.providers.weproxies.usage import ALL, ask_summary
from exporter.reading import Place, Reading

PATH = "/api/v1/usage/history"

HOUR = 3600.0

CHUNK_SECONDS = 7 * 24 * HOUR
"""Asked for at once: 168 points are an answer of some 20 KiB."""

MOST_SECONDS = 365 * 24 * HOUR
"""53 requests for each subscription, at one a second."""


async def history(api: Api, context: Context, wanted: TimeRange) -> AsyncIterator[HistoryBucket]:
    """Yield the hours of each subscription. See ``History``."""
    summary = await ask_summary(api, ALL)
    rows: dict[str, SubscriptionUsage] = {}
    for row in summary.by_subscription or ():
        rows.setdefault(row.plan, row)
    check_owner(context.ledger, {"subscription": frozenset(rows)}, where="history")
    chunks = tuple(_chunks(_clip(wanted, summary, api.now)))
    for row in rows.values():
        async for bucket in _ask_all(api, row, chunks):
            yield bucket


def _clip(wanted: TimeRange, summary: Summary, now: float) -> TimeRange:
    """Return the whole hours of *wanted* in which there may be usage."""
    stated = unix_of((given(summary.period) or Period()).start)
    end = min(-(-wanted.end // HOUR) * HOUR, now)
    starts = (wanted.start, stated or 0.0, end - MOST_SECONDS)
    return TimeRange(max(starts) // HOUR * HOUR, end)


def _chunks(asked: TimeRange) -> Iterator[TimeRange]:
    """Cut *asked* into weeks, the newest one first."""
    starts = []
    start = asked.start
    while start < asked.end:
        starts.append(start)
        start += CHUNK_SECONDS
    for start in reversed(starts):
        yield TimeRange(start, min(start + CHUNK_SECONDS, asked.end))


async def _ask_all(
    api: Api, row: SubscriptionUsage, chunks: tuple[TimeRange, ...]
) -> AsyncIterator[HistoryBucket]:
    """Yield what each chunk says, up to the first older one that is refused."""
    for number, chunk in enumerate(chunks):
        try:
            points = await _ask(api, row.plan, chunk)
        except (RequestError, UnsupportedError):
            if number:
                return
            raise
        for bucket in _buckets(points, row, chunk).values():
            yield bucket


async def _ask(api: Api, subscription: str, chunk: TimeRange) -> tuple[Point, ...]:
    params = {
        "start_date": _date(chunk.start),
        "end_date": _date(chunk.end),
        "granularity": "hourly",
        "subscription_id": subscription,
    }
    answer = await ask(api, PATH, Envelope[History], params)
    if answer.granularity not in (None, "hourly"):
        raise PayloadError(f"GET {PATH} $.data.granularity", "the points are not hours")
    return answer.data_points or ()


def _date(at: float) -> str:
    """Return *at* without an offset, as the documentation's own client sends it."""
    return datetime.fromtimestamp(at, UTC).replace(microsecond=0, tzinfo=None).isoformat()


def _buckets(
    points: tuple[Point, ...], row: SubscriptionUsage, chunk: TimeRange
) -> dict[float, HistoryBucket]:
    """Return the hours that begin in *chunk*: the provider may add the one after."""
    place = (row.product, row.plan)
    starts = ((unix(point.timestamp) or 0.0, point) for point in points)
    return {
        start: HistoryBucket(
            scope=row.plan,
            start=start,
            end=min(start + HOUR, chunk.end),
            readings=tuple(_readings(point, place)),
        )
        for start, point in starts
        if chunk.start <= start < chunk.end
    }


def _readings(point: Point, place: Place) -> Iterator[Reading]:
    if point.traffic_bytes is not None:
        yield Reading(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, place, round(point.traffic_bytes))
    if point.requests is not None:
        yield Reading(usage.PRODUCT_REQUESTS_TOTAL, place, round(point.requests))
