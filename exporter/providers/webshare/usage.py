"""The collector ``usage``: what each plan has used, and what it may use.

The hourly statistics feed the ledger, the aggregate ones the gauges of the term.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from exporter.api import Api
from exporter.errors import PollError, RequestError, UnsupportedError
from exporter.metrics import Sample, period, plans, proof, usage
from exporter.providers._answers import unix
from exporter.providers._provider import Collector, Context, Report, gather, in_turn, reads
from exporter.providers.webshare import _period, _quota
from exporter.providers.webshare._answers import Aggregate, Hour, Plan, Subscription
from exporter.providers.webshare._hours import ask_hours, read_hours
from exporter.providers.webshare._plans import ACTIVE, CANCELLED, list_plans, place
from exporter.providers.webshare._spans import (
    SETTLED,
    USED,
    WHOLE,
    Span,
    Spans,
    Term,
    choose_spans,
    read_term,
)
from exporter.providers.webshare._times import text_of
from exporter.reading import StatedTotal, Statement, WindowSpan

ACCOUNT = ""
"""The part that needs no statistics; the others are named by what was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """All that one poll was told.

    *spans* and *hours* are by the id of the plan, *aggregates* by its id and the span's name.
    *failures* are by either.
    """

    term: Term
    subscription: Subscription
    plans: Mapping[str, Plan]
    spans: Mapping[str, Spans]
    hours: Mapping[str, list[Hour]]
    aggregates: Mapping[str, Aggregate]
    failures: Mapping[str, PollError]

    def aggregate(self, plan: str, span: str) -> Aggregate | None:
        """Return the sum over *span*; None when it was not asked for, or in vain."""
        return self.aggregates.get(_part(plan, span))


async def fetch(api: Api, context: Context) -> Answer:
    """Ask for the subscription and its plans, then for the statistics of each plan.

    Raises: PollError.
    """
    subscription = await api.get("/api/v2/subscription/", Subscription)
    listed = await list_plans(api)
    term = read_term(subscription, api.now)
    spans = choose_spans(listed, term, context.ledger)
    told, _ = await gather(
        {name: partial(_ask_plan, api, name, one) for name, one in spans.items()}
    )
    answers = {part: one for found, _ in told.values() for part, one in found.items()}
    return Answer(
        term,
        subscription,
        listed,
        spans,
        hours={part: one for part, one in answers.items() if isinstance(one, list)},
        aggregates={part: one for part, one in answers.items() if isinstance(one, Aggregate)},
        failures={part: one for _, failed in told.values() for part, one in failed.items()},
    )


async def _ask_plan(
    api: Api, name: str, spans: Spans
) -> tuple[dict[str, list[Hour] | Aggregate], dict[str, PollError]]:
    """Ask for one thing after the other: a plan that hangs leaves the way to the others open."""
    jobs: dict[str, Callable[[], Awaitable[list[Hour] | Aggregate]]] = {
        name: partial(_ask_hours, api, name, spans.hours)
    }
    for kind, span in spans.aggregates.items():
        jobs[_part(name, kind)] = partial(_ask_aggregate, api, name, span)
    return await in_turn(jobs)


async def _ask_hours(api: Api, name: str, span: Span) -> list[Hour]:
    if span.is_empty:
        return []
    return await ask_hours(api, {**span.params, "plan_id": name})


async def _ask_aggregate(api: Api, name: str, span: Span) -> Aggregate:
    return await api.get("/api/v2/stats/aggregate/", Aggregate, {**span.params, "plan_id": name})


def _part(plan: str, span: str) -> str:
    return f"{plan} {span}"


def parse(answer: Answer) -> Report:
    """Return the gauges of each plan and of the account, and the statement for the ledger."""
    failures = dict(_failures(answer))
    parts = {ACCOUNT: tuple(_account_samples(answer)), **dict.fromkeys(answer.hours, ())}
    for name, spans in answer.spans.items():
        for kind in spans.aggregates:
            aggregate = answer.aggregate(name, kind)
            if aggregate is not None:
                samples = _aggregate_samples(answer.plans[name], spans, kind, aggregate)
                parts[_part(name, kind)] = tuple(samples)
    return Report(parts, failures, _statement(answer, frozenset(failures)))


def _failures(answer: Answer) -> Iterator[tuple[str, PollError]]:
    """Yield what failed.

    Statistics of an active plan are never too much to ask. Of a plan that is over, the provider may
    refuse the hours: then there is nothing left to count.
    """
    over = {name for name, plan in answer.plans.items() if plan.status != ACTIVE}
    for part, error in answer.failures.items():
        if not isinstance(error, UnsupportedError | RequestError):
            yield part, error
        elif part not in over:
            yield part, PollError(error.where, error.what, reason=error.reason)


def _aggregate_samples(
    plan: Plan, spans: Spans, kind: str, aggregate: Aggregate
) -> Iterator[Sample]:
    if kind == USED:
        yield from _period.used_samples(aggregate, place(plan))
        yield from _quota.used_samples(plan, aggregate.bandwidth_total)
    # Once the term is over, the term up to now is the whole one.
    if kind == WHOLE or (kind == USED and spans.whole is None):
        yield from _period.projected_samples(aggregate, place(plan))


def _account_samples(answer: Answer) -> Iterator[Sample]:
    active = {name: plan for name, plan in answer.plans.items() if plan.status == ACTIVE}
    yield from _period.account_samples([answer.aggregate(name, USED) for name in active])
    yield from _quota.account_samples(answer.plans.values(), answer.subscription)
    for plan in active.values():
        yield from _quota.plan_samples(plan, answer.subscription)


def _statement(answer: Answer, failed: frozenset[str]) -> Statement:
    term = answer.term
    scopes = tuple(
        read_hours(
            hours,
            place(answer.plans[name]),
            span=answer.spans[name].hours,
            term=term,
            is_over=answer.plans[name].status != ACTIVE,
        )
        for name, hours in answer.hours.items()
    )
    return Statement(
        at=term.now,
        scopes=scopes,
        failed=failed & answer.plans.keys(),
        listed={name: unix(plan.created_at) for name, plan in answer.plans.items()},
        ended=frozenset(name for name, plan in answer.plans.items() if plan.status == CANCELLED),
        owners={"plan": frozenset(answer.plans)},
        totals=tuple(_totals(answer)),
    )


def _totals(answer: Answer) -> Iterator[StatedTotal]:
    """Yield the provider's own sums of the term's settled hours."""
    until = text_of(answer.term.complete_until)
    for name, spans in answer.spans.items():
        stated = answer.aggregate(name, SETTLED)
        if spans.settled is None or stated is None or stated.bandwidth_total is None:
            continue
        windows = WindowSpan(frozenset({name}), text_of(spans.settled.first), until)
        part, total = _part(name, SETTLED), round(stated.bandwidth_total)
        yield StatedTotal(part, place(answer.plans[name]), total, (windows,))


USAGE = Collector(
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
"""What was used, by term and since counting began, and what may be."""
