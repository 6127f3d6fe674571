"""What the ledger shows: its counters, and the gauges that prove them."""

from collections.abc import Iterator

from exporter.ledger import Ledger, Scope
from exporter.metrics import Sample, proof, usage
from exporter.reading import Statement, WindowSpan

SUMS = {
    usage.PRODUCT_TRAFFIC_BYTES_TOTAL: usage.ACCOUNT_TRAFFIC_BYTES_TOTAL,
    usage.PRODUCT_REQUESTS_TOTAL: usage.ACCOUNT_REQUESTS_TOTAL,
}
"""Account counters are the sum of the product counters, everywhere."""


def counters(ledger: Ledger, collector: str) -> Iterator[Sample]:
    """Yield the counters that *collector* feeds, as they may be shown, with the account's sums."""
    sums = dict.fromkeys(SUMS.values(), 0)
    summed = set()
    whole = True
    for name, scope in ledger.scopes.items():
        if scope.collector != collector:
            continue
        whole &= name in ledger.fresh
        if name not in ledger.fresh:
            continue
        for (family, labels), counter in scope.counters.items():
            yield Sample(family, labels, counter.shown)
            if family in SUMS:
                summed.add(SUMS[family])
                sums[SUMS[family]] += counter.shown
    for family in summed if whole else ():
        yield Sample(family, (), sums[family])


def gauges(ledger: Ledger, statement: Statement) -> Iterator[tuple[str, Sample]]:
    """Yield what the ledger says of itself after *statement*, each with the part it belongs to."""
    for reading in statement.scopes:
        scope = ledger.scopes[reading.scope]
        if scope.complete_until is not None and scope.place is not None:
            family = proof.USAGE_COMPLETE_UNTIL_TIMESTAMP_SECONDS
            yield reading.scope, Sample(family, scope.place, scope.complete_until)
    for stated in statement.totals:
        sums = [_span_traffic(ledger, span) for span in stated.spans]
        apart = [stated.total - known for known in sums if known is not None]
        if apart:
            sample = Sample(proof.USAGE_DISCREPANCY_BYTES, stated.place, min(apart, key=abs))
            yield stated.part, sample


def _span_traffic(ledger: Ledger, span: WindowSpan) -> int | None:
    scopes = [
        scope
        for name, scope in ledger.scopes.items()
        if scope.place is not None and (span.scopes is None or name in span.scopes)
    ]
    parts = [_scope_traffic(scope, span) for scope in scopes]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _scope_traffic(scope: Scope, span: WindowSpan) -> int | None:
    if span.since < scope.read_from:
        return None
    live = scope.traffic(span.since, span.until)
    if span.since >= scope.floor:
        return live
    if span.since == scope.term and scope.folded is not None:
        return scope.folded + live
    return None
