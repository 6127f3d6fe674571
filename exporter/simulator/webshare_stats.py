"""Webshare's statistics: whole hours, summed or listed, and projected when they are yet to come.

Where the documentation is silent:

* An hour counts when ``timestamp__gte`` < its start <= ``timestamp__lte``, in full; the running
  hour with what it has so far. So the list always sums to the aggregate.
* Hours that start after now are projected: the mean hour of the current term so far, in a straight
  line, for plans that still run. ``bandwidth_total`` of the aggregate is real traffic only,
  ``bandwidth_projected`` adds the projected hours.
* A time that cannot be read, or a span that is not allowed, is 400 with the field's name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from exporter.simulator.account import Plan, WebshareAccount
from exporter.simulator.api import Ask, Refusal
from exporter.simulator.times import offset_timestamp, read_time
from exporter.simulator.traffic import DAY, HOUR, floor_hour
from exporter.simulator.usage import RequestError, Usage

LOOK_BACK_SECONDS = 90 * DAY
_REQUEST_SECONDS = 2.4
_REQUESTS_PER_PROXY = 40

_HOW_TO_FIX = {
    "client_connect_forbidden_host": "This target cannot be accessed through the proxy.",
    "target_connect_resolve_failed": "Check that the host name of the target exists.",
    "target_connect_unknown_error": "Try again later or use another proxy.",
    "client_connect_invalid_params": "Check the parameters in the proxy user name.",
}


@dataclass(frozen=True, slots=True)
class Hours:
    """Whole hours from *first* up to, but without, *end*."""

    first: int
    end: int

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.end, HOUR))

    def seconds_until(self, now: float) -> float:
        """Tell how much of them has passed."""
        return max(0.0, min(now, self.end) - self.first)

    def count_after(self, now: float) -> int:
        """Count those that start after *now*."""
        first = max(self.first, floor_hour(now) + HOUR)
        return max(0, self.end - first) // HOUR


def aggregate(ask: Ask[WebshareAccount]) -> dict[str, object]:
    """Answer ``stats/aggregate/``."""
    plan, hours = find_plan(ask), read_hours(ask)
    usage = ask.usage(plan.line, hours.first, hours.end)
    projected = _mean_hour(ask, plan).traffic_bytes * hours.count_after(ask.now)
    return {"bandwidth_projected": usage.traffic_bytes + projected} | _fields(
        ask, plan, usage, hours
    )


def hourly(ask: Ask[WebshareAccount]) -> list[dict[str, object]]:
    """Answer ``stats/``: an entry for each hour that had traffic or is to have some."""
    plan, hours = find_plan(ask), read_hours(ask)
    mean = _mean_hour(ask, plan)
    entries = (_entry(ask, plan, hour, mean) for hour in hours)
    return [entry for entry in entries if entry]


def find_plan(ask: Ask[WebshareAccount]) -> Plan:
    """Find the plan asked for, or the default one."""
    if "plan_id" not in ask.params:
        found = ask.account.default_plan(ask.now)
    else:
        plans = ask.account.plans_at(ask.now)
        found = next((plan for plan in plans if plan.line.id == ask.params["plan_id"]), None)
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, {"detail": "Not found."})
    return found


def read_hours(ask: Ask[WebshareAccount]) -> Hours:
    """Read which hours are asked for; by default those of the term."""
    start, end = ask.account.term_at(ask.now)
    since = _read_time(ask, "timestamp__gte", start)
    until = _read_time(ask, "timestamp__lte", end)
    if until > end:
        raise _invalid("timestamp__lte", "Cannot be after the end of the subscription.")
    if since >= until:
        raise _invalid("timestamp__gte", "Must be before timestamp__lte.")
    if since < ask.now - LOOK_BACK_SECONDS:
        raise _invalid("timestamp__gte", "Cannot be older than 90 days.")
    return Hours(floor_hour(since) + HOUR, floor_hour(until) + HOUR)


def _read_time(ask: Ask[WebshareAccount], name: str, default: float) -> float:
    try:
        return read_time(ask.params[name]) if name in ask.params else default
    except ValueError:
        raise _invalid(name, "Enter a valid date/time.") from None


def _invalid(name: str, message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, {name: [{"message": message, "code": "invalid"}]})


def _mean_hour(ask: Ask[WebshareAccount], plan: Plan) -> Usage:
    """Average the term so far; empty for a plan that runs no more."""
    start = max(ask.account.term_at(ask.now)[0], plan.line.start)
    hours = (ask.now - start) / HOUR
    if not plan.line.is_running(ask.now) or hours <= 0:
        return Usage()
    usage = ask.usage(plan.line, start, ask.now)
    return Usage(int(usage.traffic_bytes / hours), int(usage.requests / hours))


def _entry(
    ask: Ask[WebshareAccount], plan: Plan, hour: int, mean: Usage
) -> dict[str, object] | None:
    is_projected = hour > ask.now
    usage = mean if is_projected else ask.usage(plan.line, hour, hour + HOUR)
    if not usage:
        return None
    timestamp = offset_timestamp(hour, ask.account.utc_offset_hours)
    fields = _fields(ask, plan, usage, Hours(hour, hour + HOUR))
    return {"timestamp": timestamp, "is_projected": is_projected} | fields


def _fields(ask: Ask[WebshareAccount], plan: Plan, usage: Usage, hours: Hours) -> dict[str, object]:
    return {
        "bandwidth_total": usage.traffic_bytes,
        "bandwidth_average": usage.traffic_bytes // usage.requests if usage.requests else 0,
        "requests_total": usage.requests,
        "requests_successful": usage.requests - usage.failures,
        "requests_failed": usage.failures,
        "error_reasons": [_error(error, count) for error, count in usage.errors.items()],
        "countries_used": dict(usage.countries),
        "protocols_used": dict(usage.protocols),
    } | _estimates(ask, plan, usage, hours)


def _estimates(
    ask: Ask[WebshareAccount], plan: Plan, usage: Usage, hours: Hours
) -> dict[str, object]:
    """Give what is estimated from real requests only."""
    seconds = hours.seconds_until(ask.now)
    rate = usage.requests / seconds if usage.requests and seconds else None
    last = plan.line.last_request_at(hours.first, min(ask.now, hours.end)) if rate else None
    proxies = -(-usage.requests // _REQUESTS_PER_PROXY) if rate else 0
    return {
        "number_of_proxies_used": min(plan.proxy_count, proxies),
        "average_concurrency": rate and rate * _REQUEST_SECONDS,
        "average_rps": rate,
        "last_request_sent_at": last and offset_timestamp(last, ask.account.utc_offset_hours),
    }


def _error(error: RequestError, count: int) -> dict[str, object]:
    return {
        "reason": error.reason,
        "type": error.type,
        "how_to_fix": _HOW_TO_FIX[error.reason],
        "http_status": error.http_status,
        "count": count,
    }
