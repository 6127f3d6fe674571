"""The collector ``realtime``: what goes on right now.

Gauges only: the minute is still filling, the hour slides.
"""

from collections.abc import Iterator

from exporter.api import Api
from exporter.errors import PayloadError
from exporter.metrics import Sample, realtime
from exporter.providers._answers import given
from exporter.providers._labels import country
from exporter.providers._provider import Collector, Context, Report, reads
from exporter.providers._samples import add_up, told
from exporter.providers.weproxies._answers import (
    Connections,
    Envelope,
    Hour,
    Minute,
    Realtime,
    ask,
    unix_of,
)

PATH = "/api/v1/usage/realtime"


async def fetch(api: Api, _context: Context) -> Realtime:
    """One request a poll.

    Raises: PollError, also when the answer has none of its fields.
    """
    answer = await ask(api, PATH, Envelope[Realtime])
    if answer == Realtime():
        raise PayloadError(f"GET {PATH} $.data", "the answer says nothing")
    return answer


def parse(answer: Realtime) -> Report:
    """Return everything as one part."""
    return Report({"": tuple(_gauges(answer))})


def _gauges(answer: Realtime) -> Iterator[Sample]:
    yield from _connections(given(answer.active_connections) or Connections())
    minute = given(answer.current_minute) or Minute()
    yield from told(realtime.ACCOUNT_ACTIVE_SESSIONS, minute.active_sessions)
    yield from told(realtime.ACCOUNT_CURRENT_MINUTE_REQUESTS, minute.requests)
    yield from told(realtime.ACCOUNT_CURRENT_MINUTE_TRAFFIC_BYTES, minute.traffic_bytes)
    hour = given(answer.last_hour) or Hour()
    yield from told(realtime.ACCOUNT_LAST_HOUR_REQUESTS, hour.requests)
    yield from told(realtime.ACCOUNT_LAST_HOUR_TRAFFIC_BYTES, hour.traffic_bytes)
    if hour.avg_response_time_ms is not None:
        seconds = hour.avg_response_time_ms / 1000
        yield realtime.ACCOUNT_LAST_HOUR_RESPONSE_TIME_SECONDS.sample(seconds)
    yield from told(realtime.ACCOUNT_REALTIME_TIMESTAMP_SECONDS, unix_of(answer.timestamp))


def _connections(connections: Connections) -> Iterator[Sample]:
    yield from told(realtime.ACCOUNT_ACTIVE_CONNECTIONS, connections.total)
    counts = given(connections.by_country) or {}
    yield from add_up(
        realtime.COUNTRY_ACTIVE_CONNECTIONS.sample(
            count, product="", plan="", country=country(code)
        )
        for code, count in counts.items()
        if count is not None
    )


REALTIME = Collector(
    name="realtime",
    interval=30.0,
    poll=reads(fetch, parse),
    families=(
        realtime.ACCOUNT_ACTIVE_CONNECTIONS,
        realtime.COUNTRY_ACTIVE_CONNECTIONS,
        realtime.ACCOUNT_ACTIVE_SESSIONS,
        realtime.ACCOUNT_CURRENT_MINUTE_REQUESTS,
        realtime.ACCOUNT_CURRENT_MINUTE_TRAFFIC_BYTES,
        realtime.ACCOUNT_LAST_HOUR_REQUESTS,
        realtime.ACCOUNT_LAST_HOUR_TRAFFIC_BYTES,
        realtime.ACCOUNT_LAST_HOUR_RESPONSE_TIME_SECONDS,
        realtime.ACCOUNT_REALTIME_TIMESTAMP_SECONDS,
    ),
)
"""What goes on right now."""
