import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.simulator import Correction, Lateness, Line, Usage
from exporter.simulator.report import Span, corrected, late
from tests.simulator.worlds import DAY, HOUR, NOW, Clock, make_world

LINE = Line("12", NOW - 20 * DAY)
# Over two hours before NOW.
HOUR_START = 498_607 * HOUR
WHOLE = Span(HOUR_START, HOUR_START + HOUR)
LATE = Lateness(fraction_at_close=0.6, settle_seconds=HOUR)


def shown(now: float) -> Usage:
    """Tell what the late hour shows."""
    return late(LINE, WHOLE, now=now, lateness=LATE)


@pytest.mark.parametrize(
    ("age_seconds", "fraction"),
    [(-HOUR / 2, 0.3), (0, 0.6), (HOUR / 2, 0.8), (HOUR, 1.0), (9 * HOUR, 1.0)],
    ids=["running", "closed", "settling", "settled", "old"],
)
def test_late_shows_a_fraction(age_seconds: float, fraction: float) -> None:
    """An hour shows 60 % of what happened until its close, and the rest evenly afterwards."""
    whole = LINE.usage(HOUR_START, HOUR_START + HOUR)
    part = shown(HOUR_START + HOUR + age_seconds)
    assert part.traffic_bytes == pytest.approx(whole.traffic_bytes * fraction, rel=1e-6)


@pytest.mark.parametrize("lateness", [Lateness(), LATE], ids=["prompt", "late"])
def test_settled_hour_shows_all(lateness: Lateness) -> None:
    """A settled hour shows up to its end."""
    assert lateness.shown_until(HOUR_START, HOUR_START + 3 * HOUR) == HOUR_START + HOUR


@given(
    ages=st.lists(st.floats(-HOUR, 3 * HOUR), min_size=2, max_size=2).map(sorted),
    since=st.floats(HOUR_START - 5 * HOUR, HOUR_START + HOUR),
)
def test_late_never_falls(ages: list[float], since: float) -> None:
    """What a late provider shows only rises, and never exceeds the truth."""
    spans = [Span(since, since + 9 * HOUR)] * 2
    earlier, later = (
        late(LINE, span, now=HOUR_START + age, lateness=LATE)
        for span, age in zip(spans, ages, strict=True)
    )
    assert earlier.traffic_bytes <= later.traffic_bytes
    assert later.traffic_bytes <= LINE.usage(since, HOUR_START + ages[1]).traffic_bytes


def test_late_total_is_the_sum_of_its_hours() -> None:
    """A late total is the sum of its late hours."""
    now = HOUR_START + 2.3 * HOUR
    lateness = Lateness(0.4, 2.5 * HOUR)
    total = late(LINE, Span(HOUR_START - DAY, now), now=now, lateness=lateness)
    hours = (
        late(LINE, Span(hour, hour + HOUR), now=now, lateness=lateness)
        for hour in range(HOUR_START - DAY, HOUR_START + DAY, HOUR)
    )
    assert sum(hours, Usage()) == total


def test_prompt_shows_the_truth() -> None:
    """Without lateness everything shows at once."""
    usage = late(LINE, Span(NOW - DAY, NOW + DAY), now=NOW, lateness=Lateness())
    assert LINE.usage(NOW - DAY, NOW) == usage


def correction(**changes: float) -> Correction:
    """Make a correction of the hour."""
    fields = {"at": NOW, "hour": HOUR_START + 60.0, "traffic_bytes": 5000, "requests": 70}
    return Correction(provider="webshare", account="main", line="12", **(fields | changes))  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("span", "now", "less_bytes"),
    [
        (WHOLE, NOW - 1, 0),
        (WHOLE, NOW, 5000),
        (Span(HOUR_START - DAY, HOUR_START + DAY), NOW, 5000),
        (Span(HOUR_START + 1, HOUR_START + DAY), NOW, 0),
        (Span(HOUR_START - DAY, HOUR_START), NOW, 0),
    ],
    ids=["not yet", "hour", "total", "from within", "before"],
)
def test_correction_lowers_what_contains_it(span: Span, now: float, less_bytes: int) -> None:
    """A correction lowers its hour and every span with the hour's start, once its time has come."""
    usage = corrected(LINE, span, now=now, lateness=Lateness(), corrections=[correction()])
    assert (
        LINE.usage(span.since, min(now, span.until)).traffic_bytes - less_bytes
        == usage.traffic_bytes
    )


def test_corrections_of_one_hour_add_until_nothing_is_left() -> None:
    """Corrections of one hour add up, and take no more than the hour had."""
    corrections = [correction(), correction(), correction(traffic_bytes=10**15)]
    two = corrected(LINE, WHOLE, now=NOW, lateness=Lateness(), corrections=corrections[:2])
    three = corrected(LINE, WHOLE, now=NOW, lateness=Lateness(), corrections=corrections)
    whole = LINE.usage(WHOLE.since, WHOLE.until)
    assert ((whole - two).traffic_bytes, (whole - two).requests) == (10_000, 140)
    assert three.traffic_bytes == 0
    assert three.requests == whole.requests - 210


def test_world_tells_truth_corrected_and_reported() -> None:
    """The world tells apart what was used, what is left of it, and what shows now."""
    clock = Clock(NOW + 1)
    world = make_world(clock)
    world.corrections = [correction()]
    world.lateness = Lateness(0.5, HOUR)
    names = ("webshare", "main", "12")
    account, line = world.account("webshare", "main"), world.line(*names)
    truth = world.truth(*names, 0, NOW + DAY)
    left = world.corrected(*names, 0, NOW + DAY)
    reported = world.reported(account, line, 0, NOW + DAY, now=NOW + 1)
    assert line.usage(0, NOW + 1) == truth
    assert ((truth - left).traffic_bytes, (truth - left).requests) == (5000, 70)
    assert reported.traffic_bytes < left.traffic_bytes
    clock.now += 5 * HOUR
    settled = world.reported(account, line, 0, NOW, now=clock.now)
    assert world.corrected(*names, 0, NOW) == settled


@pytest.mark.parametrize("names", [("evomi", "main", "12"), ("webshare", "main", "99")])
def test_world_knows_no_such_line(names: tuple[str, str, str]) -> None:
    """To ask about what does not exist is a mistake."""
    with pytest.raises(KeyError):
        make_world().truth(*names, 0, NOW)
