"""Spans: which statistics a poll asks for.

An hour belongs to a span when it starts after ``timestamp__gte`` and not after ``timestamp__lte``.
So a span that begins with an hour is asked for from one second earlier on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from exporter.ledger import Ledger
from exporter.providers._answers import unix
from exporter.providers.webshare._answers import Plan, Subscription
from exporter.providers.webshare._plans import ACTIVE
from exporter.providers.webshare._times import (
    DAY,
    HOUR,
    ceil_hour,
    floor_hour,
    instant,
    text_of,
)

USED = "used"
WHOLE = "whole"
SETTLED = "settled"

LOOK_BACK = 90 * DAY - HOUR
"""How far back we ask: 90 days are allowed, and an hour is for clocks that differ."""

SETTLED_AFTER = 2 * HOUR
"""Hours that ended so long ago are complete: the lag is said to be about one."""

REVISED_FOR = 48 * HOUR
"""How long hours are read again, in case they come late or are corrected."""


@dataclass(frozen=True, slots=True)
class Span:
    """The hours from *first* on that start up to *last*, in Unix seconds.

    *clipped*: earlier hours were wanted, but the provider does not offer them any more.
    """

    first: float
    last: float
    clipped: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it ends before it begins: the provider refuses such a span."""
        return self.params["timestamp__gte"] >= self.params["timestamp__lte"]

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters that ask for it."""
        return {"timestamp__gte": text_of(self.first - 1), "timestamp__lte": text_of(self.last)}


@dataclass(frozen=True, slots=True)
class Term:
    """The billing term at *now*, all in Unix seconds; what is not known of it is None."""

    now: float
    start: float | None
    end: float | None

    @property
    def last(self) -> float:
        """Up to when there may be usage."""
        return self.now if self.end is None else min(self.now, self.end)

    @property
    def complete_until(self) -> float:
        """Up to when usage is settled."""
        return floor_hour(self.now - SETTLED_AFTER)

    @property
    def first_hour(self) -> float | None:
        """The first hour that lies in the term as a whole."""
        return None if self.start is None else ceil_hour(self.start)

    def span(self, first: float, last: float) -> Span:
        """Return the hours from *first* up to *last*, as far as they are offered."""
        oldest = ceil_hour(self.now - LOOK_BACK)
        return Span(max(first, oldest), last, clipped=first < oldest)


def read_term(subscription: Subscription, now: float) -> Term:
    """Return the term that *subscription* tells of."""
    return Term(now, unix(subscription.start_date), unix(subscription.end_date))


@dataclass(frozen=True, slots=True)
class Spans:
    """What is asked of one plan; None is not asked for.

    *used* is the term up to now, *whole* the term up to its end where that is yet to come, and
    *settled* the whole hours of the term that are complete. *hours* feeds the ledger.
    """

    hours: Span
    used: Span | None = None
    whole: Span | None = None
    settled: Span | None = None

    @property
    def aggregates(self) -> Mapping[str, Span]:
        """The spans of which only a sum is wanted, by their names."""
        spans = {USED: self.used, WHOLE: self.whole, SETTLED: self.settled}
        return {name: span for name, span in spans.items() if span is not None}


def choose_spans(plans: Mapping[str, Plan], term: Term, ledger: Ledger) -> dict[str, Spans]:
    """Return what to ask, by the id of the plan to ask it of."""
    spans = {}
    for name, plan in plans.items():
        hours = term.span(_first_hour(name, term, ledger), term.last)
        if plan.status == ACTIVE:
            spans[name] = Spans(hours, _used(term), _whole(term), _settled(term))
        elif _is_growing(name, term, ledger):
            spans[name] = Spans(hours)
    return spans


def _is_growing(name: str, term: Term, ledger: Ledger) -> bool:
    """Tell whether a plan that is not active may still have usage that the ledger lacks."""
    is_new = ledger.born is not None and name not in ledger.listed
    ended = ledger.ended.get(name, term.now)
    return (name in ledger.scopes or is_new) and term.now < ended + REVISED_FOR


def _first_hour(name: str, term: Term, ledger: Ledger) -> float:
    """Return from which hour on the ledger wants to read a plan."""
    if name in ledger.scopes:
        return instant(ledger.scopes[name].floor)
    since = term.now - REVISED_FOR
    if ledger.born is not None and name not in ledger.listed:
        since = ledger.born - SETTLED_AFTER
    return floor_hour(since if term.start is None else min(term.start, since))


def _used(term: Term) -> Span | None:
    if term.start is None or term.start >= term.last:
        return None
    return _unless_empty(term.span(floor_hour(term.start), term.last))


def _whole(term: Term) -> Span | None:
    if term.start is None or term.end is None or not term.start <= term.now < term.end:
        return None
    return term.span(floor_hour(term.start), term.end)


def _settled(term: Term) -> Span | None:
    """Return the hours whose sum is to be compared: all of them, or the comparison is none."""
    if term.first_hour is None:
        return None
    span = term.span(term.first_hour, min(term.complete_until - 1, term.last))
    return None if span.clipped else _unless_empty(span)


def _unless_empty(span: Span) -> Span | None:
    return None if span.is_empty else span
