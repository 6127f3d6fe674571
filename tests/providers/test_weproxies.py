from collections.abc import Iterator
from datetime import UTC, date, datetime

import msgspec
import pytest
import respx

from exporter.errors import AuthError, PayloadError, PollError, Reason
from exporter.ledger import Ledger, Scope, record
from exporter.ledger_samples import gauges
from exporter.providers.weproxies import WEPROXIES
from exporter.providers.weproxies._answers import CountryUsage, Subscription
from exporter.providers.weproxies._options import Options
from exporter.providers.weproxies.countries import Answer, months_to_ask, parse
from exporter.window import Window
from tests.providers.polling import NOW, poll, targets

USAGE = "/api/v1/usage"
COUNTRIES = "/api/v1/usage/by-country"
EMPTY = {
    "usage": {"data": {"total": {}, "by_subscription": []}, "success": True},
    "countries": {"data": {"countries": []}, "success": True},
    "realtime": {"data": {}, "success": True},
    "subscriptions": {"data": [], "success": True},
}
"""Per collector, the least that is an answer."""


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    """Stand in for the provider."""
    with respx.mock(base_url=WEPROXIES.base_url) as mocked:
        yield mocked


def failure(router: respx.MockRouter, collector: str, answer: object) -> PollError:
    """Return what a poll fails with when every request is answered with *answer*."""
    router.get().respond(json=answer)
    with pytest.raises(PollError) as caught:
        poll(WEPROXIES, collector)
    return caught.value


def usage_failures(router: respx.MockRouter, answer: object) -> list[str]:
    """Return how the periods of a usage poll fail when each is answered with *answer*."""
    router.get().respond(json=answer)
    report = poll(WEPROXIES, "usage", options={"periods": []})
    assert {error.reason for error in report.failures.values()} == {Reason.PAYLOAD}
    return [str(error) for error in report.failures.values()]


@pytest.mark.parametrize(
    ("collector", "expected"),
    [
        ("usage", {f"{USAGE}?period={one}" for one in ("today", "month", "all")}),
        ("countries", {f"{COUNTRIES}?start_date=2026-11-01&end_date=2026-11-30&limit=300"}),
        ("realtime", {"/api/v1/usage/realtime"}),
        (
            "subscriptions",
            {
                f"/api/v1/subscriptions?status={status}&page=1&per_page=100"
                for status in ("active", "suspended", "expired")
            },
        ),
    ],
)
def test_requests_of_collector(
    router: respx.MockRouter, collector: str, expected: set[str]
) -> None:
    """A collector asks for exactly what is documented, once, by GET, signed with the token."""
    router.route().respond(json=EMPTY[collector])
    poll(WEPROXIES, collector)
    assert expected == set(targets(router))
    assert len(expected) == len(router.calls)
    requests = [call.request for call in router.calls]
    assert {"GET"} == {request.method for request in requests}
    assert {"Bearer test-key"} == {request.headers["Authorization"] for request in requests}


@pytest.mark.parametrize("collector", ["countries", "realtime", "subscriptions"])
def test_success_false_is_a_failure(router: respx.MockRouter, collector: str) -> None:
    """200 with success: false is a failed poll, never an empty answer."""
    error = failure(router, collector, {"success": False, "error": "no", "data": None})
    assert isinstance(error, PayloadError)
    assert error.what == "the provider says success: false"


@pytest.mark.parametrize("collector", ["countries", "realtime", "subscriptions"])
def test_missing_data_is_a_failure(router: respx.MockRouter, collector: str) -> None:
    """An envelope without data is a failed poll."""
    error = failure(router, collector, {"success": True})
    assert isinstance(error, PayloadError)
    assert error.where.endswith("$.data")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"success": False}, f"GET {USAGE}: the provider says success: false"),
        ({"success": True}, f"GET {USAGE} $.data: the answer has no data"),
        (
            {"data": {"by_subscription": [{"subscription_id": "a", "bytes_used": -1}]}},
            f"GET {USAGE} $.data.by_subscription[0].bytes_used: expected float >= 0.0",
        ),
        (
            {"data": {"total": {"requests": "1e300"}}},
            f"GET {USAGE} $.data.total.requests: expected float <= 9007199254740992.0",
        ),
        (
            {"data": {"total": {"success_rate": 100.1}}},
            f"GET {USAGE} $.data.total.success_rate: expected float <= 100.0",
        ),
        (
            {"data": {"total": {"bytes_used": 1}, "by_subscription": []}},
            f"GET {USAGE} $.data.by_subscription: no subscription beside a total above 0",
        ),
        (
            {"data": {"total": {"requests": 1}}},
            f"GET {USAGE} $.data.by_subscription: no subscription beside a total above 0",
        ),
    ],
    ids=["refused", "no data", "negative", "huge", "over 100 %", "no bytes", "no requests"],
)
def test_usage_payload_that_does_not_fit(
    router: respx.MockRouter, answer: object, message: str
) -> None:
    """A summary that cannot be true fails its period, and the message names the path only."""
    assert [message] == usage_failures(router, answer)


