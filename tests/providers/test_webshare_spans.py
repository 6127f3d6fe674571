from dataclasses import replace
from datetime import UTC, datetime

import pytest
from msgspec import structs

from exporter.ledger import Ledger, Scope
from exporter.providers._answers import unix
from exporter.providers.webshare._answers import Plan, Subscription
from exporter.providers.webshare._spans import Span, Spans, Term, choose_spans, read_term
from exporter.providers.webshare._times import DAY, HOUR, ceil_hour, instant, text_of

NOW = instant("2022-08-12T00:20:00Z")
TERM = Term(NOW, instant("2022-08-10T06:34:00Z"), instant("2022-09-09T06:34:00Z"))
OLD = Ledger(born=instant("2022-08-01T10:30:00Z"), listed=frozenset({"1", "2"}))


def _spans(
    term: Term, ledger: Ledger | None = None, *, name: str = "2", status: str | None = "active"
) -> Spans | None:
    plans = {name: Plan(name, status=status)}
    return choose_spans(plans, term, ledger or Ledger()).get(name)


def _first(term: Term, ledger: Ledger | None = None, *, name: str = "2") -> str:
    spans = _spans(term, ledger, name=name)
    assert spans is not None
    return text_of(spans.hours.first)


def _scope(floor: str) -> Scope:
    return Scope(collector="usage", place=("", "2"), born=0, read_at=0, floor=floor)


def test_hours_of_a_known_plan() -> None:
    """Hours are asked for from the ledger's floor on."""
    ledger = structs.replace(OLD, scopes={"2": _scope("2022-08-07T03:00:00Z")})
    assert _first(TERM, ledger) == "2022-08-07T03:00:00Z"


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2022-08-11T06:34:00Z", "2022-08-10T00:00:00Z"),
        ("2022-08-02T06:34:00Z", "2022-08-02T06:00:00Z"),
    ],
    ids=["48 hours are longer", "the term is longer"],
)
@pytest.mark.parametrize("ledger", [Ledger(), OLD], ids=["unborn", "in vain at birth"])
def test_hours_of_the_first_read(start: str, first: str, ledger: Ledger) -> None:
    """A plan that was there at birth is read from the term's start on, 48 hours at least."""
    assert _first(replace(TERM, start=instant(start)), ledger) == first


@pytest.mark.parametrize(
    ("start", "first"),
    [
        (None, "2022-08-01T08:00:00Z"),
        ("2022-08-10T06:34:00Z", "2022-08-01T08:00:00Z"),
        ("2022-07-20T06:34:00Z", "2022-07-20T06:00:00Z"),
    ],
    ids=["no term", "the term is later", "the term is earlier"],
)
def test_hours_of_a_new_plan(start: str | None, first: str) -> None:
    """A plan that came later is read from the birth, less what may be late, or the term's start."""
    term = replace(TERM, start=None if start is None else instant(start))
    assert _first(term, OLD, name="3") == first


def test_hours_without_a_term() -> None:
    """Of a term that is not said, nothing is asked but the hours of the last two days, to now."""
    term = read_term(Subscription(1), NOW)
    hours = Span(instant("2022-08-10T00:00:00Z"), NOW)
    assert _spans(term) == Spans(hours, used=None, whole=None, settled=None)


def test_term_without_an_end() -> None:
    """Without an end nothing is projected."""
    spans = _spans(replace(TERM, end=None))
    assert spans is not None
    assert spans.whole is None
    assert spans.used == Span(instant("2022-08-10T06:00:00Z"), NOW)


def test_look_back_is_bounded() -> None:
    """No span begins more than 90 days ago, an hour for the clocks off; the hours' are clipped."""
    start = NOW - 100 * DAY
    spans = _spans(
        replace(TERM, start=start), structs.replace(OLD, scopes={"2": _scope(text_of(start))})
    )
    oldest = ceil_hour(NOW - 90 * DAY + HOUR)
    assert spans is not None
    assert spans.hours == Span(oldest, NOW, clipped=True)
    assert spans.hours.params["timestamp__gte"] == "2022-05-14T01:59:59Z"
    assert spans.used == spans.hours
    assert spans.settled is None


