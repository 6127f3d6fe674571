"""Quota: what the plans and the subscription allow, cost, and when they end."""

from collections.abc import Iterable, Iterator

from msgspec import UnsetType

from exporter.metrics import Family, Sample, period, plans
from exporter.providers._answers import unix
from exporter.providers._samples import told
from exporter.providers._units import GIB
from exporter.providers.webshare._answers import Plan, Subscription
from exporter.providers.webshare._period import TERM
from exporter.providers.webshare._plans import ACTIVE, CANCELLED, place, title
from exporter.providers.webshare._times import DAY

RENEWAL = 30 * DAY
"""What one paid renewal adds: terms have 30 days, for yearly customers too."""

STATUSES = (ACTIVE, CANCELLED)


def used_samples(plan: Plan, used: float | None) -> Iterator[Sample]:
    """Yield how many bytes of an active *plan* are *used*, and how many are left.

    Nothing is left of a plan without a limit, nor is it known of one whose limit is not told.
    """
    product, name = place(plan)
    limit = _limit(plan)
    left = max(0, limit - used) if limit and used is not None else None
    values = {plans.PRODUCT_TRAFFIC_USED_BYTES: used, plans.PRODUCT_TRAFFIC_REMAINING_BYTES: left}
    for family, value in values.items():
        yield from told(family, value, product=product, plan=name)


def plan_samples(plan: Plan, subscription: Subscription) -> Iterator[Sample]:
    """Yield what an active *plan* includes, and what it costs."""
    product, name = place(plan)
    limit = _limit(plan)
    values: dict[Family, float | None] = {
        plans.PRODUCT_TRAFFIC_LIMIT_BYTES: limit or None,
        plans.PRODUCT_TRAFFIC_UNLIMITED: None if limit is None else not limit,
        plans.PLAN_EXPIRY_TIMESTAMP_SECONDS: _expiry(subscription),
        plans.PLAN_PRICE_USD: _price(plan, subscription),
        plans.PLAN_REFRESHES_AVAILABLE: plan.on_demand_refreshes_available,
        plans.PLAN_REPLACEMENTS_AVAILABLE: plan.proxy_replacements_available,
    }
    for family, value in values.items():
        yield from told(family, value, product=product, plan=name)
    yield plans.PLAN_INFO.sample(1, product=product, plan=name, name=title(plan))
    bounds = {
        period.PERIOD_START_TIMESTAMP_SECONDS: unix(subscription.start_date),
        period.PERIOD_END_TIMESTAMP_SECONDS: unix(subscription.end_date),
    }
    for family, at in bounds.items():
        yield from told(family, at, product=product, plan=name, period=TERM)


def _limit(plan: Plan) -> float | None:
    """Return the limit in bytes, 0 for none; None when the provider does not say."""
    limit = plan.bandwidth_limit
    return None if isinstance(limit, UnsetType) else (limit or 0) * GIB


def _expiry(subscription: Subscription) -> float | None:
    end = unix(subscription.end_date)
    if end is None or subscription.renewals_paid is None:
        return None
    return end + subscription.renewals_paid * RENEWAL


def _price(plan: Plan, subscription: Subscription) -> float | None:
    prices = {"monthly": plan.monthly_price, "yearly": plan.yearly_price}
    return prices.get(subscription.term or "")


def account_samples(listed: Iterable[Plan], subscription: Subscription) -> Iterator[Sample]:
    """Yield what concerns the account as a whole, and the status of every plan *listed*."""
    renews = subscription.will_renew
    values = {
        plans.ACCOUNT_AUTO_RENEWAL: subscription.renewals_enabled if renews is None else renews,
        plans.ACCOUNT_THROTTLED: subscription.throttled,
        plans.ACCOUNT_RENEWAL_FAILURES: subscription.failed_payment_times,
        plans.ACCOUNT_CREDITS_USD: subscription.free_credits,
    }
    for family, value in values.items():
        yield from told(family, value)
    for plan in listed:
        yield from _statuses(plan)


def _statuses(plan: Plan) -> Iterator[Sample]:
    if plan.status is None:
        return
    present = plan.status if plan.status in STATUSES else "unknown"
    product, name = place(plan)
    for status in (*STATUSES, "unknown"):
        yield plans.PLAN_STATUS.sample(status == present, product=product, plan=name, status=status)
