"""The collector ``subscriptions``: what was bought, what is left, and until when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec import UnsetType

from exporter.api import Api
from exporter.metrics import Sample, plans
from exporter.providers._answers import given
from exporter.providers._provider import Collector, Context, Report, reads
from exporter.providers._samples import told
from exporter.providers._units import GIB
from exporter.providers.weproxies._answers import (
    Envelope,
    Pagination,
    Subscription,
    Subscriptions,
    rows,
    unix_of,
)
from exporter.reading import Statement

PATH = "/api/v1/subscriptions"

ACTIVE = "active"
STATUSES = (ACTIVE, "suspended", "expired")
"""Asked for one by one: the documentation does not say what is listed without a filter."""

UNKNOWN = "unknown"

PAGE_SIZE = 100
"""The largest that the documentation allows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Every subscription by its id, with its status."""

    at: float
    subscriptions: Mapping[str, tuple[Subscription, str]]


async def fetch(api: Api, _context: Context) -> Answer:
    """One request a page of each status; a subscription that moves between them is listed once."""
    found: dict[str, tuple[Subscription, str]] = {}
    for status in STATUSES:
        params: dict[str, str | int] = {"status": status, "page": 1, "per_page": PAGE_SIZE}
        pages = api.pages(PATH, Envelope[Subscriptions], following=_following, params=params)
        async for page in pages:
            for one in rows(page, f"GET {PATH}"):
                found.setdefault(one.plan, (one, one.status or status))
    return Answer(api.now, found)


def _following(page: Envelope[Subscriptions]) -> Mapping[str, str | int] | None:
    pagination = given(page.pagination) or Pagination()
    number = pagination.page or 1
    return {"page": number + 1} if number < (pagination.total_pages or 1) else None


def parse(answer: Answer) -> Report:
    """Return all subscriptions as one part, and tell the ledger when each began."""
    found = answer.subscriptions.values()
    gauges = tuple(sample for one, status in found for sample in _gauges(one, status))
    listed = {one.plan: unix_of(one.created_at) for one, _ in found}
    return Report({"": gauges}, statement=Statement(at=answer.at, listed=listed))


def _gauges(one: Subscription, status: str) -> Iterator[Sample]:
    labels = {"product": one.product_name, "plan": one.plan}
    present = status if status in STATUSES else UNKNOWN
    for known in (*STATUSES, UNKNOWN):
        yield plans.PLAN_STATUS.sample(known == present, **labels, status=known)
    if status != ACTIVE:
        return
    yield plans.PLAN_INFO.sample(1, **labels, name=one.product_name)
    yield from _quota(one, labels)
    yield from told(plans.PLAN_EXPIRY_TIMESTAMP_SECONDS, unix_of(one.expires_at), **labels)


def _quota(one: Subscription, labels: Mapping[str, str]) -> Iterator[Sample]:
    """Yield what is bought, used and left; where there is no limit, nothing is left of it."""
    yield from told(plans.PRODUCT_TRAFFIC_USED_BYTES, _bytes(one.traffic_used_gb), **labels)
    limit = one.traffic_limit_gb
    if not isinstance(limit, UnsetType):
        yield plans.PRODUCT_TRAFFIC_UNLIMITED.sample(not limit, **labels)
        yield from told(plans.PRODUCT_TRAFFIC_LIMIT_BYTES, _bytes(limit or None), **labels)
    if limit or isinstance(limit, UnsetType):
        left = _bytes(one.traffic_remaining_gb)
        yield from told(plans.PRODUCT_TRAFFIC_REMAINING_BYTES, left, **labels)


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * GIB)


SUBSCRIPTIONS = Collector(
    name="subscriptions",
    interval=900.0,
    poll=reads(fetch, parse),
    families=(
        plans.PLAN_STATUS,
        plans.PLAN_INFO,
        plans.PLAN_EXPIRY_TIMESTAMP_SECONDS,
        plans.PRODUCT_TRAFFIC_UNLIMITED,
        plans.PRODUCT_TRAFFIC_LIMIT_BYTES,
        plans.PRODUCT_TRAFFIC_USED_BYTES,
        plans.PRODUCT_TRAFFIC_REMAINING_BYTES,
    ),
)
"""What was bought, what is left, and until when."""
