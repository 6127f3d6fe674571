"""The collector ``account``: whether it may use its proxies, and what Webshare has to say to it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from exporter.api import Api
from exporter.errors import PollError
from exporter.metrics import Sample, plans
from exporter.providers._provider import Collector, Context, Report, gather, reads
from exporter.providers.webshare._answers import Limits, Notice, NoticePage
from exporter.providers.webshare._plans import PAGE_SIZE

LIMITS = "limits"
NOTIFICATIONS = "notifications"

STATES = ("active", "limited", "paused")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was told; None failed, and *failures* says why."""

    limits: Limits | None
    notices: tuple[Notice, ...] | None
    failures: Mapping[str, PollError]


async def fetch(api: Api, _context: Context) -> Answer:
    """Ask for the account's state and its notices.

    Raises: PollError.
    """
    limits, failures = await gather({LIMITS: partial(_limits, api)})
    notices, others = await gather({NOTIFICATIONS: partial(_notices, api)})
    return Answer(limits.get(LIMITS), notices.get(NOTIFICATIONS), failures | others)


async def _limits(api: Api) -> Limits:
    return await api.get("/api/v2/verification/limits/", Limits)


async def _notices(api: Api) -> tuple[Notice, ...]:
    pages = api.pages(
        "/api/v2/notification/",
        NoticePage,
        following=lambda page: page.next,
        params={"page_size": PAGE_SIZE},
    )
    # By id: a notice that comes while we turn the page is on both.
    found = {notice.id: notice async for page in pages for notice in page.results}
    return tuple(found.values())


def parse(answer: Answer) -> Report:
    """Return the account's state, and its open notices by kind."""
    parts = {}
    if answer.limits is not None:
        parts[LIMITS] = tuple(_states(answer.limits))
    if answer.notices is not None:
        parts[NOTIFICATIONS] = tuple(_kinds(answer.notices))
    return Report(parts, answer.failures)


def _states(limits: Limits) -> Iterator[Sample]:
    if limits.proxy_state is None:
        return
    present = limits.proxy_state if limits.proxy_state in STATES else "unknown"
    for state in (*STATES, "unknown"):
        yield plans.ACCOUNT_STATE.sample(state == present, state=state)


def _kinds(notices: tuple[Notice, ...]) -> Iterator[Sample]:
    # The filter by dismissed_at is documented the wrong way round: we look for ourselves.
    kinds = Counter(notice.type or "" for notice in notices if notice.dismissed_at is None)
    for kind, count in kinds.items():
        yield plans.ACCOUNT_NOTIFICATIONS.sample(count, kind=kind)


ACCOUNT = Collector(
    name="account",
    interval=900,
    poll=reads(fetch, parse),
    families=(plans.ACCOUNT_STATE, plans.ACCOUNT_NOTIFICATIONS),
)
"""Whether the account may use its proxies."""
