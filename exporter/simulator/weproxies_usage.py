"""WeProxies' answers on usage.

Where the documentation is silent: periods are calendar ones in UTC, weeks begin on Monday, and
``month`` is the default; ``all`` begins with the first subscription and ends now. Lists name what
had traffic, and active subscriptions in any case. ``by_country`` of the summary is cut to the top
three; ``usage/by-country`` gives ten unless ``limit`` says otherwise, of the current month unless
dates do, and its percentage is the share of requests. A plain date means the whole day.
``usage/history`` has a point for each step up to now, whose ``success_rate`` is null without
requests. Realtime figures are never late.
"""

from collections.abc import Iterator
from http import HTTPStatus
from math import ceil

from exporter.simulator.account import Subscription, WeProxiesAccount
from exporter.simulator.api import Ask, Refusal
from exporter.simulator.report import Span
from exporter.simulator.times import (
    floor_day,
    floor_month,
    floor_week,
    is_date,
    next_month,
    read_time,
    utc_timestamp,
)
from exporter.simulator.traffic import DAY, HOUR, floor_hour
from exporter.simulator.usage import Usage

GB = 2**30
MINUTE = 60
_TOP_COUNTRIES = 3
_COUNTRY_LIMIT = 10
_FLOORS = {"hourly": floor_hour, "daily": floor_day, "weekly": floor_week, "monthly": floor_month}
_STEPS = {"hourly": HOUR, "daily": DAY, "weekly": 7 * DAY, "monthly": 31 * DAY}
_NAMES = {
    "US": "United States",
    "GB": "United Kingdom",
    "DE": "Germany",
    "FR": "France",
    "NL": "Netherlands",
    "BR": "Brazil",
    "JP": "Japan",
    "IN": "India",
    "CA": "Canada",
    "ES": "Spain",
    "IT": "Italy",
    "PL": "Poland",
    "AU": "Australia",
    "MX": "Mexico",
}

WeProxiesAsk = Ask[WeProxiesAccount]


def summary(ask: WeProxiesAsk) -> dict[str, object]:
    """Answer ``usage``."""
    span = _read_period(ask)
    total = _total(ask, span)
    counted = {
        "bytes_used": total.traffic_bytes,
        "gb_used": round(total.traffic_bytes / GB, 4),
        "requests": total.requests,
        "success_rate": _success_rate(total),
    }
    countries = [
        {"country": code, "requests": requests, "bytes": total.country_bytes.get(code, 0)}
        for code, requests in _ranked(total)[:_TOP_COUNTRIES]
    ]
    rows = {
        "period": _period(span),
        "total": counted,
        "by_subscription": list(_by_subscription(ask, span)),
        "by_country": countries,
    }
    return {"data": rows, "success": True}


def history(ask: WeProxiesAsk) -> dict[str, object]:
    """Answer ``usage/history``."""
    granularity = ask.params.get("granularity", "daily")
    if granularity not in _FLOORS:
        raise bad_parameter("granularity")
    wanted = ask.params.get("subscription_id")
    if wanted not in (None, *(line.id for line in ask.account.lines)):
        raise Refusal(HTTPStatus.NOT_FOUND, weproxies_error("Subscription not found"))
    span = _read_dates(ask, floor_day(ask.now) - 30 * DAY)
    points = [
        {"timestamp": utc_timestamp(step.since)} | _point(_total(ask, step, wanted))
        for step in _steps(ask, span, granularity)
    ]
    rows = {"period": _period(span), "granularity": granularity, "data_points": points}
    return {"data": rows, "success": True}


