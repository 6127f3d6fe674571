from collections.abc import Callable

import httpx
import pytest

from exporter.errors import AuthError, Reason, UnsupportedError
from exporter.ledger import Ledger, record
from exporter.providers.webshare import WEBSHARE, account
from tests.providers.webshare_api import DOCUMENTED, NOW, Answer, Webshare, content, plans


def test_requests_of_usage() -> None:
    """A poll of usage asks for the hours of the one plan, then for its sums, and nothing else."""
    webshare = Webshare(DOCUMENTED)
    webshare.poll("usage")
    assert webshare.asked == [
        ("/api/v2/subscription/", {}),
        ("/api/v2/subscription/plan/", {"page_size": "100"}),
        (
            "/api/v2/stats/",
            {
                "timestamp__gte": "2022-08-09T23:59:59Z",
                "timestamp__lte": "2022-08-12T00:20:00Z",
                "plan_id": "2",
            },
        ),
        (
            "/api/v2/stats/aggregate/",
            {
                "timestamp__gte": "2022-08-10T05:59:59Z",
                "timestamp__lte": "2022-08-12T00:20:00Z",
                "plan_id": "2",
            },
        ),
        (
            "/api/v2/stats/aggregate/",
            {
                "timestamp__gte": "2022-08-10T05:59:59Z",
                "timestamp__lte": "2022-09-09T06:34:00Z",
                "plan_id": "2",
            },
        ),
        (
            "/api/v2/stats/aggregate/",
            {
                "timestamp__gte": "2022-08-10T06:59:59Z",
                "timestamp__lte": "2022-08-11T21:59:59Z",
                "plan_id": "2",
            },
        ),
    ]


def test_requests_of_usage_that_is_no_longer_offered() -> None:
    """Of a term that ended more than 90 days ago nothing is asked, and the poll is good."""
    webshare = Webshare(DOCUMENTED, now=NOW + 120 * 86400)
    report = webshare.poll("usage")
    assert [path for path, _ in webshare.asked] == [
        "/api/v2/subscription/",
        "/api/v2/subscription/plan/",
    ]
    assert report.failures == {}


def test_requests_of_proxies() -> None:
    """A poll of proxies asks for the plans and for each active one."""
    answers = {**DOCUMENTED, "/api/v2/subscription/plan/": plans((1, "cancelled"), (2, "active"))}
    webshare = Webshare(answers)
    webshare.poll("proxies")
    assert webshare.asked == [
        ("/api/v2/subscription/plan/", {"page_size": "100"}),
        ("/api/v3/proxy/list/status", {"plan_id": "2"}),
    ]


def test_requests_of_account() -> None:
    """A poll of the account asks for its limits and its notices."""
    webshare = Webshare(DOCUMENTED)
    webshare.poll("account")
    assert webshare.asked == [
        ("/api/v2/verification/limits/", {}),
        ("/api/v2/notification/", {"page_size": "100"}),
    ]


@pytest.mark.parametrize("collector", ["usage", "proxies", "account"])
def test_key_is_sent_in_the_header(collector: str) -> None:
    """Every request carries the key as a Token, and none in its URL."""
    webshare = Webshare(DOCUMENTED)
    webshare.poll(collector)
    assert {one.headers["Authorization"] for one in webshare.requests} == {"Token test-key"}
    assert not any("test-key" in str(one.url) for one in webshare.requests)


def test_clock_is_the_providers() -> None:
    """Spans end at the time that the provider's Date tells, however wrong our clock is."""
    date = {"Date": "Fri, 12 Aug 2022 00:20:00 GMT"}
    first = httpx.Response(200, json=DOCUMENTED["/api/v2/subscription/"], headers=date)
    plan = httpx.Response(200, json=DOCUMENTED["/api/v2/subscription/plan/"], headers=date)
    answers = {**DOCUMENTED, "/api/v2/subscription/": first, "/api/v2/subscription/plan/": plan}
    webshare = Webshare(answers, now=NOW + 86400)
    report = webshare.poll("usage")
    assert report.statement is not None
    assert report.statement.at == pytest.approx(NOW, abs=1)
    assert webshare.asked[2][1]["timestamp__lte"] == "2022-08-12T00:20:00Z"


def _failing(plan: str, status: int) -> Callable[[httpx.Request], Answer]:
    def answer(request: httpx.Request) -> Answer:
        if request.url.params["plan_id"] == plan:
            return httpx.Response(status)
        is_hourly = request.url.path == "/api/v2/stats/"
        return [] if is_hourly else content("aggregate.json")

    return answer


def _with_failing_plan(status: int, *listed: tuple[int, str]) -> Webshare:
    failing = _failing("3", status)
    return Webshare(
        {
            **DOCUMENTED,
            "/api/v2/subscription/plan/": plans(*listed),
            "/api/v2/stats/aggregate/": failing,
            "/api/v2/stats/": failing,
        }
    )


