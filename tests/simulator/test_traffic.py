from hypothesis import given
from hypothesis import strategies as st

from exporter.simulator import Line, RequestError, Usage
from tests.simulator.worlds import DAY, HOUR, NOW

LINE = Line("1", NOW - 10 * DAY + 0.5, NOW - DAY, extra=30, idle=10)
MOMENTS = st.floats(min_value=NOW - 11 * DAY, max_value=NOW)


def assert_sound(usage: Usage) -> None:
    """Check that parts sum to totals and nothing is negative."""
    assert usage.requests == sum(usage.countries.values()) == sum(usage.protocols.values())
    assert usage.traffic_bytes == sum(usage.country_bytes.values())
    assert usage.failures == sum(usage.errors.values())
    assert 0 <= usage.failures <= usage.requests
    assert 0 <= usage.extra_bytes <= usage.traffic_bytes
    counts = (usage.countries, usage.country_bytes, usage.errors, usage.protocols)
    assert all(count > 0 for part in counts for count in part.values())


@given(moments=st.lists(MOMENTS, min_size=3, max_size=3).map(sorted))
def test_usage_adds_up(moments: list[float]) -> None:
    """Usage of two spans in a row is the usage of the whole, in every field."""
    first, middle, last = moments
    assert LINE.usage(first, middle) + LINE.usage(middle, last) == LINE.usage(first, last)


@given(since=MOMENTS, until=MOMENTS)
def test_usage_is_sound(since: float, until: float) -> None:
    """Parts sum to totals in any span, and no figure is ever negative."""
    assert_sound(LINE.usage(since, until))


def test_usage_is_sound_across_the_hour() -> None:
    """Nothing falls where one hour ends and the next begins."""
    hour = int(NOW // HOUR - 48) * HOUR
    for edge in range(hour, hour + 24 * HOUR, HOUR):
        assert_sound(LINE.usage(edge - 0.001, edge))
        assert_sound(LINE.usage(edge - 0.001, edge + 0.001))


def test_usage_of_hours_sums_to_the_life() -> None:
    """The hours of a life, running ones cut, sum to the life."""
    first = int(LINE.start // HOUR) * HOUR
    hours = [LINE.usage(hour, hour + HOUR) for hour in range(first, int(NOW), HOUR)]
    assert sum(hours, Usage()) == LINE.usage(0, NOW)


def test_usage_outside_its_life() -> None:
    """A line carries nothing before its start, after its end and in spans that end early."""
    assert Usage() == LINE.usage(0, LINE.start)
    assert Usage() == LINE.usage(NOW - DAY, NOW)
    assert Usage() == LINE.usage(NOW - 2 * DAY, NOW - 3 * DAY)


def test_usage_is_the_same_everywhere() -> None:
    """What an hour carries never changes between processes or versions of Python."""
    hour = Line("1", HOUR * 490_000).usage(HOUR * 490_000, HOUR * 490_001)
    assert (hour.traffic_bytes, hour.requests, hour.failures) == (1_743_638_395, 28_910, 672)


def test_usage_varies() -> None:
    """Day and night differ, weekdays and weekends too, and so do two seeds."""
    thursday = 20_776 * DAY
    line = Line("1", thursday)
    night, noon = (line.usage(thursday + h * HOUR, thursday + (h + 4) * HOUR) for h in (1, 12))
    weekend = line.usage(thursday + 2 * DAY, thursday + 3 * DAY)
    assert 2 * night.traffic_bytes < noon.traffic_bytes
    assert 1.2 * weekend.traffic_bytes < line.usage(thursday, thursday + DAY).traffic_bytes
    assert line.usage(0, HOUR) != Line("1", 0, seed="other").usage(0, HOUR)


def test_usage_keeps_its_scale() -> None:
    """A mean month carries what the line was made for, with 3 % failures of several reasons."""
    month = Line("1", 0).usage(0, 28 * DAY)
    assert abs(month.traffic_bytes / (28 * 24 * 1.2e9) - 1) < 0.03
    assert 0.02 < month.failures / month.requests < 0.04
    assert RequestError("target_connect_unknown_error", "connection", None) in month.errors
    assert len(month.countries) == 10


def test_last_request_looks_back_over_idle_hours() -> None:
    """The last request is looked for in earlier hours when the line was idle."""
    busy, idle = Line("1", 0), Line("1", 0, idle=50)
    hours = range(0, 40 * HOUR, HOUR)
    last_busy = max(hour for hour in hours if idle.usage(hour, hour + HOUR))
    assert busy.last_request_at(0, 40 * HOUR) == 40 * HOUR
    assert idle.last_request_at(0, 40 * HOUR) == last_busy + HOUR
    assert Line("1", 0, idle=100).last_request_at(0, 40 * HOUR) is None


def test_part_takes_the_largest_first() -> None:
    """A part comes out of the largest country and protocol, and leaves a sound rest."""
    hour = Line("1", 0).usage(0, HOUR)
    largest = max(hour.countries.values())
    part = hour.part(traffic_bytes=1000, requests=largest + 5)
    assert part.requests == largest + 5
    assert len(part.countries) == 2
    assert_sound(part)
    assert_sound(hour - part)


def test_part_of_more_than_there_is() -> None:
    """A part is never larger than the successful requests and the plain traffic."""
    hour = Line("1", 0, extra=30).usage(0, HOUR)
    part = hour.part(traffic_bytes=10**15, requests=10**15)
    assert (hour.failures, hour.extra_bytes) == (
        (hour - part).requests,
        (hour - part).traffic_bytes,
    )
