"""WeProxies' API, as ``docs-staging.weproxies.com`` documents it; usage is next door.

Where the documentation is silent: without ``status`` only active subscriptions are listed; a
wrong parameter is 400; errors are ``{"success": false, "error": ...}``.
"""

from collections.abc import Mapping
from http import HTTPStatus

from exporter.simulator.account import Subscription, WeProxiesAccount
from exporter.simulator.api import Api, Ask, Refusal, read_page, scheme_credential
from exporter.simulator.times import utc_timestamp
from exporter.simulator.weproxies_usage import (
    GB,
    bad_parameter,
    by_country,
    history,
    realtime,
    summary,
    weproxies_error,
)

_PAGE_SIZE = 20
_LARGEST_PAGE = 100
_FILTERS: Mapping[str, tuple[str, ...]] = {
    "status": ("active", "suspended", "expired"),
    "product_type": ("residential", "datacenter"),
}


def subscriptions(ask: Ask[WeProxiesAccount]) -> dict[str, object]:
    """Answer ``subscriptions``, filtered and paged."""
    for name, known in _FILTERS.items():
        if ask.params.get(name, known[0]) not in known:
            raise bad_parameter(name)
    try:
        page = read_page(ask.params, "per_page", default=_PAGE_SIZE, most=_LARGEST_PAGE)
    except ValueError:
        raise bad_parameter("page") from None
    rows = [_subscription(ask, one) for one in ask.account.subscriptions if _is_listed(ask, one)]
    pagination = {
        "page": page.number,
        "per_page": page.size,
        "total": len(rows),
        "total_pages": page.count(rows),
    }
    return {"data": page.pick(rows), "pagination": pagination, "success": True}


def alerts(_ask: Ask[WeProxiesAccount]) -> dict[str, object]:
    """Refuse ``usage/alerts``: documented as a write only, which nobody here may make."""
    raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, weproxies_error("Method Not Allowed"))


def _is_listed(ask: Ask[WeProxiesAccount], one: Subscription) -> bool:
    return (
        one.line.start <= ask.now
        and one.status_at(ask.now) == ask.params.get("status", "active")
        and ask.params.get("product_type", one.type) == one.type
    )


def _subscription(ask: Ask[WeProxiesAccount], one: Subscription) -> dict[str, object]:
    used_gb = ask.usage(one.line, one.line.start, ask.now).traffic_bytes / GB
    return {
        "id": one.line.id,
        "product": {"id": f"prod_{one.type}", "name": one.name, "type": one.type},
        "status": one.status_at(ask.now),
        "traffic_limit_gb": one.limit_gb,
        "traffic_used_gb": round(used_gb, 6),
        # Without a limit nothing is said to remain.
        "traffic_remaining_gb": round(max(0.0, one.limit_gb - used_gb), 6)
        if one.limit_gb
        else None,
        "expires_at": one.expires_at and utc_timestamp(one.expires_at),
        "created_at": utc_timestamp(one.line.start),
        "credentials": {"username": f"user_{one.line.id}", "password": "********"},
    }


API = Api(
    provider=WeProxiesAccount.provider,
    account=WeProxiesAccount,
    prefixes=("/api/v1/",),
    credential=lambda headers, _: scheme_credential("Bearer", headers),
    error=weproxies_error,
    unauthorized="Invalid or expired token",
    answers={
        "/api/v1/usage": summary,
        "/api/v1/usage/history": history,
        "/api/v1/usage/realtime": realtime,
        "/api/v1/usage/by-country": by_country,
        "/api/v1/usage/alerts": alerts,
        "/api/v1/subscriptions": subscriptions,
    },
)
