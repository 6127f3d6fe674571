"""The answers, typed. Only what we use, and optional unless it is documented as always there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from exporter.providers._answers import Amount, Nothing, Rows, Text

Counts = Annotated[dict[Text, Amount | None], Rows] | Nothing
"""Requests or proxies by a code. An empty one may come as a list."""


def rows(counts: Counts) -> Mapping[str, float]:
    """Return what *counts* says."""
    if not isinstance(counts, dict):
        return {}
    return {code: count for code, count in counts.items() if count is not None}


class Subscription(Struct, frozen=True):
    """``GET /api/v2/subscription/``: the account's term and money."""

    id: int
    start_date: datetime | None = None
    end_date: datetime | None = None
    term: str | None = None
    renewals_paid: Amount | None = None
    will_renew: bool | None = None
    renewals_enabled: bool | None = None
    failed_payment_times: Amount | None = None
    throttled: bool | None = None
    free_credits: Amount | None = None


class Plan(Struct, frozen=True):
    """One plan of ``GET /api/v2/subscription/plan/``. A *bandwidth_limit* of 0 is no limit."""

    id: int | Text
    status: Text | None = None
    proxy_type: Text | None = None
    proxy_subtype: Text | None = None
    bandwidth_limit: Amount | UnsetType | None = UNSET
    monthly_price: Amount | None = None
    yearly_price: Amount | None = None
    on_demand_refreshes_available: Amount | None = None
    proxy_replacements_available: Amount | None = None
    created_at: datetime | None = None


class PlanPage(Struct, frozen=True):
    """One page of plans, cancelled ones among them."""

    results: Annotated[list[Plan], Rows]
    next: str | None = None


class ErrorReason(Struct, frozen=True):
    """Requests that failed for one reason; *http_status* is null when there was no answer."""

    reason: Text | None = None
    type: Text | None = None
    http_status: int | Text | None = None
    count: Amount | None = None


class Usage(Struct, frozen=True, kw_only=True):
    """What the statistics of an hour and of a term have in common."""

    bandwidth_total: Amount | None = None
    requests_total: Amount | None = None
    requests_failed: Amount | None = None
    error_reasons: Annotated[list[ErrorReason], Rows] | None = None
    countries_used: Counts = None
    protocols_used: Counts = None


class Hour(Usage, frozen=True, kw_only=True):
    """One hour of ``GET /api/v2/stats/``, which begins at *timestamp*."""

    timestamp: datetime
    is_projected: bool | None = None


class Aggregate(Usage, frozen=True, kw_only=True):
    """``GET /api/v2/stats/aggregate/``: a span as a whole."""

    bandwidth_projected: Amount | None = None
    bandwidth_average: Amount | None = None
    requests_successful: Amount | None = None
    number_of_proxies_used: Amount | None = None
    average_concurrency: Amount | None = None
    average_rps: Amount | None = None
    last_request_sent_at: datetime | None = None


class ProxyStatus(Struct, frozen=True):
    """``GET /api/v3/proxy/list/status``: the proxies of a plan by country."""

    countries: Counts
    unallocated_countries: Counts = None


class Limits(Struct, frozen=True):
    """``GET /api/v2/verification/limits/``: what the abuse team lets the account do."""

    proxy_state: str | None


class Notice(Struct, frozen=True):
    """One notice of ``GET /api/v2/notification/``: open while *dismissed_at* is null."""

    id: int | Text
    type: Text | None = None
    dismissed_at: datetime | None = None


class NoticePage(Struct, frozen=True):
    """One page of notices, dismissed ones among them."""

    results: Annotated[list[Notice], Rows]
    next: str | None = None
