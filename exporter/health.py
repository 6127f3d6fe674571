"""Health: what the snapshots tell of the polls, as samples that are always there."""

from collections import Counter
from collections.abc import Iterable, Iterator

from exporter.metrics import Sample, health, plans
from exporter.secret import expiry
from exporter.snapshot import Snapshot


def collector_samples(snapshot: Snapshot) -> Iterator[Sample]:
    """Yield how the polls of one collector go."""
    name = snapshot.collector
    yield health.COLLECTOR_SUCCESS.sample(snapshot.success, collector=name)
    yield health.COLLECTOR_SUPPORTED.sample(snapshot.supported, collector=name)
    yield health.POLLS_TOTAL.sample(snapshot.polls, collector=name)
    for reason, count in snapshot.failures.items():
        yield health.POLL_FAILURES_TOTAL.sample(count, collector=name, reason=reason)
    yield health.POLL_INTERVAL_SECONDS.sample(snapshot.interval, collector=name)
    if snapshot.duration is not None:
        yield health.POLL_DURATION_SECONDS.sample(snapshot.duration, collector=name)
    if snapshot.last_success is not None:
        yield health.LAST_SUCCESS_TIMESTAMP_SECONDS.sample(snapshot.last_success, collector=name)


def account_samples(snapshots: Iterable[Snapshot]) -> Iterator[Sample]:
    """Yield what all the snapshots of one account tell together."""
    snapshots = tuple(snapshots)
    yield health.UP.sample(all(one.success for one in snapshots if one.required))
    codes: Counter[str] = Counter()
    for one in snapshots:
        codes.update(one.requests)
    for code, count in sorted(codes.items()):
        yield health.API_REQUESTS_TOTAL.sample(count, code=code)
    account = snapshots[0].account
    for product, price in account.prices.items():
        yield plans.PRODUCT_TRAFFIC_PRICE_USD_PER_BYTE.sample(price, product=product)
    expires = expiry(account.credential.secret)
    if expires is not None:
        yield plans.CREDENTIAL_EXPIRY_TIMESTAMP_SECONDS.sample(expires)
