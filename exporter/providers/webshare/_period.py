"""Period gauges: the aggregate statistics of the term up to now, by plan and for the account."""

from collections.abc import Callable, Iterator, Sequence

from exporter.metrics import Family, Sample, period
from exporter.providers._answers import unix
from exporter.providers._samples import told
from exporter.providers.webshare import _breakdown
from exporter.providers.webshare._answers import Aggregate
from exporter.reading import Place

TERM = "term"
"""The ``period`` label: the billing term up to now."""

Figure = Callable[[Aggregate], float | None]


def used_samples(used: Aggregate, place: Place) -> Iterator[Sample]:
    """Yield what one plan used in the term up to now."""
    labels = dict(zip(("product", "plan"), place, strict=True))
    for family, value in _figures(used).items():
        yield from told(family, value, **labels, period=TERM)
    last = unix(used.last_request_sent_at)
    yield from told(period.PRODUCT_LAST_REQUEST_TIMESTAMP_SECONDS, last, **labels)
    yield from _breakdowns(used, place)


def projected_samples(whole: Aggregate, place: Place) -> Iterator[Sample]:
    """Yield what the provider expects one plan to use in the *whole* term."""
    product, plan = place
    family, value = period.PRODUCT_PERIOD_PROJECTED_TRAFFIC_BYTES, whole.bandwidth_projected
    yield from told(family, value, product=product, plan=plan, period=TERM)


def _figures(used: Aggregate) -> dict[Family, float | None]:
    return {
        period.PRODUCT_PERIOD_TRAFFIC_BYTES: used.bandwidth_total,
        period.PRODUCT_PERIOD_REQUESTS: used.requests_total,
        period.PRODUCT_PERIOD_REQUEST_FAILURES: used.requests_failed,
        period.PRODUCT_PERIOD_SUCCESS_RATIO: _ratio(used.requests_successful, used.requests_total),
        period.PRODUCT_PERIOD_AVERAGE_REQUEST_BYTES: used.bandwidth_average,
        period.PRODUCT_PERIOD_AVERAGE_CONCURRENCY: used.average_concurrency,
        period.PRODUCT_PERIOD_AVERAGE_REQUESTS_PER_SECOND: used.average_rps,
        period.PRODUCT_PERIOD_PROXIES_USED: used.number_of_proxies_used,
    }


def _breakdowns(used: Aggregate, place: Place) -> Iterator[Sample]:
    common = (*place, TERM)
    for error, count in _breakdown.errors(used).items():
        yield Sample(period.PRODUCT_PERIOD_REQUEST_ERRORS, (*common, *error), count)
    for protocol, count in _breakdown.protocols(used).items():
        yield Sample(period.PRODUCT_PERIOD_PROTOCOL_REQUESTS, (*common, *protocol), count)
    for country, count in _breakdown.countries(used).items():
        yield Sample(period.COUNTRY_PERIOD_REQUESTS, (*common, *country), count)


def account_samples(plans: Sequence[Aggregate | None]) -> Iterator[Sample]:
    """Yield the sums over all active *plans*; None stands for one of which nothing is known.

    A sum that lacks a plan is left out.
    """
    requests = _sum(plans, lambda plan: plan.requests_total)
    successes = _sum(plans, lambda plan: plan.requests_successful)
    sums = {
        period.ACCOUNT_PERIOD_TRAFFIC_BYTES: _sum(plans, lambda plan: plan.bandwidth_total),
        period.ACCOUNT_PERIOD_REQUESTS: requests,
        period.ACCOUNT_PERIOD_SUCCESS_RATIO: _ratio(successes, requests),
    }
    for family, value in sums.items():
        yield from told(family, value, period=TERM)


def _sum(plans: Sequence[Aggregate | None], figure: Figure) -> float | None:
    found = [None if plan is None else figure(plan) for plan in plans]
    known = [value for value in found if value is not None]
    return sum(known) if plans and len(known) == len(found) else None


def _ratio(successes: float | None, requests: float | None) -> float | None:
    """Return the share; the two may be of moments that differ, and successes the later ones."""
    return min(1.0, successes / requests) if requests and successes is not None else None
