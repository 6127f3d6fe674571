from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from exporter.backfill._timeline import Timeline, moments, part

PIECES = st.lists(
    st.tuples(st.integers(0, 900), st.integers(1, 500), st.integers(0, 2**50)), max_size=8
)
"""Begin and length in milliseconds, and the amount."""


def timeline(pieces: list[tuple[int, int, int]]) -> Timeline:
    """Return what grows by *pieces*."""
    made = Timeline(2000)
    for start, length, amount in pieces:
        made.add(start, start + length, amount)
    return made


@given(PIECES, st.integers(1, 300))
def test_values_never_fall_and_end_at_the_total(
    pieces: list[tuple[int, int, int]], step: int
) -> None:
    """Whatever the pieces, their order and overlaps: from 0, upwards, to the sum of all."""
    values = list(timeline(pieces).values(moments(0, 2000, step)))
    assert values == sorted(values)
    assert (values[0], values[-1]) == (0, sum(amount for _, _, amount in pieces))


@given(PIECES, st.integers(1, 300))
def test_values_do_not_depend_on_the_step(pieces: list[tuple[int, int, int]], step: int) -> None:
    """A value is that of its moment alone."""
    one = timeline(pieces)
    fine = dict(zip(moments(0, 2000, 1), one.values(moments(0, 2000, 1)), strict=True))
    for at, value in zip(moments(7, 2000, step), one.values(moments(7, 2000, step)), strict=True):
        assert value == fine[at]


def test_values_rise_evenly_within_a_piece() -> None:
    """Between the begin and the end of a total, growth is linear, in whole bytes."""
    one = timeline([(1000, 1000, 100), (2000, 1000, 11)])
    assert list(one.values([1000, 1500, 2000, 2500, 3000, 9000])) == [0, 50, 100, 105, 111, 111]


def test_begin_is_where_it_first_grows() -> None:
    """Pieces without an amount do not begin a series."""
    assert timeline([(500, 100, 0)]).begin is None
    assert timeline([(900, 100, 1), (500, 100, 0), (700, 100, 3)]).begin == 700


def test_moments_are_on_a_grid_that_all_series_share() -> None:
    """Begin and end are exact, the rest are multiples of the step: sums find their parts."""
    assert list(moments(5, 31, 10)) == [5, 10, 20, 30, 31]
    assert list(moments(10, 30, 10)) == [10, 20, 30]
    assert list(moments(10, 10, 10)) == [10]


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**7))
def test_moments_ascend(begin: int, length: int, step: int) -> None:
    """No moment comes twice, and none is more than a step after the one before."""
    found = list(moments(begin, begin + length, step))
    assert all(0 < after - before <= step for before, after in pairwise(found))
    assert (found[0], found[-1]) == (begin, begin + length)


def test_part_is_exact() -> None:
    """No float is in between: 2**60 bytes split without a rest."""
    assert part(2**60 + 1, 3, 3) == 2**60 + 1
    assert part(2**60, 1, 2) == 2**59