def realtime(ask: WeProxiesAsk) -> dict[str, object]:
    """Answer ``usage/realtime``."""
    now = ask.now
    minute = _true_total(ask, now // MINUTE * MINUTE)
    last_minute, last_hour = _true_total(ask, now - MINUTE), _true_total(ask, now - HOUR)
    # A session lasts some 4 s.
    connections = {code: ceil(n / 15) for code, n in last_minute.countries.items()}
    total = sum(connections.values())
    rows = {
        "timestamp": utc_timestamp(now),
        "current_minute": {
            "requests": minute.requests,
            "bytes": minute.traffic_bytes,
            "active_sessions": total,
        },
        "last_hour": {
            "requests": last_hour.requests,
            "bytes": last_hour.traffic_bytes,
            "avg_response_time_ms": 180 + last_hour.requests % 131,
        },
        "active_connections": {"total": total, "by_country": connections},
    }
    return {"data": rows, "success": True}


def by_country(ask: WeProxiesAsk) -> dict[str, object]:
    """Answer ``usage/by-country``."""
    total = _total(ask, _read_dates(ask, floor_month(ask.now)))
    countries = [
        {
            "country_code": code,
            "country_name": _NAMES.get(code, code),
            "requests": requests,
            "bytes": total.country_bytes.get(code, 0),
            "percentage": round(100 * requests / total.requests, 1),
        }
        for code, requests in _ranked(total)[: _read_limit(ask)]
    ]
    return {"data": {"countries": countries}, "success": True}


def weproxies_error(message: str) -> dict[str, object]:
    """Write an error as this API does."""
    return {"success": False, "error": message}


def bad_parameter(name: str) -> Refusal:
    """Refuse a parameter."""
    return Refusal(HTTPStatus.BAD_REQUEST, weproxies_error(f"Invalid {name}"))


def _read_period(ask: WeProxiesAsk) -> Span:
    now, day = ask.now, floor_day(ask.now)
    spans = {
        "today": Span(day, day + DAY),
        "week": Span(floor_week(now), floor_week(now) + 7 * DAY),
        "month": Span(floor_month(now), next_month(now)),
        "all": Span(min((line.start for line in ask.account.lines), default=now), now + 1),
    }
    period = ask.params.get("period", "month")
    if period not in spans:
        raise bad_parameter("period")
    return spans[period]


def _read_dates(ask: WeProxiesAsk, default: float) -> Span:
    start, end = ask.params.get("start_date"), ask.params.get("end_date")
    try:
        since = read_time(start) if start else default
        until = read_time(end) if end else ask.now
    except ValueError:
        raise bad_parameter("date") from None
    if end and is_date(end):
        until += DAY
    if since > until:
        raise bad_parameter("date range")
    return Span(since, until)


def _read_limit(ask: WeProxiesAsk) -> int:
    text = ask.params.get("limit", str(_COUNTRY_LIMIT))
    if not text.isdecimal() or int(text) < 1:
        raise bad_parameter("limit")
    return int(text)


def _total(ask: WeProxiesAsk, span: Span, wanted: str | None = None) -> Usage:
    lines = (line for line in ask.account.lines if wanted in (None, line.id))
    return sum((ask.usage(line, span.since, span.until) for line in lines), Usage())


def _true_total(ask: WeProxiesAsk, since: float) -> Usage:
    return sum((ask.truth(line, since, ask.now) for line in ask.account.lines), Usage())


def _ranked(usage: Usage) -> list[tuple[str, int]]:
    return sorted(usage.countries.items(), key=lambda item: (-item[1], item[0]))


def _success_rate(usage: Usage) -> float | None:
    if not usage.requests:
        return None
    return round(100 * (usage.requests - usage.failures) / usage.requests, 2)


def _period(span: Span) -> dict[str, object]:
    return {"start": utc_timestamp(span.since), "end": utc_timestamp(span.until - 1)}


def _by_subscription(ask: WeProxiesAsk, span: Span) -> Iterator[dict[str, object]]:
    for one in ask.account.subscriptions:
        usage = ask.usage(one.line, span.since, span.until)
        if usage or one.status_at(ask.now) == "active":
            yield _subscription(one, usage)


def _subscription(one: Subscription, usage: Usage) -> dict[str, object]:
    return {
        "subscription_id": one.line.id,
        "product_name": one.name,
        "bytes_used": usage.traffic_bytes,
        "gb_used": round(usage.traffic_bytes / GB, 4),
        "requests": usage.requests,
    }


def _point(usage: Usage) -> dict[str, object]:
    return {
        "bytes": usage.traffic_bytes,
        "requests": usage.requests,
        "success_rate": _success_rate(usage),
    }


def _steps(ask: WeProxiesAsk, span: Span, granularity: str) -> Iterator[Span]:
    """Cut *span*, as far as it is past, at the calendar's edges."""
    since, until = span.since, min(span.until, ask.now)
    while since < until:
        floor = _FLOORS[granularity]
        # 31 days from the start of a month are always within the next one.
        edge = floor(floor(since) + _STEPS[granularity])
        yield Span(since, min(edge, until))
        since = edge
