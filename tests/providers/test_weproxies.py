from collections.abc import Iterator

import msgspec
import pytest
import respx

from exporter.errors import AmountError, AuthError, PayloadError, PollError, Reason
from exporter.providers.weproxies import WEPROXIES
from exporter.providers.weproxies._answers import Subscription
from exporter.providers.weproxies._options import Options
from tests.providers.polling import poll, targets

USAGE = "/api/v1/usage"
COUNTRIES = "/api/v1/usage/by-country"
EMPTY = {
    "usage": {"data": {"total": {}, "by_subscription": []}, "success": True},
    "countries": {"data": {"countries": []}, "success": True},
    "realtime": {"data": {"current_minute": {}}, "success": True},
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


def test_list_that_is_null_is_empty(router: respx.MockRouter) -> None:
    """Where nothing is to be listed, null will do; what the others list is shown."""
    active = {"success": True, "data": [{"id": "a", "status": "active", "traffic_limit_gb": 1}]}
    router.get("/api/v1/subscriptions", params={"status": "active"}).respond(json=active)
    router.get("/api/v1/subscriptions").respond(json={"success": True, "data": None})
    (shown,) = poll(WEPROXIES, "subscriptions").parts.values()
    assert 2**30 in [one.value for one in shown]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"success": False}, f"GET {USAGE}: the provider says success: false"),
        ({"success": True}, f"GET {USAGE} $.data: the answer has no data"),
        (
            {"data": {}},
            f"GET {USAGE} $.data: the answer has neither total nor subscriptions",
        ),
        (
            {"data": {"total": None, "by_subscription": None, "period": {}}},
            f"GET {USAGE} $.data: the answer has neither total nor subscriptions",
        ),
        (
            {"data": {"total": {"requests": "1e300"}}},
            f"GET {USAGE} $.data.total.requests: expected float <= 9007199254740992.0",
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
    ids=[
        "refused",
        "no data",
        "nothing",
        "nulls",
        "huge",
        "no bytes",
        "no requests",
    ],
)
def test_usage_payload_that_does_not_fit(
    router: respx.MockRouter, answer: object, message: str
) -> None:
    """A summary that cannot be true fails its period, and the message names the path only."""
    assert [message] == usage_failures(router, answer)


def test_negative_usage_fails_the_poll(router: respx.MockRouter) -> None:
    """Nothing is believed of a poll in which one period has a negative amount."""
    negative = {"data": {"by_subscription": [{"subscription_id": "a", "bytes_used": -1}]}}
    router.get(USAGE, params={"period": "today"}).respond(json=negative)
    router.get(USAGE).respond(json=EMPTY["usage"])
    with pytest.raises(AmountError) as caught:
        poll(WEPROXIES, "usage", options={"periods": ["today"]})
    expected = f"GET {USAGE} $.data.by_subscription[0].bytes_used: expected float >= 0.0"
    assert str(caught.value) == expected


@pytest.mark.parametrize(("percent", "ratio"), [(99.5, 0.995), (100, 1), (100.1, 1), (101, 1)])
def test_success_ratio_is_never_above_1(
    router: respx.MockRouter, percent: float, ratio: float
) -> None:
    """A rate that is rounded up to above 100 % is 100 %."""
    router.get().respond(json={"data": {"total": {"success_rate": percent}}})
    report = poll(WEPROXIES, "usage", options={"periods": ["today"]})
    assert [sample.value for sample in report.parts["today"]] == [ratio]


def test_refused_token_fails_the_poll(router: respx.MockRouter) -> None:
    """A token that is not accepted fails the poll as a whole, not period by period."""
    router.get().respond(401)
    with pytest.raises(AuthError):
        poll(WEPROXIES, "usage")


def test_more_subscriptions_than_there_can_be(router: respx.MockRouter) -> None:
    """A list that is far too long is refused before it is read."""
    rows = [{"subscription_id": "a"}] * 10_001
    (message,) = set(usage_failures(router, {"data": {"by_subscription": rows}}))
    assert message.startswith(f"GET {USAGE} $.data.by_subscription: ")


def test_realtime_that_says_nothing(router: respx.MockRouter) -> None:
    """An answer with nothing in it is none."""
    error = failure(router, "realtime", {"data": {}})
    assert isinstance(error, PayloadError)
    assert str(error) == "GET /api/v1/usage/realtime $.data: the answer says nothing"


def test_realtime_of_nothing(router: respx.MockRouter) -> None:
    """Nulls are an answer: nothing goes on."""
    router.get().respond(json={"data": {"timestamp": None, "last_hour": None}})
    assert poll(WEPROXIES, "realtime").parts == {"": ()}


@pytest.mark.parametrize("percent", [-0.1, 101.1])
def test_success_rate_that_is_none(router: respx.MockRouter, percent: float) -> None:
    """A rate beyond 0 to 100 % is left out, and takes nothing else with it."""
    router.get().respond(json={"data": {"total": {"requests": 0, "success_rate": percent}}})
    names = {one.family.name for one in poll(WEPROXIES, "usage").parts["month"]}
    assert names == {"proxy_provider_account_period_requests"}


def test_ids_that_are_numbers(router: respx.MockRouter) -> None:
    """An id may be a number as well as a text."""
    router.get().respond(json={"data": {"by_subscription": [{"subscription_id": 7}]}})
    statement = poll(WEPROXIES, "usage").statement
    assert statement is not None
    assert statement.owners == {"subscription": {"7"}}


def test_country_by_its_other_name(router: respx.MockRouter) -> None:
    """A country is known by ``country`` too, as in the summary."""
    router.get().respond(json={"data": {"countries": [{"country": "de", "requests": 2}]}})
    (sample,) = poll(WEPROXIES, "countries").parts[""]
    assert sample.labels == ("", "", "month", "DE")


@pytest.mark.parametrize("text", ["", None, "soon"])
def test_dates_that_are_none(router: respx.MockRouter, text: str | None) -> None:
    """A date that is empty or cannot be read is not known; all else is."""
    row = {"id": "sub_a", "status": "active", "created_at": text, "expires_at": text}
    router.get().respond(json={"data": [row]})
    report = poll(WEPROXIES, "subscriptions")
    assert report.statement is not None
    assert report.statement.listed == {"sub_a": None}
    assert "plan_info" in str(report.parts)
    assert "plan_expiry" not in str(report.parts)


def test_page_that_repeats(router: respx.MockRouter) -> None:
    """A list whose pages do not end is refused."""
    answer = {"data": [], "pagination": {"page": 1, "total_pages": 3}}
    error = failure(router, "subscriptions", answer)
    assert str(error) == "GET /api/v1/subscriptions: the list of pages does not end"


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
