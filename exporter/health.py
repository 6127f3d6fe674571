"""Health: what the snapshots tell of the polls, as samples that are always there."""

from collections import Counter
from collections.abc import Iterable, Iterator

from exporter.metrics import Sample, health, plans
from exporter.secret import expiry
from exporter.snapshot import Snapshot


def steady_samples(snapshot: Snapshot) -> Iterator[Sample]:
    """Yield what seldom changes with a poll: what ``steady`` tells of."""
    labels = (snapshot.collector,)
    yield Sample(health.COLLECTOR_SUCCESS, labels, snapshot.success)
    yield Sample(health.COLLECTOR_SUPPORTED, labels, snapshot.supported)
    for reason, count in snapshot.failures.items():
        yield Sample(health.POLL_FAILURES_TOTAL, (*labels, reason), count)
    yield Sample(health.POLL_INTERVAL_SECONDS, labels, snapshot.interval)


def steady(snapshot: Snapshot) -> tuple[object, ...]:
    """Return what the steady samples are made of: equal means that they are, too."""
    return snapshot.success, snapshot.supported, snapshot.failures, snapshot.interval


def poll_samples(snapshot: Snapshot) -> Iterator[Sample]:
    """Yield what every poll changes."""
    labels = (snapshot.collector,)
    yield Sample(health.POLLS_TOTAL, labels, snapshot.polls)
    if snapshot.duration is not None:
        yield Sample(health.POLL_DURATION_SECONDS, labels, snapshot.duration)
    if snapshot.last_success is not None:
        yield Sample(health.LAST_SUCCESS_TIMESTAMP_SECONDS, labels, snapshot.last_success)


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
