"""The collector ``usage``: periods, and the counters from the one period that never resets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from exporter.api import Api
from exporter.errors import PayloadError, PollError
from exporter.metrics import Sample, period, proof, usage
from exporter.providers._answers import given
from exporter.providers._provider import Collector, Context, Report, gather, reads
from exporter.providers._samples import add_up, told
from exporter.providers.weproxies._answers import (
    Envelope,
    Period,
    SubscriptionUsage,
    Summary,
    Total,
    ask,
    unix_of,
)
from exporter.providers.weproxies._options import Options
from exporter.reading import (
    Reading,
    ScopeReading,
    StatedTotal,
    Statement,
    WindowReading,
    WindowSpan,
)

NAME = "usage"
PATH = "/api/v1/usage"

ALL = "all"
"""The period that feeds the ledger, and the id of its one window."""

MOST_PERCENT = 101
"""A little above 100 is a rounding of theirs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The summaries by period, with what is needed to read them.

    *shown* are the periods to show, *known* the subscriptions that the ledger has.
    """

    at: float
    shown: tuple[str, ...]
    known: frozenset[str]
    summaries: Mapping[str, Summary]
    failures: Mapping[str, PollError]


async def fetch(api: Api, context: Context) -> Answer:
    """One request a period, ``all`` always among them."""
    shown = context.options_as(Options).periods
    scopes = context.ledger.scopes.items()
    known = frozenset(name for name, scope in scopes if scope.collector == NAME)
    jobs = {name: partial(ask_summary, api, name) for name in dict.fromkeys((*shown, ALL))}
    summaries, failures = await gather(jobs)
    return Answer(api.now, tuple(dict.fromkeys(shown)), known, summaries, failures)


async def ask_summary(api: Api, name: str) -> Summary:
    """Return the summary of the period *name*.

    Raises: PollError.
    """
    summary = await ask(api, PATH, Envelope[Summary], {"period": name})
    total = given(summary.total) or Total()
    if summary.total is None and given(summary.by_subscription) is None:
        raise PayloadError(f"GET {PATH} $.data", "the answer has neither total nor subscriptions")
    if not summary.by_subscription and (total.bytes_used or total.requests):
        where = f"GET {PATH} $.data.by_subscription"
        raise PayloadError(where, "no subscription beside a total above 0")
    return summary


def parse(answer: Answer) -> Report:
    """Return the periods asked for as parts, and what ``all`` says to the ledger."""
    parts = {
        name: tuple(_gauges(name, summary)) if name in answer.shown else ()
        for name, summary in answer.summaries.items()
    }
    return Report(parts, answer.failures, _statement(answer))


def _gauges(name: str, summary: Summary) -> Iterator[Sample]:
    rows = given(summary.by_subscription) or ()
    total = given(summary.total) or Total()
    traffic = _stated(total.bytes_used, [row.bytes_used for row in rows])
    requests = _stated(total.requests, [row.requests for row in rows])
    yield from told(period.ACCOUNT_PERIOD_TRAFFIC_BYTES, traffic, period=name)
    yield from told(period.ACCOUNT_PERIOD_REQUESTS, requests, period=name)
    yield from told(period.ACCOUNT_PERIOD_SUCCESS_RATIO, _ratio(total.success_rate), period=name)
    yield from add_up(sample for row in rows for sample in _row_gauges(name, row))
    span = given(summary.period) or Period()
    labels = {"product": "", "plan": "", "period": name}
    yield from told(period.PERIOD_START_TIMESTAMP_SECONDS, unix_of(span.start), **labels)
    yield from told(period.PERIOD_END_TIMESTAMP_SECONDS, unix_of(span.end), **labels)


def _ratio(percent: float | None) -> float | None:
    """Return the ratio; None when *percent* is none, beyond what rounding explains."""
    if percent is None or not 0 <= percent <= MOST_PERCENT:
        return None
    return min(1.0, percent / 100)


def _stated(total: float | None, rows: list[float | None]) -> float | None:
    """Return what the provider states for the account, else the sum of its subscriptions."""
    known = [row for row in rows if row is not None]
    if total is not None or not rows or len(known) < len(rows):
        return total
    return sum(known)


def _row_gauges(name: str, row: SubscriptionUsage) -> Iterator[Sample]:
    labels = {"product": row.product, "plan": row.plan, "period": name}
    yield from told(period.PRODUCT_PERIOD_TRAFFIC_BYTES, row.bytes_used, **labels)
    yield from told(period.PRODUCT_PERIOD_REQUESTS, row.requests, **labels)


def _statement(answer: Answer) -> Statement | None:
    """Return None when ``all`` failed, or does not tell which subscriptions there are."""
    summary = answer.summaries.get(ALL)
    if summary is None or (listed := _listed(summary)) is None:
        return None
    rows: dict[str, list[SubscriptionUsage]] = {}
    for row in listed:
        rows.setdefault(row.plan, []).append(row)
    ids = frozenset(rows)
    return Statement(
        at=answer.at,
        scopes=tuple(_scope(id_, found) for id_, found in rows.items()),
        listed=dict.fromkeys(ids),
        owners={"subscription": ids},
        totals=tuple(_totals(summary, ids, answer.known)),
    )


def _listed(summary: Summary) -> tuple[SubscriptionUsage, ...] | None:
    """Return the subscriptions: none where null stands beside a total of 0, None if not told."""
    total = given(summary.total) or Total()
    is_empty = summary.by_subscription is None and total.bytes_used == 0
    return () if is_empty else given(summary.by_subscription)


def _scope(id_: str, rows: list[SubscriptionUsage]) -> ScopeReading:
    """Return what *rows*, which are one subscription's, say; its first name counts.

    The one window began before we did, so that what it first holds is no usage of ours.
    """
    place = (rows[0].product, id_)
    readings = tuple(reading for row in rows for reading in _readings(row, place))
    return ScopeReading(scope=id_, place=place, windows=(WindowReading(ALL, 0.0, readings),))


def _readings(row: SubscriptionUsage, place: tuple[str, str]) -> Iterator[Reading]:
    if row.bytes_used is not None:
        yield Reading(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, place, round(row.bytes_used))
    if row.requests is not None:
        yield Reading(usage.PRODUCT_REQUESTS_TOTAL, place, round(row.requests))


def _totals(summary: Summary, ids: frozenset[str], known: frozenset[str]) -> Iterator[StatedTotal]:
    """Yield the provider's total: of the subscriptions listed, or of all that ever were."""
    total = given(summary.total)
    if total is not None and total.bytes_used is not None:
        spans = (WindowSpan(ids), WindowSpan(ids | known))
        yield StatedTotal(ALL, ("", ""), round(total.bytes_used), spans)


USAGE = Collector(
    name=NAME,
    interval=300.0,
    poll=reads(fetch, parse),
    required=True,
    families=(
        usage.PRODUCT_TRAFFIC_BYTES_TOTAL,
        usage.PRODUCT_REQUESTS_TOTAL,
        proof.USAGE_CORRECTIONS_BYTES_TOTAL,
        proof.USAGE_CORRECTIONS_REQUESTS_TOTAL,
        proof.USAGE_DISCREPANCY_BYTES,
        proof.USAGE_GAP_SECONDS_TOTAL,
        period.ACCOUNT_PERIOD_TRAFFIC_BYTES,
        period.ACCOUNT_PERIOD_REQUESTS,
        period.ACCOUNT_PERIOD_SUCCESS_RATIO,
        period.PRODUCT_PERIOD_TRAFFIC_BYTES,
        period.PRODUCT_PERIOD_REQUESTS,
        period.PERIOD_START_TIMESTAMP_SECONDS,
        period.PERIOD_END_TIMESTAMP_SECONDS,
    ),
)
"""What was used, by period and since counting began."""
