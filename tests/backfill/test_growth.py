from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.backfill._growth import Curve, Growth
from exporter.ledger import Ledger, Scope
from exporter.metrics import Family, usage
from exporter.providers import HistoryBucket, TimeRange
from exporter.reading import Reading
from tests.ledgers import HOUR, hours, read, traffic, value

TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL
ACCOUNT = usage.ACCOUNT_TRAFFIC_BYTES_TOTAL
COUNTRY = usage.COUNTRY_REQUESTS_TOTAL

STEP = 240_000


def bucket(at: float, *readings: Reading, scope: str = "1", window: bool = True) -> HistoryBucket:
    """Return the hour that begins *at* hours after the epoch, as Webshare's or WeProxies'."""
    return HistoryBucket(
        scope=scope,
        start=at * HOUR,
        end=(at + 1) * HOUR,
        readings=readings,
        window=f"{at:03}" if window else None,
        slack=2 * HOUR if window else 0.0,
    )


def curves(
    buckets: Iterable[HistoryBucket],
    ledger: Ledger | None = None,
    *,
    since: float = 0,
    end: float = 200,
) -> dict[tuple[Family, tuple[str, ...]], Curve]:
    """Return what *buckets* come to, *since* and *end* in hours."""
    growth = Growth(ledger or Ledger(), TimeRange(since * HOUR, end * HOUR))
    for one in buckets:
        growth.add(one)
    return {(curve.family, curve.labels): curve for curve in growth.curves()}


def last(curve: Curve) -> tuple[float, int]:
    """Return moment, in hours, and value of the last sample."""
    *_, (at, total) = curve.samples(STEP)
    return at / 1000 / HOUR, total


PLAN = (TRAFFIC, ("shared", "1"))


def test_series_begins_with_0_and_ends_with_the_total() -> None:
    """Without a ledger, all buckets count up to the end that was asked for."""
    (plan, account) = curves([bucket(50, traffic(10)), bucket(52, traffic(7))]).values()
    samples = list(plan.samples(STEP))
    assert samples[0] == (50 * 3_600_000, 0)
    assert samples[-1] == (200 * 3_600_000, 17)
    assert list(account.samples(STEP)) == samples


def test_begin_and_end_cut_evenly() -> None:
    """Of a bucket that lies in part outside, the part inside counts."""
    found = curves([bucket(50, traffic(100)), bucket(51, traffic(100))], since=50.25, end=51.5)
    assert found[PLAN].begin == 50.25 * HOUR * 1000
    assert last(found[PLAN]) == (51.5, 75 + 50)


def test_history_ends_at_the_birth_with_the_baseline() -> None:
    """A young window ends with what it held at the birth, not with what it has now."""
    ledger = read(hours({97: 5, 99: 30, 100: 4}, at=100.25))
    now = [bucket(97, traffic(5)), bucket(99, traffic(50)), bucket(100, traffic(60))]
    assert last(curves(now, ledger)[PLAN]) == (100.25, 5 + 30 + 4)


def test_young_window_without_baseline_is_live_only() -> None:
    """What the birth did not see counts live from 0, so that history has nothing of it."""
    ledger = read(hours({97: 5}, at=100.25))
    found = curves(
        [bucket(97, traffic(5)), bucket(99, traffic(8)), bucket(101, traffic(9))], ledger
    )
    assert last(found[PLAN]) == (100.25, 5)


def test_bucket_that_is_no_window_is_cut_at_the_birth() -> None:
    """Where the ledger has other windows, growth up to the birth is interpolated."""
    ledger = read(hours({100: 4}, at=100.25))
    rows = [bucket(at, traffic(100), window=False) for at in (99, 100, 101)]
    assert last(curves(rows, ledger)[PLAN]) == (100.25, 100 + 25)


def test_window_that_seems_to_begin_after_the_birth() -> None:
    """A day of a zone east of UTC is in the baseline before it begins in UTC: it still counts."""
    ledger = read(hours({100: 4, 103: 6}, at=101))
    rows = [bucket(100, traffic(4)), bucket(103, traffic(9))]
    assert last(curves(rows, ledger)[PLAN]) == (101, 4 + 6)


def test_scope_that_counts_in_full_has_no_history() -> None:
    """All of it is in the live counter."""
    scope = Scope(collector="usage", place=None, born=None, read_at=0.0)
    ledger = Ledger(born=100 * HOUR, scopes={"1": scope})
    assert curves([bucket(50, traffic(10))], ledger) == {}


