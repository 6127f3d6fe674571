from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.errors import (
    AuthError,
    PayloadError,
    PollError,
    RateLimitError,
    UnavailableError,
)
from exporter.schedule import back_off, next_turn, offset

intervals = st.floats(min_value=1, max_value=86_400)
moments = st.floats(min_value=0, max_value=1e9)


@given(moments, intervals, st.floats(min_value=0, max_value=0.999))
def test_next_turn_is_ahead(now: float, interval: float, share: float) -> None:
    """The next turn is later than now, by an interval at most."""
    turn = next_turn(now, interval, share * interval)
    assert now < turn <= now + interval * 1.00001


@given(moments, intervals, st.floats(min_value=0, max_value=0.999))
def test_turns_do_not_drift(now: float, interval: float, share: float) -> None:
    """Turns lie exactly an interval apart, and none comes twice."""
    turns = [now]
    for _ in range(5):
        turns.append(next_turn(turns[-1], interval, share * interval))
    for before, after in pairwise(turns[1:]):
        assert after - before == pytest.approx(interval, rel=1e-3)


def test_next_turn_skips_what_a_slow_poll_missed() -> None:
    """After a poll that took longer than its interval, the grid goes on, without a burst."""
    assert next_turn(131.0, 60.0, 10.0) == 190.0


@given(st.text(), st.text(), intervals)
def test_offset_lies_in_the_interval(provider: str, name: str, interval: float) -> None:
    """An account has its own place in the interval, always the same."""
    place = offset((provider, name), interval)
    assert 0 <= place < interval
    assert place == offset((provider, name), interval)


def test_offsets_spread() -> None:
    """A hundred accounts do not poll in step."""
    tenths = {int(offset(("webshare", f"a{number}"), 10.0)) for number in range(100)}
    assert tenths == set(range(10))


def test_accounts_begin_on_tenths() -> None:
    """Accounts that are close to each other poll together, not one just after the other."""
    tenths = [offset(("webshare", f"a{number}"), 3.0) * 10 for number in range(100)]
    assert tenths == pytest.approx([round(one) for one in tenths])
    assert len({round(one) for one in tenths}) > 20


UNAVAILABLE = UnavailableError("GET /", "no", status=503)


@pytest.mark.parametrize(
    ("error", "failures", "interval", "seconds"),
    [
        pytest.param(None, 0, 300, 0, id="no-error"),
        pytest.param(PayloadError("", ""), 9, 300, 0, id="other-error"),
        pytest.param(UnavailableError("", "", status=500), 9, 300, 0, id="other-fault"),
        pytest.param(AuthError("", ""), 1, 300, 300, id="auth-begins"),
        pytest.param(AuthError("", ""), 2, 100, 200, id="auth-doubles"),
        pytest.param(AuthError("", ""), 9, 300, 600, id="auth-ceiling"),
        pytest.param(AuthError("", ""), 1, 3600, 0, id="auth-of-a-long-interval"),
        pytest.param(AuthError("", ""), 10**6, 1, 899, id="auth-for-ever"),
        pytest.param(RateLimitError("", ""), 1, 30, 60, id="rate-limit-floor"),
        pytest.param(RateLimitError("", ""), 2, 300, 600, id="rate-limit-doubles"),
        pytest.param(RateLimitError("", ""), 99, 300, 3600, id="rate-limit-ceiling"),
        pytest.param(UNAVAILABLE, 1, 30, 30, id="unavailable-begins"),
        pytest.param(UNAVAILABLE, 99, 30, 3600, id="unavailable-ceiling"),
        pytest.param(RateLimitError("", "", retry_after=7), 9, 300, 7, id="retry-after"),
    ],
)
def test_back_off(error: PollError | None, failures: int, interval: float, seconds: float) -> None:
    """A provider that refuses the key or is overloaded is spared, for longer each time."""
    least = back_off(error, failures=failures, interval=interval, jitter=lambda: 0.0)
    assert least == seconds


@pytest.mark.parametrize("error", [RateLimitError("", ""), UNAVAILABLE], ids=["429", "503"])
def test_back_off_has_jitter(error: PollError) -> None:
    """Those who were refused together come back up to a quarter later, each at its own moment."""
    least = [
        back_off(error, failures=1, interval=100, jitter=share.conjugate)
        for share in (0.0, 0.5, 1.0)
    ]
    assert least == [100.0, 112.5, 125.0]
