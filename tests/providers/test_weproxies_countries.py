from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import respx

from exporter.errors import PayloadError
from exporter.ledger import Scope
from exporter.providers.weproxies import WEPROXIES
from exporter.providers.weproxies._answers import CountryUsage
from exporter.providers.weproxies.countries import Answer, months_to_ask, parse
from exporter.window import Window
from tests.providers.polling import NOW, poll
from tests.providers.test_weproxies import COUNTRIES, EMPTY, failure


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    """Stand in for the provider."""
    with respx.mock(base_url=WEPROXIES.base_url) as mocked:
        yield mocked


def test_countries_that_are_missing(router: respx.MockRouter) -> None:
    """A list that is missing is not an empty one: all countries would be new later."""
    error = failure(router, "countries", {"data": {}})
    assert isinstance(error, PayloadError)
    assert str(error) == f"GET {COUNTRIES} $.data.countries: the list is missing"


@pytest.mark.parametrize("countries", [[], None], ids=["empty", "null"])
def test_no_countries(router: respx.MockRouter, countries: object) -> None:
    """An account without traffic has a list of none, which null will do for."""
    router.get().respond(json={"data": {"countries": countries}})
    report = poll(WEPROXIES, "countries")
    assert report.statement is not None
    assert [window.readings for scope in report.statement.scopes for window in scope.windows] == [
        ()
    ]


def test_countries_are_no_subscription(router: respx.MockRouter) -> None:
    """The scope of the countries has a name that no subscription has for its id."""
    router.get().respond(json=EMPTY["countries"])
    statement = poll(WEPROXIES, "countries").statement
    assert statement is not None
    assert [scope.scope for scope in statement.scopes] == ["usage/by-country"]


def test_countries_that_may_be_cut(router: respx.MockRouter) -> None:
    """A list as long as was asked for may lack countries: it is refused."""
    rows = [{"country_code": "US", "bytes": 1}] * 300
    error = failure(router, "countries", {"data": {"countries": rows}})
    assert f"GET {COUNTRIES} $.data.countries: 300 rows or more: the list may be cut" == str(error)


@pytest.mark.parametrize(
    ("now", "known", "read_at", "expected"),
    [
        ("2026-11-01T00:00", None, None, ["2026-10", "2026-11"]),
        ("2026-11-02T23:59", None, None, ["2026-10", "2026-11"]),
        ("2026-11-03T00:00", None, None, ["2026-11"]),
        ("2026-11-20T12:00", ["2026-10", "2026-11"], "2026-11-20T11:45", ["2026-11"]),
        ("2026-11-20T12:00", ["2026-10"], "2026-10-31T23:45", ["2026-10", "2026-11"]),
        ("2026-11-20T12:00", ["2026-10", "2026-11"], "2026-11-01T09:00", ["2026-10", "2026-11"]),
        (
            "2026-11-20T12:00",
            ["2026-08", "2026-09"],
            "2026-09-15T09:00",
            ["2026-09", "2026-10", "2026-11"],
        ),
        (
            "2027-11-20T12:00",
            ["2026-09"],
            "2026-09-15T09:00",
            [f"2027-{n:02}" for n in range(6, 12)],
        ),
        ("2026-11-02T23:59", ["2026-11"], "2026-11-03T00:10", ["2026-11"]),
        ("2026-10-31T23:59", ["2026-11"], "2026-11-01T00:10", ["2026-10"]),
        ("2027-01-01T12:00", ["2026-12"], "2026-12-31T23:59", ["2026-12", "2027-01"]),
    ],
    ids=[
        "first poll, month is new",
        "first poll, month is nearly settled",
        "first poll, month is settled",
        "all read",
        "not read since the month's end",
        "not read since the month settled",
        "two months not read",
        "half a year at most",
        "never read while it ran",
        "the clock went back",
        "new year",
    ],
)
def test_months_to_ask(
    now: str, known: list[str] | None, read_at: str | None, expected: list[str]
) -> None:
    """A month is asked for until it was read two days after its end, if it was read before."""
    scope = None
    if known is not None and read_at is not None:
        windows = {month: Window(None) for month in known}
        at = _unix(read_at)
        scope = Scope(collector="countries", place=None, born=0.0, read_at=at, windows=windows)
    months = months_to_ask(_unix(now), scope)
    assert [date.fromisoformat(f"{month}-01") for month in expected] == months


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_gauges_are_of_the_current_month() -> None:
    """While two months are read, the gauges of the month are the current one's."""
    rows = {
        month: (CountryUsage(country_code="US", traffic_bytes=traffic),)
        for month, traffic in (("2026-10", 9.0), ("2026-11", 1.0))
    }
    report = parse(Answer(NOW, rows))
    assert [sample.value for sample in report.parts[""]] == [1.0]