def test_failing_all_says_nothing_to_the_ledger(router: respx.MockRouter) -> None:
    """When the period of the ledger fails the others are shown, and nothing is recorded."""
    router.get(USAGE, params={"period": "all"}).respond(400)
    router.get(USAGE, params={"period": "today"}).respond(json=EMPTY["usage"])
    report = poll(WEPROXIES, "usage", options={"periods": ["today"]})
    assert list(report.parts) == ["today"]
    assert list(report.failures) == ["all"]
    assert report.statement is None


def test_missing_list_says_nothing_to_the_ledger(router: respx.MockRouter) -> None:
    """A missing list of subscriptions is not an empty one: all would be new later."""
    router.get().respond(json={"data": {"total": {"bytes_used": 0}}})
    report = poll(WEPROXIES, "usage")
    assert report.failures == {}
    assert report.statement is None


def test_refused_token_fails_the_poll(router: respx.MockRouter) -> None:
    """A token that is not accepted fails the poll as a whole, not period by period."""
    router.get().respond(401)
    with pytest.raises(AuthError):
        poll(WEPROXIES, "usage")


def test_subscriptions_of_usage_tell_the_account(router: respx.MockRouter) -> None:
    """The ids of the subscriptions are the account's identity and its complete list."""
    rows = [{"subscription_id": "sub_a"}, {"subscription_id": "sub_b"}]
    router.get().respond(json={"data": {"by_subscription": rows}})
    statement = poll(WEPROXIES, "usage").statement
    assert statement is not None
    assert {"subscription": frozenset({"sub_a", "sub_b"})} == statement.owners
    assert statement.listed == {"sub_a": None, "sub_b": None}


def test_discrepancy_when_countries_have_settled_months(router: respx.MockRouter) -> None:
    """The account's discrepancy is about subscriptions: the settled months of countries are not.

    A subscription that left the list is still in the provider's total.
    """
    old = Scope(
        collector="usage",
        place=("Residential", "sub_old"),
        born=0.0,
        read_at=0.0,
        windows={"all": Window(0.0, {("proxy_provider_product_traffic_bytes_total", ()): 70})},
    )
    countries = Scope(collector="countries", place=None, born=0.0, read_at=0.0, floor="2026-10")
    ledger = Ledger(born=0.0, scopes={"sub_old": old, "countries": countries})
    rows = [{"subscription_id": "sub_a", "bytes_used": 30}]
    router.get().respond(json={"data": {"total": {"bytes_used": 101}, "by_subscription": rows}})
    statement = poll(WEPROXIES, "usage", ledger=ledger).statement
    assert statement is not None
    after = record(ledger, statement, collector="usage", now=NOW, hold=0)
    assert [(part, sample.value) for part, sample in gauges(after, statement)] == [("all", 1)]


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


def test_page_that_repeats(router: respx.MockRouter) -> None:
    """A list whose pages do not end is refused."""
    answer = {"data": [], "pagination": {"page": 1, "total_pages": 3}}
    error = failure(router, "subscriptions", answer)
    assert str(error) == "GET /api/v1/subscriptions: the list of pages does not end"


def test_begin_of_subscriptions(router: respx.MockRouter) -> None:
    """The ledger is told when each subscription was created, and of no scope."""
    rows = [{"id": "sub_a", "created_at": "2026-11-20T12:00:00Z"}, {"id": "sub_b"}]
    router.get().respond(json={"data": rows})
    statement = poll(WEPROXIES, "subscriptions").statement
    assert statement is not None
    assert statement.listed == {"sub_a": NOW, "sub_b": None}
    assert statement.scopes == ()
    assert statement.owners == {}


def test_credentials_are_not_held() -> None:
    """No field of a decoded subscription holds its credentials."""
    assert "credentials" not in Subscription.__struct_fields__


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"periods": ["year"]}, r"\$\.periods\[0\]"),
        ({"periods": "today"}, r"\$\.periods"),
        ({"products": ["rp"]}, "products"),
    ],
)
def test_options_that_are_refused(options: object, message: str) -> None:
    """A period or an option that the provider does not have is a mistake that is named."""
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(options, Options)