@pytest.mark.parametrize(
    ("status", "tries", "reason"),
    [(500, 3, Reason.SERVER_ERROR), (404, 1, Reason.CLIENT_ERROR), (403, 1, Reason.FORBIDDEN)],
)
def test_plan_that_fails_beside_a_good_one(status: int, tries: int, reason: Reason) -> None:
    """A plan's failure is its own, and never passes as an endpoint that is not for the account."""
    webshare = _with_failing_plan(status, (2, "active"), (3, "active"))
    report = webshare.poll("usage")
    statistics = {"{}", "{} used", "{} whole", "{} settled"}
    assert report.parts.keys() == {"", *(one.format(2) for one in statistics)}
    assert report.failures.keys() == {one.format(3) for one in statistics}
    assert {error.reason for error in report.failures.values()} == {reason}
    assert not any(isinstance(error, UnsupportedError) for error in report.failures.values())
    assert [one[1].get("plan_id") for one in webshare.asked].count("3") == tries * len(statistics)
    assert report.statement is not None
    assert report.statement.failed == {"3"}
    assert [scope.scope for scope in report.statement.scopes] == ["2"]


def _ledger_that_knows_both() -> Ledger:
    answers = {**DOCUMENTED, "/api/v2/subscription/plan/": plans((2, "active"), (3, "active"))}
    report = Webshare(answers, now=NOW - 300).poll("usage")
    assert report.statement is not None
    return record(Ledger(), report.statement, collector="usage", hold=0)


@pytest.mark.parametrize(
    ("status", "failed"), [(400, set()), (403, set()), (404, set()), (500, {"3"})]
)
def test_cancelled_plan_whose_statistics_are_refused(status: int, failed: set[str]) -> None:
    """When the provider refuses a cancelled plan's hours, the poll is good; a fault is a fault."""
    webshare = _with_failing_plan(status, (2, "active"), (3, "cancelled"))
    report = webshare.poll("usage", _ledger_that_knows_both())
    assert report.failures.keys() == failed
    assert report.statement is not None
    assert report.statement.failed == failed


@pytest.mark.parametrize("status", ["cancelled", "awaiting_payment"])
def test_hours_that_a_plan_may_lack(status: str) -> None:
    """Of a plan that is not active the provider may forget hours, of an active one it may not."""
    listed = plans((2, "active"), (3, status))
    answers = {**DOCUMENTED, "/api/v2/subscription/plan/": listed}
    report = Webshare(answers).poll("usage", _ledger_that_knows_both())
    assert report.statement is not None
    covered = {scope.scope: scope.covered for scope in report.statement.scopes}
    assert covered == {"2": ("2022-08-10T00:00:00Z", "2022-08-12T00:00:00Z"), "3": None}


@pytest.mark.parametrize("path", ["/api/v2/subscription/", "/api/v2/stats/"])
def test_refused_key_fails_the_poll(path: str) -> None:
    """A 401 concerns the account as a whole, wherever it comes from."""
    with pytest.raises(AuthError):
        Webshare({**DOCUMENTED, path: httpx.Response(401)}).poll("usage")


def test_failed_parts_of_account() -> None:
    """The state and the notices fail apart."""
    broken = httpx.Response(400)
    report = Webshare({**DOCUMENTED, "/api/v2/notification/": broken}).poll("account")
    assert report.parts.keys() == {account.LIMITS}
    assert report.failures.keys() == {account.NOTIFICATIONS}
    report = Webshare({**DOCUMENTED, "/api/v2/verification/limits/": broken}).poll("account")
    assert report.parts.keys() == {account.NOTIFICATIONS}
    assert report.failures.keys() == {account.LIMITS}


def test_state_that_is_not_said() -> None:
    """A state that is null is no state, not even an unknown one."""
    answers = {**DOCUMENTED, "/api/v2/verification/limits/": {"proxy_state": None}}
    assert Webshare(answers).poll("account").parts[account.LIMITS] == ()


def test_plan_that_may_not_be_asked_for_its_proxies() -> None:
    """A 403 for the one plan makes the whole collector one that is not for the account."""
    answers = {**DOCUMENTED, "/api/v3/proxy/list/status": httpx.Response(403)}
    report = Webshare(answers).poll("proxies")
    assert report.parts == {}
    assert isinstance(report.failures["2"], UnsupportedError)


def test_collectors() -> None:
    """Usage makes the account up or down; intervals are those of the design."""
    kinds = {one.name: (one.interval, one.required) for one in WEBSHARE.collectors}
    assert kinds == {"usage": (300, True), "proxies": (900, False), "account": (900, False)}