def test_scope_that_the_ledger_does_not_know_ends_with_the_account() -> None:
    """A plan that was cancelled before the birth has history, and no live series."""
    ledger = read(hours({100: 4}, at=100.25))
    gone = bucket(20, traffic(9, "2"), scope="2")
    found = curves([gone, bucket(99, traffic(1)), bucket(100, traffic(4))], ledger)
    assert last(found[TRAFFIC, ("shared", "2")]) == (100.25, 9)
    # Window 99 is young, and was not there at the birth.
    assert last(found[ACCOUNT, ()]) == (100.25, 9 + 4)


def test_end_before_the_birth() -> None:
    """An earlier end cuts what the baseline says of a window."""
    ledger = read(hours({100: 40}, at=100.5))
    assert last(curves([bucket(100, traffic(90))], ledger, end=100.25)[PLAN]) == (100.25, 20)


def test_scope_born_later_ends_later_and_the_sum_at_the_accounts_birth() -> None:
    """Each series ends where its live counterpart begins."""
    ledger = read(hours({100: 4}, at=100.5), hours({100: 8, 102: 6}, at=102.5, plan="2"))
    rows = [
        bucket(100, traffic(4)),
        bucket(100, traffic(8, "2"), scope="2"),
        bucket(102, traffic(6, "2"), scope="2"),
    ]
    found = curves(rows, ledger)
    assert last(found[TRAFFIC, ("shared", "2")]) == (102.5, 14)
    assert last(found[ACCOUNT, ()]) == (100.5, 4 + 4)


def test_sum_without_anything_before_the_accounts_birth() -> None:
    """There is no sum when all products are younger than the account."""
    ledger = read(hours({100: 4}, at=100.5), hours({102: 6}, at=102.5, plan="2"))
    assert set(curves([bucket(102, traffic(6, "2"), scope="2")], ledger)) == {
        (TRAFFIC, ("shared", "2"))
    }


def test_readings_of_one_key_are_added() -> None:
    """Two odd countries are both ``unknown``: the baseline counts once."""
    odd = Reading(COUNTRY, ("shared", "1", "unknown"), 3, ("unknown",))
    assert last(curves([bucket(50, odd, odd)])[COUNTRY, odd.labels])[1] == 6


def test_series_that_never_grew_are_not_written() -> None:
    """A constant 0 says nothing that the live counter does not."""
    assert curves([bucket(50, traffic(0))]) == {}
    assert curves([bucket(50, traffic(5))], since=60) == {}


@given(
    st.dictionaries(st.integers(60, 104), st.integers(0, 10**12), min_size=1),
    st.floats(98, 104, exclude_max=True),
    st.data(),
)
def test_history_and_live_growth_add_up_to_the_providers_total(
    final: Mapping[int, int], born: float, data: st.DataObject
) -> None:
    """Whatever a window held at the birth, and however it grew later: nothing is lost or twice.

    Windows that were older than the slack are settled.
    """
    at_birth = {
        at: total if at <= born - 2 else data.draw(st.integers(0, total), label=f"{at} at birth")
        for at, total in final.items()
        if at <= born
    }
    ledger = read(hours(at_birth, at=born), hours(final, at=105), ledger=None)
    found = curves([bucket(at, traffic(total)) for at, total in final.items()], ledger)
    history = last(found[PLAN])[1] if PLAN in found else 0
    assert history + value(ledger) == sum(final.values())


@pytest.mark.parametrize("window", [True, False])
@given(
    st.dictionaries(st.integers(60, 99), st.integers(0, 10**12)),
    st.dictionaries(st.integers(60, 99), st.integers(0, 10**12)),
)
def test_sum_is_that_of_the_products_at_every_moment(
    window: bool,  # noqa: FBT001 - a parameter of the test
    one: Mapping[int, int],
    other: Mapping[int, int],
) -> None:
    """The account's samples are its products', added up."""
    rows = [
        bucket(at, traffic(total, plan), scope=plan, window=window)
        for plan, totals in (("1", one), ("2", other))
        for at, total in totals.items()
    ]
    found = curves(rows)
    sums: dict[int, int] = {}
    for (family, _), curve in found.items():
        for at, total in curve.samples(STEP) if family is TRAFFIC else ():
            sums[at] = sums.get(at, 0) + total
    account = dict(found[ACCOUNT, ()].samples(STEP)) if found else {}
    assert {at: total for at, total in account.items() if at in sums} == {
        at: total for at, total in sums.items() if at in account
    }
    assert all(at in sums for at in account)
