"""The collector ``usage``: periods, and the counters from the day buckets of ``7d``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from http import HTTPStatus

from exporter.api import Api
from exporter.errors import PayloadError, PollError, RequestError, worst
from exporter.metrics import Sample, period, proof, usage
from exporter.providers._provider import Collector, Context, Report, gather, reads
from exporter.providers._samples import told
from exporter.providers.evomi._answers import CODES, Usage
from exporter.providers.evomi._held import GUESSES, held
from exporter.providers.evomi._options import Options
from exporter.providers.evomi._traffic import Bucket, Traffic, read_traffic
from exporter.reading import (
    Reading,
    ScopeReading,
    StatedTotal,
    Statement,
    WindowReading,
    WindowSpan,
)

PATH = "/public/usage"

LEDGER_PERIOD = "7d"
"""The longest period: what an outage may last without loss."""

DAY_SECONDS = 24 * 3600

OFFERED_SECONDS = 6 * DAY_SECONDS
"""How far back ``7d`` reaches at the least. Days without traffic have no bucket to show it."""

SLACK_SECONDS = 38 * 3600
"""A day, and 14 hours because the zone of the keys is not known."""

SETTLED_SECONDS = 900
"""How far usage is behind the traffic (third parties saw some minutes)."""

KEEP = 14
"""Buckets that stay open: twice as many as an answer has."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The traffic of each product, by period; *shown* are the periods to show."""

    at: float
    shown: tuple[str, ...]
    products: Mapping[str, Mapping[str, Traffic]]
    failures: Mapping[str, PollError]


async def fetch(api: Api, context: Context) -> Answer:
    """One request for each product and period, ``7d`` always among them.

    A product that the account need not hold is left out when the provider refuses to tell of it.
    Raises: PollError, also when no product was answered: all stays as it was then.
    """
    options = context.options_as(Options)
    shown = tuple(dict.fromkeys(options.periods))
    asked, doubtful = await held(api, options)
    products, failures = await gather({one: partial(_ask_all, api, one, shown) for one in asked})
    refused = {one for one in doubtful & failures.keys() if _is_refusal(failures[one])}
    if refused.issuperset(GUESSES):
        raise failures[GUESSES[-1]]
    failures = {one: error for one, error in failures.items() if one not in refused}
    if failures and not products:
        raise worst(failures.values())
    return Answer(api.now, shown, products, failures)


def _is_refusal(error: PollError) -> bool:
    return isinstance(error, RequestError) and error.status == HTTPStatus.BAD_REQUEST


async def _ask_all(api: Api, product: str, shown: tuple[str, ...]) -> Mapping[str, Traffic]:
    """Ask for *product* by its own code, then once by the one that ``public`` has for it."""
    code = product
    try:
        week = await _ask(api, code, LEDGER_PERIOD)
    except RequestError as error:
        others = [other for other, own in CODES.items() if own == product]
        if not others or not _is_refusal(error):
            raise
        code = others[0]
        week = await _ask(api, code, LEDGER_PERIOD)
    rest = [name for name in shown if name != LEDGER_PERIOD]
    return {LEDGER_PERIOD: week} | {name: await _ask(api, code, name) for name in rest}


async def _ask(api: Api, code: str, name: str) -> Traffic:
    answer = await api.get(PATH, Usage, {"period": name, "product": code})
    traffic = read_traffic(answer, code, f"GET {PATH}")
    if name == LEDGER_PERIOD and traffic.granularity not in (None, "day"):
        # An hour would have the key of its day, and count again what the day has counted.
        raise PayloadError(f"GET {PATH} $.meta.granularity", "the buckets are not days")
    return traffic


def parse(answer: Answer) -> Report:
    """Return each product as a part, the account's sums as another, and what the ledger needs."""
    parts = {one: tuple(_gauges(one, answer)) for one in answer.products}
    return Report({**parts, "": tuple(_sums(answer))}, answer.failures, read_statement(answer))