def test_lapsed_account() -> None:
    """Nothing is asked past the end of the term, and its projection is what was used."""
    end = instant("2022-08-11T06:34:00Z")
    spans = _spans(replace(TERM, end=end))
    assert spans is not None
    assert spans.whole is None
    assert spans.used == Span(instant("2022-08-10T06:00:00Z"), end)
    assert spans.settled == Span(instant("2022-08-10T07:00:00Z"), end)
    assert spans.hours.last == end


def test_span_that_ends_before_it_begins() -> None:
    """A span without an hour is empty: the floor is past the end, or the term yet to come."""
    ledger = structs.replace(OLD, scopes={"2": _scope("2022-08-11T07:00:00Z")})
    lapsed = _spans(replace(TERM, end=instant("2022-08-11T06:34:00Z")), ledger)
    assert lapsed is not None
    assert lapsed.hours.is_empty
    future = _spans(replace(TERM, start=NOW + DAY, end=NOW + DAY))
    assert future is not None
    assert (future.used, future.whole, future.settled) == (None, None, None)


@pytest.mark.parametrize(
    ("start", "end", "is_asked"),
    [
        (NOW - 1, NOW + DAY, True),
        (NOW, NOW + DAY, False),
        (NOW + 1, NOW + DAY, False),
        (NOW - 60, NOW - 60, False),
        (NOW - 60, NOW - 120, False),
    ],
    ids=["just begun", "begins now", "begins later this hour", "ends at its start", "ends before"],
)
def test_term_without_a_moment_of_usage(start: float, end: float, *, is_asked: bool) -> None:
    """The hour before a term begins is not the term's, though it starts in that hour."""
    spans = _spans(replace(TERM, start=start, end=end))
    assert spans is not None
    assert (spans.used is not None) == is_asked


def test_nothing_is_settled_at_first() -> None:
    """There is nothing to compare while no whole hour of the term is complete."""
    spans = _spans(replace(TERM, start=instant("2022-08-11T21:30:00Z")))
    assert spans is not None
    assert spans.settled is None


ENDED_LONG_AGO = {"2": NOW - 48 * HOUR, "3": NOW - 48 * HOUR}
ENDED_LATELY = {"2": NOW - 48 * HOUR + 1, "3": NOW - 48 * HOUR + 1}


@pytest.mark.parametrize("status", ["cancelled", "awaiting_payment", None])
@pytest.mark.parametrize(
    ("ledger", "name", "is_asked"),
    [
        (Ledger(), "2", False),
        (OLD, "2", False),
        (structs.replace(OLD, scopes={"2": _scope("2022-08-10T00:00:00Z")}), "2", True),
        (
            structs.replace(OLD, scopes={"2": _scope("2022-08-10T00:00:00Z")}, ended=ENDED_LATELY),
            "2",
            True,
        ),
        (
            structs.replace(
                OLD, scopes={"2": _scope("2022-08-10T00:00:00Z")}, ended=ENDED_LONG_AGO
            ),
            "2",
            False,
        ),
        (OLD, "3", True),
        (structs.replace(OLD, ended=ENDED_LATELY), "3", True),
        (structs.replace(OLD, ended=ENDED_LONG_AGO), "3", False),
    ],
    ids=[
        "at birth",
        "over at birth",
        "known, just over",
        "known, over lately",
        "known, over long ago",
        "new, just over",
        "new, over lately",
        "new, over long ago",
    ],
)
def test_plan_that_is_over(
    ledger: Ledger, name: str, status: str | None, *, is_asked: bool
) -> None:
    """A plan that is not active is asked for its hours alone, until 48 hours after its end."""
    spans = _spans(TERM, ledger, name=name, status=status)
    assert (spans is not None) == is_asked
    if spans is not None:
        assert (spans.used, spans.whole, spans.settled) == (None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "2022-08-11T17:12:32.589667-07:00",
        "2022-08-12T00:12:32.589667Z",
        "2022-08-12T00:12:32.589667",
    ],
)
def test_instant_in_any_zone(text: str) -> None:
    """An offset, Z and nothing at all tell the same instant; nothing is UTC."""
    at = datetime.fromisoformat(text)
    assert unix(at) == 1660263152.589667


@pytest.mark.parametrize("year", [1, 9999])
def test_instant_that_no_calendar_holds(year: int) -> None:
    """A time at the edge of the calendar is taken for one that is not said."""
    assert unix(datetime(year, 1, 1, tzinfo=UTC)) is None
