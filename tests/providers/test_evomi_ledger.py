from collections.abc import Iterator
from hashlib import sha256

import pytest
import respx

from exporter.ledger import Ledger, record
from exporter.ledger_samples import gauges
from exporter.metrics import proof
from exporter.providers import Report
from exporter.providers.evomi import EVOMI
from exporter.reading import ScopeReading, WindowSpan
from tests.providers.polling import NOW, poll
from tests.providers.test_evomi import USAGE, poll_core, usage

DAY = 24 * 3600


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    """Stand in for the provider."""
    with respx.mock(base_url=EVOMI.base_url) as mocked:
        yield mocked


def scope_of(report: Report) -> ScopeReading:
    """Return the one scope that *report* states."""
    assert report.statement is not None
    (scope,) = report.statement.scopes
    return scope


def discrepancies(report: Report) -> list[float]:
    """Return the discrepancies that a new ledger shows after *report*."""
    assert report.statement is not None
    ledger = record(Ledger(), report.statement, collector="usage", hold=0)
    found = (sample for _, sample in gauges(ledger, report.statement))
    return [one.value for one in found if one.family is proof.USAGE_DISCREPANCY_BYTES]


def test_owner_is_a_hash(router: respx.MockRouter) -> None:
    """The account is known by a hash of the proxy user name, for each product."""
    report = poll_core(router, usage({}, total=0, proxy_username="somebody"))
    assert report.statement is not None
    hashed = frozenset({sha256(b"somebody").hexdigest()})
    assert {"proxy_username/rpc": hashed} == report.statement.owners


def test_windows_of_the_ledger(router: respx.MockRouter) -> None:
    """Day buckets are windows by their key, in order; the oldest is trimmed by the provider."""
    stats = {"2026-11-20 00:00": 2, "2026-11-14 00:00": 1, "2026-11-19 00:00": 0.0000014}
    scope = scope_of(poll_core(router, usage(stats)))
    assert [
        (one.id, one.start, one.partial, [reading.total for reading in one.readings])
        for one in scope.windows
    ] == [
        ("2026-11-14 00:00", NOW - 6.5 * DAY, True, [1000000]),
        ("2026-11-19 00:00", NOW - 1.5 * DAY, False, [1]),
        ("2026-11-20 00:00", NOW - 0.5 * DAY, False, [2000000]),
    ]
    assert (scope.slack, scope.keep) == (38 * 3600, 14)
    assert scope.offered_since == NOW - 6.5 * DAY
    assert scope.complete_until == NOW - 900


def test_no_gap_when_days_had_no_traffic(router: respx.MockRouter) -> None:
    """Days without traffic have no bucket, and yet the answer covers them."""
    ledger = Ledger()
    for at, answer in (
        (NOW - DAY, usage({}, total=0)),
        (NOW, usage({"2026-11-20 00:00": 5})),
    ):
        router.get(USAGE).respond(json=answer)
        report = poll(EVOMI, "usage", options={"products": ["rpc"]}, ledger=ledger, now=at)
        assert report.statement is not None
        ledger = record(ledger, report.statement, collector="usage", hold=0)
    counters = ledger.scopes["rpc"].counters
    assert counters[proof.USAGE_GAP_SECONDS_TOTAL, ("rpc", "")].value == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"data": []},
        {"data": {"bandwidth": []}},
        {"data": {"bandwidth": {"products": []}}},
        usage([]),
        usage(None),
    ],
    ids=["an empty body", "empty traffic", "no products", "empty buckets", "no buckets"],
)
def test_nothing_said_of_usage(router: respx.MockRouter, answer: object) -> None:
    """Buckets that are missing are not days without traffic: those would be new usage later."""
    report = poll_core(router, answer)
    assert report.statement is not None
    assert report.statement.scopes == ()
    assert report.failures == {}


def test_discrepancy_when_there_is_one_bucket(router: respx.MockRouter) -> None:
    """What the provider states beyond its one bucket, no bucket has."""
    report = poll_core(router, usage({"2026-11-20 00:00": 5}, total=7))
    assert report.statement is not None
    (total,) = report.statement.totals
    assert total.total == 2_000_000
    assert total.spans == (WindowSpan(frozenset({"rpc"}), since="2026-11-20 00:00~"),)
    assert discrepancies(report) == [2e6]


def test_discrepancy_leaves_out_the_oldest_bucket(router: respx.MockRouter) -> None:
    """The span begins right after the oldest bucket, and holds the next one whole."""
    answer = usage({"2026-11-19 00:00": 5, "2026-11-20 00:00": 3}, total=8)
    assert discrepancies(poll_core(router, answer)) == [0]


def test_no_discrepancy_without_buckets(router: respx.MockRouter) -> None:
    """A week without traffic has nothing to compare."""
    report = poll_core(router, usage({}, total=0))
    assert report.statement is not None
    assert report.statement.totals == ()
    assert scope_of(report).windows == ()