def _gauges(product: str, answer: Answer) -> Iterator[Sample]:
    for name in answer.shown:
        traffic = answer.products[product][name]
        labels = {"product": product, "plan": "", "period": name}
        yield from told(period.PRODUCT_PERIOD_TRAFFIC_BYTES, traffic.total, **labels)
        for component, part in traffic.components.items():
            family = period.PRODUCT_PERIOD_COMPONENT_TRAFFIC_BYTES
            yield family.sample(part, **labels, component=component)


def _sums(answer: Answer) -> Iterator[Sample]:
    """Yield the sum over the products of each period in which none is missing."""
    if answer.failures or not answer.products:
        return
    for name in answer.shown:
        totals = [periods[name].total for periods in answer.products.values()]
        known = [total for total in totals if total is not None]
        if len(known) == len(totals):
            yield period.ACCOUNT_PERIOD_TRAFFIC_BYTES.sample(sum(known), period=name)


def read_statement(answer: Answer) -> Statement:
    """Return what the week of each product says to the ledger."""
    weeks = {one: periods[LEDGER_PERIOD] for one, periods in answer.products.items()}
    scopes = (_scope(one, week, answer.at) for one, week in weeks.items())
    totals = (_total(one, week) for one, week in weeks.items())
    return Statement(
        at=answer.at,
        scopes=tuple(scope for scope in scopes if scope is not None),
        failed=frozenset(answer.failures) | {one for one, week in weeks.items() if week.hides},
        owners={
            f"proxy_username/{one}": frozenset({sha256(week.owner.encode()).hexdigest()})
            for one, week in weeks.items()
            if week.owner
        },
        totals=tuple(total for total in totals if total is not None),
    )


def _scope(product: str, week: Traffic, at: float) -> ScopeReading | None:
    """Return None when nothing is said of days: the ledger must not take that for no traffic."""
    if week.hides or (not week.buckets and week.stated is None):
        return None
    oldest = week.buckets[0].start if week.buckets else at
    return ScopeReading(
        scope=product,
        place=(product, ""),
        windows=tuple(
            WindowReading(one.id, one.start, tuple(_readings(product, one)), partial=not number)
            for number, one in enumerate(week.buckets)
        ),
        slack=SLACK_SECONDS,
        keep=KEEP,
        offered_since=min(oldest, at - OFFERED_SECONDS),
        complete_until=at - SETTLED_SECONDS,
    )


def _readings(product: str, bucket: Bucket) -> Iterator[Reading]:
    yield Reading(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, (product, ""), bucket.total)
    for component, part in bucket.components.items():
        labels = (product, "", component)
        family = usage.PRODUCT_COMPONENT_TRAFFIC_BYTES_TOTAL
        yield Reading(family, labels, part, (component,))


def _total(product: str, week: Traffic) -> StatedTotal | None:
    """Return the provider's total without the oldest bucket, which it trims."""
    if week.stated is None or not week.buckets:
        return None
    oldest = week.buckets[0]
    # As text, this lies right after the oldest.
    span = WindowSpan(frozenset({product}), since=f"{oldest.id}~")
    return StatedTotal(product, (product, ""), week.stated - oldest.total, (span,))


USAGE = Collector(
    name="usage",
    interval=300.0,
    poll=reads(fetch, parse),
    required=True,
    families=(
        usage.PRODUCT_TRAFFIC_BYTES_TOTAL,
        usage.PRODUCT_COMPONENT_TRAFFIC_BYTES_TOTAL,
        proof.USAGE_CORRECTIONS_BYTES_TOTAL,
        proof.USAGE_DISCREPANCY_BYTES,
        proof.USAGE_COMPLETE_UNTIL_TIMESTAMP_SECONDS,
        proof.USAGE_GAP_SECONDS_TOTAL,
        period.ACCOUNT_PERIOD_TRAFFIC_BYTES,
        period.PRODUCT_PERIOD_TRAFFIC_BYTES,
        period.PRODUCT_PERIOD_COMPONENT_TRAFFIC_BYTES,
    ),
)
"""What was used, by period and since counting began."""
