"""What WeProxies' answers say to the ledger."""

from collections.abc import Iterator

import pytest
import respx

from exporter.ledger import Ledger, Scope, record
from exporter.ledger_samples import counters, gauges
from exporter.metrics import usage
from exporter.providers.weproxies import WEPROXIES
from exporter.providers.weproxies.countries import SCOPE
from exporter.window import Window
from tests.providers.polling import NOW, poll

USAGE = "/api/v1/usage"

ROW = {"subscription_id": "sub_a"}


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    """Stand in for the provider."""
    with respx.mock(base_url=WEPROXIES.base_url) as mocked:
        yield mocked


def test_failing_all_says_nothing_to_the_ledger(router: respx.MockRouter) -> None:
    """When the period of the ledger fails the others are shown, and nothing is recorded."""
    router.get(USAGE, params={"period": "all"}).respond(400)
    router.get(USAGE, params={"period": "today"}).respond(
        json={"data": {"total": {}, "by_subscription": []}}
    )
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


@pytest.mark.parametrize("total", [{}, None, {"bytes_used": None}], ids=["empty", "null", "nulls"])
def test_null_beside_no_total_says_nothing_to_the_ledger(
    router: respx.MockRouter, total: object
) -> None:
    """Null is an empty list only where the total agrees."""
    router.get().respond(json={"data": {"total": total, "by_subscription": None}})
    assert poll(WEPROXIES, "usage").statement is None


def test_account_without_subscriptions_is_born(router: respx.MockRouter) -> None:
    """Null beside a total of 0 is an empty list: what is bought later counts in full."""
    router.get().respond(json={"data": {"total": {"bytes_used": 0}, "by_subscription": None}})
    empty = poll(WEPROXIES, "usage").statement
    assert empty is not None
    assert empty.listed == {}
    ledger = record(Ledger(), empty, collector="usage", hold=0)
    router.get().respond(json={"data": {"by_subscription": [{**ROW, "bytes_used": 4000}]}})
    for _ in range(2):  # a new series is 0 at first
        later = poll(WEPROXIES, "usage").statement
        assert later is not None
        ledger = record(ledger, later, collector="usage", hold=0)
    counted = {one.family: one.value for one in counters(ledger, "usage")}
    assert counted[usage.ACCOUNT_TRAFFIC_BYTES_TOTAL] == 4000


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
    ledger = Ledger(born=0.0, scopes={"sub_old": old, SCOPE: countries})
    rows = [{"subscription_id": "sub_a", "bytes_used": 30}]
    router.get().respond(json={"data": {"total": {"bytes_used": 101}, "by_subscription": rows}})
    statement = poll(WEPROXIES, "usage", ledger=ledger).statement
    assert statement is not None
    after = record(ledger, statement, collector="usage", hold=0)
    assert [(part, sample.value) for part, sample in gauges(after, statement)] == [("all", 1)]


def test_account_is_born_without_a_subscription(router: respx.MockRouter) -> None:
    """What the first subscription of an account uses counts in full, if we saw that it had none."""
    ledger = Ledger()
    rows = [{"subscription_id": "sub_a", "bytes_used": 30}]
    for listed in ([], rows):
        router.get().respond(json={"data": {"by_subscription": listed}})
        statement = poll(WEPROXIES, "usage", ledger=ledger).statement
        assert statement is not None
        ledger = record(ledger, statement, collector="usage", hold=0)
    counters = ledger.scopes["sub_a"].counters
    assert counters[usage.PRODUCT_TRAFFIC_BYTES_TOTAL, ("", "sub_a")].value == 30


def test_begin_of_subscriptions(router: respx.MockRouter) -> None:
    """The ledger is told when each subscription was created, and of no scope."""
    rows = [{"id": "sub_a", "created_at": "2026-11-20T12:00:00Z"}, {"id": "sub_b"}]
    router.get().respond(json={"data": rows})
    statement = poll(WEPROXIES, "subscriptions").statement
    assert statement is not None
    assert statement.listed == {"sub_a": NOW, "sub_b": None}
    assert statement.scopes == ()
    assert statement.owners == {}
