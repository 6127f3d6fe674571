import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.config._durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("1h30m", 5400),
        ("1d", 86_400),
        ("250ms", 0.25),
        ("1w", 604_800),
        ("1y", 31_536_000),
        ("1m1ms", 60.001),
        ("0s", 0),
        ("0", 0),
        (0, 0),
        ("90m", 5400),
    ],
)
def test_parse(text: object, seconds: float) -> None:
    """A duration is read as Prometheus reads it."""
    assert seconds == parse_duration(text)


@pytest.mark.parametrize(
    "value",
    [
        *("", "5", "5 m", "m", "30m1h", "1h1h", "1.5h", "-5m", "5M", "٣s", "5m\n"),
        *("9" * 30 + "ms", "1" * 5000 + "s", "400y", 5, 5.0, None, False, True, ["5m"]),
    ],
)
def test_parse_of_anything_else(value: object) -> None:
    """What Prometheus would not take is refused."""
    with pytest.raises(ValueError, match="duration"):
        parse_duration(value)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0, "0s"), (0.25, "250ms"), (300, "5m"), (5400, "1h30m"), (86_400, "1d")),
        *((604_800, "1w"), (691_200, "8d"), (31_536_000, "1y"), (31_536_001, "365d1s")),
    ],
)
def test_format(seconds: float, text: str) -> None:
    """A duration is written as Prometheus writes it."""
    assert text == format_duration(seconds)


@given(st.integers(min_value=0, max_value=10**12))
def test_format_is_what_parse_reads(milliseconds: int) -> None:
    """A duration that is written and read again has not changed."""
    assert milliseconds / 1000 == parse_duration(format_duration(milliseconds / 1000))
