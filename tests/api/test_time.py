import pytest

from exporter.api._time import Clock, ProviderTime
from tests.clocks import WALL, Jumping

DAY = 86_400.0


@pytest.fixture
def jumping() -> Jumping:
    """Return a clock that a test moves."""
    return Jumping()


@pytest.fixture
def time(jumping: Jumping) -> ProviderTime:
    """Return the time of a provider that has said nothing yet."""
    return ProviderTime(jumping.clock())


def test_date_near_ours_is_believed_at_once(jumping: Jumping, time: ProviderTime) -> None:
    """A first date that our clock agrees with is the provider's time."""
    date = jumping.clock().wall() + 60
    time.hear(date)
    assert (time.now, time.skew) == (date, 60)


def test_first_date_is_believed(jumping: Jumping, time: ProviderTime) -> None:
    """A first date far from our clock is the provider's all the same: ours may be wrong."""
    ours = jumping.clock().wall()
    time.hear(ours + 99 * DAY)
    assert (time.now, time.skew) == (ours + 99 * DAY, 99 * DAY)


def test_first_date_that_was_odd(jumping: Jumping, time: ProviderTime) -> None:
    """A later date that agrees with our clock puts a first one right at once."""
    ours = jumping.clock().wall()
    time.hear(ours - 99 * DAY)
    time.hear(ours)
    assert time.now == ours


def test_odd_date_among_good_ones(jumping: Jumping, time: ProviderTime) -> None:
    """A date of a cache, or of one server whose clock is wrong, moves nothing, however often."""
    ours = jumping.clock().wall()
    for _ in range(9):
        time.hear(ours)
        time.hear(ours + 365 * DAY)
        assert time.now == ours


def test_odd_dates_that_disagree(jumping: Jumping, time: ProviderTime) -> None:
    """Odd dates that contradict each other are nobody's time."""
    ours = jumping.clock().wall()
    time.hear(ours)
    for days in (99, -3, 50):
        time.hear(ours + days * DAY)
    assert time.now == ours


def test_odd_date_that_stays(jumping: Jumping, time: ProviderTime) -> None:
    """Two odd dates in a row that agree are the provider's time: its clock has stepped."""
    ours = jumping.clock().wall()
    time.hear(ours)
    time.hear(ours + 3 * DAY)
    jumping.now += 600
    time.hear(ours + 3 * DAY + 600)
    assert time.now == ours + 3 * DAY + 600


@pytest.mark.parametrize("date", [0.0, -62_135_596_800.0, 253_402_300_799.0], ids=str)
def test_date_that_cannot_be_is_not_heard(date: float, jumping: Jumping) -> None:
    """A date of 1970, of the year 1 or of 9999 is none, even where our clock says the same."""
    time = ProviderTime(Clock(wall=lambda: date, monotonic=lambda: jumping.now))
    time.hear(date)
    assert time.skew is None


def test_our_clock_that_steps_moves_nothing() -> None:
    """From its first date on, the provider's time goes on whatever our wall clock does."""
    wall = [WALL]
    now = [0.0]
    time = ProviderTime(Clock(wall=lambda: wall[0], monotonic=lambda: now[0]))
    time.hear(WALL)
    wall[0] -= DAY
    now[0] += 300
    time.hear(WALL + 300)
    assert time.now == WALL + 300
