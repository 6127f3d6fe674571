"""The landing page: what a person wants to know at a glance.

A view of the snapshots is computed here; ``templates/landing.html`` only shows it. No snapshot
holds a secret in text, and an account's credential is not shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from exporter import __version__
from exporter.config import format_duration
from exporter.scrape import stale_at
from exporter.snapshot import Snapshot

if TYPE_CHECKING:
    from jinja2 import Template

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


class State(Enum):
    """How a collector does; the value says it to the reader."""

    OK = "ok"
    FAILING = "failing"
    UNSUPPORTED = "unsupported"
    WAITING = "waiting for first poll"


@dataclass(frozen=True, slots=True)
class Clock:
    """The present by the wall clock and the monotonic one, and when gauges go, in intervals."""

    wall: float
    monotonic: float
    stale_after: float


@dataclass(frozen=True, slots=True)
class Problem:
    """What the last poll failed with."""

    reason: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Row:
    """One collector; texts are empty where there is nothing to tell yet."""

    collector: str
    required: bool
    state: State
    last_success: str
    last_success_utc: str
    interval: str
    duration: str
    series: int
    """How many are exposed now, those of its health left out."""
    is_stale: bool
    """True when gauges are left out, since they are too old."""
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Group:
    """One account."""

    provider: str
    account: str
    rows: tuple[Row, ...]


def groups(
    snapshots: Iterable[Snapshot], clock: Clock, titles: Mapping[str, str]
) -> tuple[Group, ...]:
    """Return what to show, account by account, providers by their *titles* where they have one."""
    rows: dict[tuple[str, str], list[Row]] = {}
    for snapshot in snapshots:
        rows.setdefault(snapshot.account.key, []).append(row(snapshot, clock))
    return tuple(
        Group(titles.get(provider, provider), account, tuple(those))
        for (provider, account), those in rows.items()
    )


def row(snapshot: Snapshot, clock: Clock) -> Row:
    """Return what to show of one collector."""
    success, duration = snapshot.last_success, snapshot.duration
    fresh = [
        part
        for part in snapshot.parts.values()
        if clock.monotonic <= stale_at(snapshot, part, clock.stale_after)
    ]
    return Row(
        collector=snapshot.collector,
        required=snapshot.required,
        state=_state(snapshot),
        last_success="" if success is None else f"{_age(clock.wall - success)} ago",
        last_success_utc="" if success is None else _utc(success),
        interval=format_duration(snapshot.interval),
        duration="" if duration is None else _seconds(duration),
        series=sum(len(part.samples) for part in (snapshot.counters, *fresh)),
        is_stale=len(fresh) < len(snapshot.parts),
        problem=_problem(snapshot),
    )


def _state(snapshot: Snapshot) -> State:
    if snapshot.duration is None:
        return State.WAITING
    if snapshot.is_refused:
        return State.UNSUPPORTED
    return State.OK if snapshot.success else State.FAILING


def _problem(snapshot: Snapshot) -> Problem | None:
    error = snapshot.error
    if error is None:
        return None
    advice = snapshot.advice
    return Problem(error.reason, str(error), f"{advice[0].upper()}{advice[1:]}.")


def _age(seconds: float) -> str:
    """Return an age in its largest unit; a clock that was set back makes nothing negative."""
    whole = max(0, int(seconds))
    unit, size = next(((unit, size) for unit, size in _UNITS if whole >= size), ("s", 1))
    return f"{whole // size} {unit}"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _utc(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def render(shown: Sequence[Group], telemetry_path: str) -> str:
    """Return the page."""
    states = [one.state for group in shown for one in group.rows]
    return _template().render(
        version=__version__,
        telemetry_path=telemetry_path,
        groups=shown,
        collectors=len(states),
        failing=states.count(State.FAILING),
        waiting=states.count(State.WAITING),
    )


@cache
def _template() -> "Template":
    """Compile the template when the page is first asked for: most exporters are never looked at."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - takes 30 ms

    loader = PackageLoader("exporter")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("landing.html")
