"""Report: what a provider shows of a line's usage: late, and corrected afterwards.

A late hour shows the traffic of its first part, so that every figure stays whole and only rises.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from exporter.simulator.traffic import HOUR, Line, floor_hour
from exporter.simulator.usage import Usage


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late an hour is shown.

    While it runs and at its close it shows *fraction_at_close* of what happened; the rest follows
    evenly during the *settle_seconds* after. By default everything shows at once.
    """

    fraction_at_close: float = 1.0
    settle_seconds: float = 0.0

    def shown_until(self, hour: int, now: float) -> float:
        """Tell up to when the traffic of *hour* shows at *now*."""
        elapsed = min(now - hour, HOUR)
        return hour + elapsed * self._fraction(now - hour - HOUR)

    def _fraction(self, age_seconds: float) -> float:
        if age_seconds >= self.settle_seconds:
            return 1.0
        settled = age_seconds / self.settle_seconds if age_seconds > 0 else 0.0
        return self.fraction_at_close + (1 - self.fraction_at_close) * settled


@dataclass(frozen=True, slots=True)
class Correction:
    """From *at* on, the hour that begins at *hour* reports so much less, or none if it had less.

    All times are unix seconds. Whatever contains the hour's start reports less, too.
    """

    at: float
    provider: str
    account: str
    line: str
    hour: float
    traffic_bytes: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """From *since* up to, but without, *until*: unix seconds."""

    since: float
    until: float


def late(line: Line, span: Span, *, now: float, lateness: Lateness) -> Usage:
    """Tell what is shown of *span* at *now*."""
    until = min(span.until, now)
    # The first hour that may not be settled yet.
    hour = floor_hour(now - lateness.settle_seconds)
    usage = line.usage(span.since, min(until, hour))
    while hour < until:
        shown = min(until, hour + HOUR, lateness.shown_until(hour, now))
        usage += line.usage(max(span.since, hour), shown)
        hour += HOUR
    return usage


def corrected(
    line: Line, span: Span, *, now: float, lateness: Lateness, corrections: Iterable[Correction]
) -> Usage:
    """Tell what is shown of *span* at *now*, less the *corrections* of the line made by then."""
    usage = late(line, span, now=now, lateness=lateness)
    hours: dict[int, Usage] = {}
    for correction in corrections:
        hour = floor_hour(correction.hour)
        if correction.at > now or not span.since <= hour < span.until:
            continue
        if hour not in hours:
            whole = Span(hour, min(hour + HOUR, span.until))
            hours[hour] = late(line, whole, now=now, lateness=lateness)
        part = hours[hour].part(
            traffic_bytes=correction.traffic_bytes, requests=correction.requests
        )
        hours[hour] -= part
        usage -= part
    return usage
