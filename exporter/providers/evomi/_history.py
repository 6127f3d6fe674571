"""History: the day buckets of ``7d``, as an ordinary poll reads them. There is no more."""

from collections.abc import AsyncIterator
from dataclasses import replace

from msgspec import structs

from exporter.api import Api
from exporter.ledger import check_owner
from exporter.providers._provider import Context, HistoryBucket, TimeRange
from exporter.providers.evomi._options import Options
from exporter.providers.evomi.usage import DAY_SECONDS, fetch, read_statement
from exporter.reading import WindowReading


async def history(api: Api, context: Context, _wanted: TimeRange) -> AsyncIterator[HistoryBucket]:
    """Yield the days of each product. See ``History``."""
    # Without periods to show, the one that feeds the ledger is all that is asked for.
    options = structs.replace(context.options_as(Options), periods=())
    answer = await fetch(api, replace(context, options=options))
    for failure in answer.failures.values():
        raise failure
    statement = read_statement(answer)
    check_owner(context.ledger, statement.owners, where="history")
    for scope in statement.scopes:
        for window in scope.windows:
            yield _bucket(scope.scope, window, slack=scope.slack, now=answer.at)


def _bucket(product: str, window: WindowReading, *, slack: float, now: float) -> HistoryBucket:
    start = window.start or 0.0
    return HistoryBucket(
        scope=product,
        start=start,
        # A day that begins east of here may have begun there before it does in UTC.
        end=max(start, min(start + DAY_SECONDS, now)),
        readings=window.readings,
        window=window.id,
        slack=slack,
    )
