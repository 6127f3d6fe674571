"""Webshare's API, as ``https://apidocs.webshare.io`` documents it; statistics are next door.

Where the documentation is silent: a plan that does not exist is 404; pages hold 250 rows at most;
terms renew at the anchor to the microsecond.
"""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode
from zlib import crc32

from exporter.simulator.account import Notification, Plan, WebshareAccount
from exporter.simulator.api import Api, Ask, Refusal, read_page, scheme_credential
from exporter.simulator.times import offset_timestamp
from exporter.simulator.webshare_stats import aggregate, find_plan, hourly

WebshareAsk = Ask[WebshareAccount]
_PAGE_SIZE = 25
_LARGEST_PAGE = 250
_REFRESHES = 10
_REPLACEMENTS = 100


def subscription(ask: WebshareAsk) -> dict[str, object]:
    """Answer ``subscription/``."""
    account = ask.account
    start, end = account.term_at(ask.now)
    plan = account.default_plan(ask.now)
    renews = account.renews_at(ask.now)
    return {
        "id": _number(account),
        "plan": plan and int(plan.line.id),
        "payment_method": _number(account) + 1,
        "free_credits": account.free_credits,
        "term": account.term,
        "start_date": _time(ask, start),
        "end_date": _time(ask, end),
        "renewals_paid": account.renewals_paid,
        "renewals_enabled": renews,
        "will_renew": renews,
        "failed_payment_times": account.failed_payment_times,
        "account_discount_percentage": 0,
        "customizable": True,
        "paused": False,
        "throttled": account.throttled,
        "reactivation_date": None,
        "reactivation_period_left": None,
        "promo_type": None,
        "promo_value": None,
        "created_at": _time(ask, account.anchor),
        "updated_at": _time(ask, start),
    }


def plans(ask: WebshareAsk) -> dict[str, object]:
    """Answer ``subscription/plan/``: every plan, cancelled ones too."""
    return _pages(ask, [_plan(ask, plan) for plan in ask.account.plans_at(ask.now)])


def plan(ask: WebshareAsk) -> dict[str, object]:
    """Answer ``subscription/plan/<id>/``."""
    return _plan(ask, find_plan(ask))


def proxy_status(ask: WebshareAsk) -> dict[str, object]:
    """Answer ``proxy/list/status`` of v3, which wants to be told the plan."""
    if "plan_id" not in ask.params:
        raise Refusal(HTTPStatus.BAD_REQUEST, {"plan_id": ["This field is required."]})
    bought = find_plan(ask)
    return {
        "state": "completed",
        "countries": dict(bought.proxy_countries),
        "unallocated_countries": dict(bought.unallocated),
        "username": f"demo{bought.line.id}",
        "password": f"secret-proxy-password-{bought.line.id}",
        "is_proxy_used": True,
    }


def notifications(ask: WebshareAsk) -> dict[str, object]:
    """Answer ``notification/``: dismissed ones too."""
    notices = [note for note in ask.account.notifications if note.created_at <= ask.now]
    return _pages(ask, [_notification(ask, note) for note in notices])


def limits(ask: WebshareAsk) -> dict[str, object]:
    """Answer ``verification/limits/``."""
    return {"proxy_state": ask.account.proxy_state}


def _plan(ask: WebshareAsk, plan: Plan) -> dict[str, object]:
    now = ask.now
    return {
        "id": int(plan.line.id),
        "status": "active" if plan.line.is_running(now) else "cancelled",
        "bandwidth_limit": plan.limit_gb,
        "monthly_price": plan.monthly_price,
        "yearly_price": plan.monthly_price * 10,
        "proxy_type": plan.proxy_type,
        "proxy_subtype": plan.proxy_subtype,
        "proxy_count": plan.proxy_count,
        "proxy_countries": {
            country: plan.proxy_countries.get(country, 0) + plan.unallocated.get(country, 0)
            for country in {**plan.proxy_countries, **plan.unallocated}
        },
        "required_site_checks": [],
        "automatic_refresh_frequency": 0,
        "automatic_refresh_last_at": None,
        "automatic_refresh_next_at": None,
        "is_unlimited_ip_authorizations": True,
        "is_high_concurrency": False,
        "is_high_priority_network": False,
        "bundle_info": None,
        "bundle_addons": [],
        "created_at": _time(ask, plan.line.start),
        "updated_at": _time(ask, plan.line.start),
    } | _allowances(plan)


def _allowances(plan: Plan) -> dict[str, object]:
    used_of = {
        "on_demand_refreshes": (plan.refreshes_used, _REFRESHES),
        "proxy_replacements": (plan.replacements_used, _REPLACEMENTS),
        "subusers": (0, 3),
    }
    fields: dict[str, object] = {}
    for name, (used, total) in used_of.items():
        fields[f"{name}_total"] = total
        fields[f"{name}_used"] = used
        fields[f"{name}_available"] = total - used
    return fields


def _notification(ask: WebshareAsk, note: Notification) -> dict[str, object]:
    dismissed_at = note.dismissed_at
    is_open = dismissed_at is None or dismissed_at > ask.now
    changed_at = note.created_at if is_open else dismissed_at
    context = {} if note.context is None else {"context": dict(note.context)}
    return {
        "id": note.id,
        "type": note.type,
        "is_dismissable": True,
        "created_at": _time(ask, note.created_at),
        "updated_at": _time(ask, changed_at or note.created_at),
        "dismissed_at": None if is_open else _time(ask, changed_at or note.created_at),
    } | context


def _pages(ask: WebshareAsk, rows: Sequence[object]) -> dict[str, object]:
    try:
        page = read_page(ask.params, "page_size", default=_PAGE_SIZE, most=_LARGEST_PAGE)
    except ValueError:
        page = None
    if page is None or page.number > page.count(rows):
        raise Refusal(HTTPStatus.NOT_FOUND, {"detail": "Invalid page."})
    link = partial(_page_url, ask)
    return {
        "count": len(rows),
        "next": link(page.number + 1) if page.number < page.count(rows) else None,
        "previous": link(page.number - 1) if page.number > 1 else None,
        "results": page.pick(rows),
    }


def _page_url(ask: WebshareAsk, number: int) -> str:
    return f"{ask.url}?{urlencode({**ask.params, 'page': number})}"


def _time(ask: WebshareAsk, moment: float) -> str:
    return offset_timestamp(moment, ask.account.utc_offset_hours)


def _number(account: WebshareAccount) -> int:
    """Give the account a number of its own."""
    return crc32(account.name.encode()) % 1_000_000


def _error(message: str) -> dict[str, object]:
    return {"detail": message}


API = Api(
    provider=WebshareAccount.provider,
    account=WebshareAccount,
    prefixes=("/api/v2/", "/api/v3/"),
    credential=lambda headers, _: scheme_credential("Token", headers),
    error=_error,
    unauthorized="Invalid token.",
    answers={
        "/api/v2/stats/aggregate/": aggregate,
        "/api/v2/stats/": hourly,
        "/api/v2/subscription/": subscription,
        "/api/v2/subscription/plan/": plans,
        "/api/v2/subscription/plan/{plan_id}/": plan,
        "/api/v2/notification/": notifications,
        "/api/v2/verification/limits/": limits,
        "/api/v3/proxy/list/status": proxy_status,
    },
)
