"""What is asked of the simulated Webshare."""

from urllib.parse import urlencode

from exporter.simulator.times import offset_timestamp
from tests.simulator.worlds import DAY, NOW

AGGREGATE = "/api/v2/stats/aggregate/"
HOURLY = "/api/v2/stats/"
SUBSCRIPTION = "/api/v2/subscription/"
STATUS = "/api/v3/proxy/list/status"
TERM_START = NOW - 10 * DAY + 0.095501


def at(moment: float) -> str:
    """Write a time as the API does."""
    return offset_timestamp(moment, -7)


def url(path: str, **params: object) -> str:
    """Make a path with a query."""
    return f"{path}?{urlencode(params)}"


def span(path: str, since: float, until: float, plan: int = 12) -> str:
    """Ask for a span of a plan."""
    return url(path, timestamp__gte=at(since), timestamp__lte=at(until), plan_id=plan)
