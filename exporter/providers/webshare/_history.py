"""History: the hours of every plan, cancelled ones too, as far back as the provider has them."""

from collections.abc import AsyncIterator, Mapping

from exporter.api import Api
from exporter.errors import RequestError, UnsupportedError
from exporter.ledger import check_owner
from exporter.providers._provider import Context, HistoryBucket, TimeRange
from exporter.providers.webshare._answers import Hour, Plan, Subscription
from exporter.providers.webshare._hours import ask_hours, list_windows
from exporter.providers.webshare._plans import ACTIVE, list_plans, place
from exporter.providers.webshare._spans import SETTLED_AFTER, Span, read_term
from exporter.providers.webshare._times import HOUR, floor_hour
from exporter.reading import WindowReading


async def history(api: Api, context: Context, wanted: TimeRange) -> AsyncIterator[HistoryBucket]:
    """Yield the hours of each plan. See ``History``."""
    subscription = await api.get("/api/v2/subscription/", Subscription)
    plans = await list_plans(api)
    check_owner(context.ledger, {"plan": frozenset(plans)}, where="history")
    term = read_term(subscription, api.now)
    span = term.span(floor_hour(wanted.start), min(wanted.end, term.last))
    if span.is_empty:
        return
    for name, plan in plans.items():
        for window in list_windows(await _ask(api, plan, span), place(plan), api.now):
            yield _bucket(name, window, api.now)


async def _ask(api: Api, plan: Plan, span: Span) -> list[Hour]:
    """Return the hours of *plan*; none when it is over, and the provider refuses to tell of it."""
    params: Mapping[str, str] = {**span.params, "plan_id": str(plan.id)}
    try:
        return await ask_hours(api, params)
    except (UnsupportedError, RequestError):
        if plan.status == ACTIVE:
            raise
        return []


def _bucket(scope: str, window: WindowReading, now: float) -> HistoryBucket:
    start = window.start or 0.0
    return HistoryBucket(
        scope=scope,
        start=start,
        end=min(start + HOUR, now),
        readings=window.readings,
        window=window.id,
        slack=SETTLED_AFTER,
    )
