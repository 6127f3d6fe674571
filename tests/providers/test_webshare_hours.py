from dataclasses import replace

import msgspec
import pytest

from exporter.ledger import Ledger, record
from exporter.metrics import proof, usage
from exporter.providers.webshare._answers import Hour
from exporter.providers.webshare._hours import read_hours
from exporter.providers.webshare._spans import Span, Term
from exporter.providers.webshare._times import HOUR, instant, text_of
from exporter.reading import ScopeReading, Statement

NOW = instant("2022-08-12T00:20:00Z")
TERM = Term(NOW, instant("2022-08-10T06:34:00Z"), instant("2022-09-09T06:34:00Z"))
HOURS = Span(instant("2022-08-10T00:00:00Z"), NOW)


def _hours(
    text: str, *, span: Span = HOURS, term: Term = TERM, is_over: bool = False
) -> ScopeReading:
    hours = msgspec.json.decode(text, type=list[Hour], strict=False)
    return read_hours(hours, ("shared", "2"), span=span, term=term, is_over=is_over)


def test_window_ids_are_instants() -> None:
    """An hour has one id in every zone, and a half-hour zone's hours keep their half."""
    reading = _hours(
        '[{"timestamp": "2022-08-11T12:00:00-07:00"}, {"timestamp": "2022-08-12T00:00:00+05:30"}]'
    )
    assert [window.id for window in reading.windows] == [
        "2022-08-11T19:00:00Z",
        "2022-08-11T18:30:00Z",
    ]


def test_windows_leave_out_what_is_not_used_yet() -> None:
    """Projected hours and those that begin after now are not read."""
    reading = _hours(
        '[{"timestamp": "2022-08-12T00:00:00Z", "is_projected": true, "bandwidth_total": 1},'
        ' {"timestamp": "2022-08-12T00:30:00Z", "bandwidth_total": 1}]'
    )
    assert reading.windows == ()


def test_hour_of_which_nothing_is_said() -> None:
    """An hour full of nulls has not fallen to 0: no correction comes of it."""
    (window,) = _hours('[{"timestamp": "2022-08-11T12:00:00Z"}]').windows
    assert window.readings == ()
    assert window.partial


def test_sources_tell_errors_apart() -> None:
    """Errors that differ in reason, category or status are told apart."""
    (window,) = _hours(
        '[{"timestamp": "2022-08-11T12:00:00Z", "error_reasons":'
        ' [{"reason": "r", "type": "t", "http_status": 403, "count": 2.0},'
        ' {"reason": "r", "type": "u", "http_status": 403, "count": 1.0}]}]'
    ).windows
    assert {one.family for one in window.readings} == {usage.PRODUCT_REQUEST_ERRORS_TOTAL}
    assert [(one.labels, one.source, one.total) for one in window.readings] == [
        (("shared", "2", "r", "t", "403"), ("r", "t", "403"), 2),
        (("shared", "2", "r", "u", "403"), ("r", "u", "403"), 1),
    ]


def test_scope_of_an_answer() -> None:
    """The scope says what was asked for, what is settled, and where the term begins."""
    reading = _hours("[]")
    assert reading.scope == "2"
    assert reading.place == ("shared", "2")
    assert reading.slack == 2 * HOUR
    assert reading.floor == "2022-08-10T00:00:00Z"
    assert reading.covered == ("2022-08-10T00:00:00Z", "2022-08-12T00:00:00Z")
    assert reading.offered_since is None
    assert reading.complete_until == instant("2022-08-11T22:00:00Z")
    assert reading.term == "2022-08-10T07:00:00Z"


def test_scope_without_a_term() -> None:
    """A term that is not said begins with no hour."""
    assert _hours("[]", term=Term(NOW, None, None)).term is None


def test_scope_of_a_clipped_answer() -> None:
    """Where hours are lost, the ledger is told since when there are some: the rest is a gap."""
    reading = _hours("[]", span=replace(HOURS, clipped=True))
    assert reading.offered_since == HOURS.first


def test_scope_that_was_not_asked() -> None:
    """Past the end of a lapsed term, no hour is covered, and the floor stays where it was."""
    reading = _hours("[]", span=Span(NOW - HOUR, NOW - 5 * HOUR))
    assert reading.floor == text_of(NOW - HOUR)
    since, until = reading.covered or ("", "~")
    assert until <= since


@pytest.mark.parametrize(
    ("last", "floor"),
    [
        ("2022-08-12T00:20:00Z", "2022-08-10T00:00:00Z"),
        ("2022-08-09T06:34:00Z", "2022-08-07T06:00:00Z"),
        ("2022-08-02T05:00:00Z", "2022-08-01T00:00:00Z"),
    ],
    ids=["now", "the end of a lapsed term", "less than two days after the first"],
)
def test_floor(last: str, floor: str) -> None:
    """Hours are settled two days before the last moment that was asked for."""
    span = Span(instant("2022-08-01T00:00:00Z"), instant(last))
    assert _hours("[]", span=span).floor == floor


def test_hours_that_a_plan_that_is_over_has_lost() -> None:
    """Once a plan is over its hours may go: that is no correction, as it were of an active one."""
    hours = (
        '[{"timestamp": "2022-08-11T05:00:00Z", "bandwidth_total": 7},'
        ' {"timestamp": "2022-08-11T06:00:00Z", "bandwidth_total": 1}]'
    )
    corrected = {}
    for is_over in (True, False):
        ledger = Ledger()
        for at, text in ((NOW, hours), (NOW + HOUR, "[]"), (NOW + 3 * HOUR, "[]")):
            scope = _hours(text, is_over=is_over and at > NOW)
            statement = Statement(at=at, scopes=(scope,))
            ledger = record(ledger, statement, collector="usage", hold=0)
        counters = ledger.scopes["2"].counters
        corrected[is_over] = counters[proof.USAGE_CORRECTIONS_BYTES_TOTAL, ("shared", "2")].value
    assert corrected == {True: 0, False: 8}


def test_outage_longer_than_the_history() -> None:
    """An outage of a hundred days is a gap up to the first hour that is still offered."""
    day = 24 * HOUR
    before = Span(NOW - 101 * day, NOW - 100 * day)
    after = Span(NOW - 90 * day, NOW, clipped=True)
    ledger = Ledger()
    for span in (before, after):
        scope = _hours("[]", span=span, term=replace(TERM, now=span.last))
        statement = Statement(at=span.last, scopes=(scope,))
        ledger = record(ledger, statement, collector="usage", hold=0)
    counters = ledger.scopes["2"].counters
    assert counters[proof.USAGE_GAP_SECONDS_TOTAL, ("shared", "2")].value == 10 * day
