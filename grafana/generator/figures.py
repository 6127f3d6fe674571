"""Figures: the expressions that more than one dashboard shows, each defined once."""

from exporter.metrics import Family, health, period, plans, usage
from grafana.generator.board import FIRING
from grafana.generator.queries import OVER_RANGE, PLAN, growth, total, value

DAY_SECONDS = 86400

OF_ACCOUNT = "{{provider}}/{{account}}"
OF_PRODUCT = "{{provider}}/{{account}} {{product}}"
OF_PLAN = "{{provider}}/{{account}} {{product}} {{plan}}"

USED = value(plans.PRODUCT_TRAFFIC_USED_BYTES)
LIMIT = value(plans.PRODUCT_TRAFFIC_LIMIT_BYTES)
REMAINING = value(plans.PRODUCT_TRAFFIC_REMAINING_BYTES)
EXPIRY = value(plans.PLAN_EXPIRY_TIMESTAMP_SECONDS)
UP = value(health.UP)

QUOTA_USED = f"{USED} / ({LIMIT} > 0)"
"""Share of the quota; plans without a limit drop out."""

QUOTA_LEFT = f"clamp_min(1 - {QUOTA_USED}, 0)"

_LAST_DAY = growth(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, "1d")

RUNWAY = f"{DAY_SECONDS} * {REMAINING} / ({_LAST_DAY} > 0)"
"""Seconds until what is left is used, at the pace of the last day."""

_TERM_END = value(period.PERIOD_END_TIMESTAMP_SECONDS, period="term")
QUOTA_END = f"(max by ({', '.join(PLAN)}) ({_TERM_END}) or {EXPIRY})"
"""When the quota is renewed or the plan ends, whichever the provider states first."""

FORECAST = (
    f"({USED} + {_LAST_DAY} * clamp_min({QUOTA_END} - time(), 0) / {DAY_SECONDS}) / ({LIMIT} > 0)"
)
"""Share of the quota that is used by its end, at the pace of the last day."""

PROJECTED = (
    f"max by ({', '.join(PLAN)}) ({value(period.PRODUCT_PERIOD_PROJECTED_TRAFFIC_BYTES)})"
    f" / ({LIMIT} > 0)"
)
"""The same as the provider itself expects it."""

FAILING = f"count({UP} == 0) or vector(0)"
ALERTS = f"count({FIRING}) or vector(0)"


def traffic(span: str, *by: str) -> str:
    """Return the traffic of products over *span*, by *by*."""
    return total(growth(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, span), *by)


def requests(span: str, *by: str) -> str:
    """Return the requests of products over *span*, by *by*."""
    return total(growth(usage.PRODUCT_REQUESTS_TOTAL, span), *by)


def success(span: str, *by: str) -> str:
    """Return the share of requests that succeeded, where failures are counted: at Webshare."""
    failed = total(growth(usage.PRODUCT_REQUEST_FAILURES_TOTAL, span), *by)
    return f"clamp_min(1 - {failed} / ({requests(span, *by)} > 0), 0)"


def stated_success(*by: str) -> str:
    """Return the share that WeProxies states for the day so far, which is all that it states."""
    stated = value(period.ACCOUNT_PERIOD_SUCCESS_RATIO, period="today")
    return f"avg by ({', '.join(by)}) ({stated})"


def cost(span: str, *by: str) -> str:
    """Return the cost of traffic over *span*, where the configuration names a price."""
    used = traffic(span, "provider", "account", "product")
    return total(f"{used} * {value(plans.PRODUCT_TRAFFIC_PRICE_USD_PER_BYTE)}", *by)


def of_term(family: Family) -> str:
    """Return a figure of Webshare's billing term, by plan."""
    return f"max by ({', '.join(PLAN)}) ({value(family, period='term')})"


AT_A_TIME = of_term(period.PRODUCT_PERIOD_AVERAGE_CONCURRENCY)
"""Requests at a time, on average."""

A_SECOND = of_term(period.PRODUCT_PERIOD_AVERAGE_REQUESTS_PER_SECOND)
"""Requests a second, on average."""


def left_until(family: Family) -> str:
    """Return the seconds until a time."""
    return f"{value(family)} - time()"


TRAFFIC_OF_PLANS = (
    f"{traffic(OVER_RANGE, *PLAN)} and on ({', '.join(PLAN)}) {value(plans.PLAN_INFO)}"
)
"""Traffic over the range of the plans that are active now."""
