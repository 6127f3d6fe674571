"""Webshare's usage: what each plan has used, and what it may use.

The hourly statistics feed the ledger, the aggregate ones the gauges of the term.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from exporter.api import Api
from exporter.errors import PollError, RequestError, UnsupportedError
from exporter.metrics import Sample, period, plans, proof, usage
from exporter.providers._provider import Collector, Context, Report, gather, reads
from exporter.providers.webshare import _period, _quota
from exporter.providers.webshare._answers import Aggregate, Hour, Plan, Subscription
from exporter.providers.webshare._hours import ask_hours, read_hours
from exporter.providers.webshare._plans import ACTIVE, CANCELLED, list_plans, place
from exporter.providers.webshare._spans import Span, Spans, Term, choose_spans, read_term
from exporter.providers.webshare._times import text_of, unix
from exporter.reading import Span as WindowSpan
from exporter.reading import StatedTotal, Statement

ACCOUNT = ""
"""The part that holds what concerns no single plan; the others are named by the plan's id."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What one plan answered to what *spans* asks for; None was not asked."""

    spans: Spans
    hours: tuple[Hour, ...]
    used: Aggregate | None
    whole: Aggregate | None
    settled: Aggregate | None


@dataclass(frozen=True, slots=True)
class Answer:
    """All that one poll was told; *statistics* and *failures* are by the id of the plan."""

    term: Term
    subscription: Subscription
    plans: Mapping[str, Plan]
    statistics: Mapping[str, Statistics]
    failures: Mapping[str, PollError]


async def fetch(api: Api, context: Context) -> Answer:
    """Ask for the subscription and its plans, then for the statistics of each plan.

    Raises: PollError.
    """
    subscription = await api.get("/api/v2/subscription/", Subscription)
    listed = await list_plans(api)
    term = read_term(subscription, api.now)
    spans = choose_spans(listed, term, context.ledger)
    jobs = {name: partial(_ask, api, name, one) for name, one in spans.items()}
    statistics, failures = await gather(jobs)
    return Answer(term, subscription, listed, statistics, failures)


async def _ask(api: Api, name: str, spans: Spans) -> Statistics:
    hours: list[Hour] = []
    if not spans.hours.is_empty:
        params = {**spans.hours.params, "plan_id": name}
        hours = await ask_hours(api, params)
    used = await _aggregate(api, name, spans.used)
    whole = await _aggregate(api, name, spans.whole)
    settled = await _aggregate(api, name, spans.settled)
    return Statistics(spans, tuple(hours), used, whole, settled)


async def _aggregate(api: Api, name: str, span: Span | None) -> Aggregate | None:
    if span is None:
        return None
    return await api.get("/api/v2/stats/aggregate/", Aggregate, {**span.params, "plan_id": name})


def parse(answer: Answer) -> Report:
    """Return the gauges of each plan and of the account, and the statement for the ledger."""
    failures = dict(_failures(answer))
    parts = {
        name: tuple(_plan_samples(answer, name, one)) for name, one in answer.statistics.items()
    }
    parts[ACCOUNT] = tuple(_account_samples(answer))
    return Report(parts, failures, _state(answer, frozenset(failures)))


def _failures(answer: Answer) -> Iterator[tuple[str, PollError]]:
    """Yield what failed.

    Statistics of an active plan are never too much to ask. Of a plan that is over, the provider may
    refuse them: then there is nothing left to count.
    """
    for name, error in answer.failures.items():
        is_refused = isinstance(error, UnsupportedError | RequestError)
        if not is_refused:
            yield name, error
        elif answer.plans[name].status == ACTIVE:
            yield name, PollError(error.where, error.what, reason=error.reason)


def _plan_samples(answer: Answer, name: str, statistics: Statistics) -> Iterator[Sample]:
    plan, used = answer.plans[name], statistics.used
    if plan.status != ACTIVE:
        return
    if used is not None:
        # Once the term is over, the term up to now is the whole one.
        yield from _period.plan_samples(used, statistics.whole or used, place(plan))
    traffic = None if used is None else used.bandwidth_total
    yield from _quota.plan_samples(plan, answer.subscription, used=traffic)


def _account_samples(answer: Answer) -> Iterator[Sample]:
    active = [name for name, plan in answer.plans.items() if plan.status == ACTIVE]
    known = {name: statistics.used for name, statistics in answer.statistics.items()}
    yield from _period.account_samples([known.get(name) for name in active])
    yield from _quota.account_samples(answer.plans.values(), answer.subscription)


def _state(answer: Answer, failed: frozenset[str]) -> Statement:
    term = answer.term
    scopes = tuple(
        read_hours(
            one.hours,
            place(answer.plans[name]),
            span=one.spans.hours,
            term=term,
            is_over=answer.plans[name].status != ACTIVE,
        )
        for name, one in answer.statistics.items()
    )
    return Statement(
        at=term.now,
        scopes=scopes,
        failed=failed,
        listed={name: unix(plan.created_at) for name, plan in answer.plans.items()},
        ended=frozenset(name for name, plan in answer.plans.items() if plan.status == CANCELLED),
        owners={"plan": frozenset(answer.plans)},
        totals=tuple(_totals(answer)),
    )


def _totals(answer: Answer) -> Iterator[StatedTotal]:
    """Yield the provider's own sums of the term's settled hours."""
    until = text_of(answer.term.complete_until)
    for name, one in answer.statistics.items():
        if one.spans.settled is None or one.settled is None or one.settled.bandwidth_total is None:
            continue
        span = WindowSpan(frozenset({name}), text_of(one.spans.settled.first), until)
        total = round(one.settled.bandwidth_total)
        yield StatedTotal(name, place(answer.plans[name]), total, (span,))


COLLECTOR = Collector(
    name="usage",
    interval=300,
    required=True,
    poll=reads(fetch, parse),
    families=(
        usage.PRODUCT_TRAFFIC_BYTES_TOTAL,
        usage.PRODUCT_REQUESTS_TOTAL,
        usage.PRODUCT_REQUEST_FAILURES_TOTAL,
        usage.PRODUCT_REQUEST_ERRORS_TOTAL,
        usage.PRODUCT_PROTOCOL_REQUESTS_TOTAL,
        usage.COUNTRY_REQUESTS_TOTAL,
        proof.USAGE_CORRECTIONS_BYTES_TOTAL,
        proof.USAGE_CORRECTIONS_REQUESTS_TOTAL,
        proof.USAGE_DISCREPANCY_BYTES,
        proof.USAGE_COMPLETE_UNTIL_TIMESTAMP_SECONDS,
        proof.USAGE_GAP_SECONDS_TOTAL,
        period.ACCOUNT_PERIOD_TRAFFIC_BYTES,
        period.ACCOUNT_PERIOD_REQUESTS,
        period.ACCOUNT_PERIOD_SUCCESS_RATIO,
        period.PRODUCT_PERIOD_TRAFFIC_BYTES,
        period.PRODUCT_PERIOD_REQUESTS,
        period.PRODUCT_PERIOD_REQUEST_FAILURES,
        period.PRODUCT_PERIOD_REQUEST_ERRORS,
        period.PRODUCT_PERIOD_PROTOCOL_REQUESTS,
        period.PRODUCT_PERIOD_SUCCESS_RATIO,
        period.PRODUCT_PERIOD_PROJECTED_TRAFFIC_BYTES,
        period.PRODUCT_PERIOD_AVERAGE_REQUEST_BYTES,
        period.PRODUCT_PERIOD_AVERAGE_CONCURRENCY,
        period.PRODUCT_PERIOD_AVERAGE_REQUESTS_PER_SECOND,
        period.PRODUCT_PERIOD_PROXIES_USED,
        period.PRODUCT_LAST_REQUEST_TIMESTAMP_SECONDS,
        period.COUNTRY_PERIOD_REQUESTS,
        period.PERIOD_START_TIMESTAMP_SECONDS,
        period.PERIOD_END_TIMESTAMP_SECONDS,
        plans.PRODUCT_TRAFFIC_LIMIT_BYTES,
        plans.PRODUCT_TRAFFIC_UNLIMITED,
        plans.PRODUCT_TRAFFIC_USED_BYTES,
        plans.PRODUCT_TRAFFIC_REMAINING_BYTES,
        plans.PLAN_INFO,
        plans.PLAN_STATUS,
        plans.PLAN_EXPIRY_TIMESTAMP_SECONDS,
        plans.ACCOUNT_AUTO_RENEWAL,
        plans.PLAN_PRICE_USD,
        plans.PLAN_REFRESHES_AVAILABLE,
        plans.PLAN_REPLACEMENTS_AVAILABLE,
        plans.ACCOUNT_THROTTLED,
        plans.ACCOUNT_RENEWAL_FAILURES,
        plans.ACCOUNT_CREDITS_USD,
    ),
)
