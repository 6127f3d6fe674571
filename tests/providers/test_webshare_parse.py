from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from exporter.errors import UnavailableError
from exporter.metrics import Sample
from exporter.providers._provider import Report
from exporter.providers.webshare._answers import (
    Aggregate,
    ErrorReason,
    Plan,
    Subscription,
)
from exporter.providers.webshare._spans import Span, Spans, Term
from exporter.providers.webshare._times import instant
from exporter.providers.webshare.usage import Answer, parse

NOW = instant("2022-08-12T00:20:00Z")
TERM = Term(NOW, instant("2022-08-10T06:34:00Z"), instant("2022-09-09T06:34:00Z"))
HOURS = Span(instant("2022-08-10T00:00:00Z"), NOW)
SETTLED = Span(instant("2022-08-10T07:00:00Z"), instant("2022-08-11T21:59:59Z"))
SPANS = Spans(HOURS, used=HOURS, whole=HOURS, settled=SETTLED)
USED = Aggregate(bandwidth_total=5, requests_total=5, requests_successful=4)
AGGREGATES = {
    "2 used": USED,
    "2 whole": Aggregate(bandwidth_projected=9),
    "2 settled": Aggregate(bandwidth_total=4),
    "3 used": USED,
}
ANSWER = Answer(
    TERM,
    Subscription(1),
    plans={"2": Plan(2, status="active"), "3": Plan(3, status="active")},
    spans={"2": SPANS, "3": SPANS},
    hours={"2": [], "3": []},
    aggregates=AGGREGATES,
    failures={},
)
PROJECTED = ("product_period_projected_traffic_bytes", "", "2", "term")


def _with(**aggregates: Aggregate) -> Answer:
    """Return the answer with these sums over the spans of plan 2."""
    changed = {f"2 {span}": sums for span, sums in aggregates.items()}
    return replace(ANSWER, aggregates={**AGGREGATES, **changed})


def _without(part: str) -> Answer:
    """Return the answer without a sum."""
    return replace(
        ANSWER, aggregates={name: sums for name, sums in AGGREGATES.items() if name != part}
    )


def _shown(report: Report) -> dict[tuple[str, ...], float]:
    return {_series(one): one.value for samples in report.parts.values() for one in samples}


def _series(sample: Sample) -> tuple[str, ...]:
    return (sample.family.name.removeprefix("proxy_provider_"), *sample.labels)


def test_parse_is_pure() -> None:
    """The same answer always parses to the same report."""
    first, second = parse(ANSWER), parse(ANSWER)
    assert first.statement == second.statement
    assert first.parts.keys() == second.parts.keys()
    assert _shown(first) == _shown(second)


def test_statement_tells_whose_account_it_is() -> None:
    """All plans are listed with their begin, only cancelled ones as over, and all ids as owned."""
    plan = msgspec.json.decode(
        '{"id": 1, "status": "cancelled", "created_at": "2022-08-01T00:00:00Z"}', type=Plan
    )
    unpaid = Plan(4, status="awaiting_payment")
    statement = parse(replace(ANSWER, plans={**ANSWER.plans, "1": plan, "4": unpaid})).statement
    assert statement is not None
    assert statement.listed == {
        "1": instant("2022-08-01T00:00:00Z"),
        "2": None,
        "3": None,
        "4": None,
    }
    assert statement.ended == {"1"}
    assert statement.owners == {"plan": frozenset({"1", "2", "3", "4"})}


def test_stated_total() -> None:
    """The provider's sum of the settled hours is held against the plan's own."""
    statement = parse(ANSWER).statement
    assert statement is not None
    stated = statement.totals[0]
    assert (stated.part, stated.place, stated.total) == ("2 settled", ("", "2"), 4)
    (span,) = stated.spans
    assert span.scopes == frozenset({"2"})
    assert (span.since, span.until) == ("2022-08-10T07:00:00Z", "2022-08-11T22:00:00Z")


@pytest.mark.parametrize(
    "answer",
    [
        _without("2 settled"),
        _with(settled=Aggregate()),
        replace(ANSWER, spans={**ANSWER.spans, "2": replace(SPANS, settled=None)}),
    ],
    ids=["failed", "not said", "not asked"],
)
def test_no_stated_total(answer: Answer) -> None:
    """Without a sum of the provider there is nothing to compare."""
    statement = parse(answer).statement
    assert statement is not None
    assert statement.totals == ()


def test_account_sums() -> None:
    """The account's figures are the sums over its active plans."""
    shown = _shown(parse(ANSWER))
    assert shown["account_period_traffic_bytes", "term"] == 10
    assert shown["account_period_requests", "term"] == 10
    assert shown["account_period_success_ratio", "term"] == 0.8


@pytest.mark.parametrize(
    "answer",
    [
        replace(_without("2 used"), failures={"2 used": UnavailableError("GET /", "no")}),
        _with(used=Aggregate()),
        _without("2 used"),
        replace(ANSWER, plans={}, spans={}, hours={}, aggregates={}),
    ],
    ids=["a plan failed", "a plan says nothing", "a plan was not asked", "no plans"],
)
def test_no_account_sums(answer: Answer) -> None:
    """A sum that lacks a plan is left out."""
    assert not any(series[0].startswith("account_period") for series in _shown(parse(answer)))


@pytest.mark.parametrize("requests", [4, 5e-324], ids=["a-bit-fewer", "next-to-none"])
def test_ratio_of_more_successes_than_requests(requests: float) -> None:
    """A share is never above 1, however the two figures go together."""
    used = Aggregate(requests_total=requests, requests_successful=5)
    shown = _shown(parse(_with(used=used)))
    assert shown["product_period_success_ratio", "", "2", "term"] == 1


def test_ratio_without_requests() -> None:
    """Nothing succeeded of nothing: there is no ratio."""
    shown = _shown(parse(_with(used=Aggregate(requests_total=0, requests_successful=0))))
    assert ("product_period_requests", "", "2", "term") in shown
    assert ("product_period_success_ratio", "", "2", "term") not in shown


@pytest.mark.parametrize(
    ("limit", "unlimited", "left"), [("1", 0, 2**30 - 5), ("0", 1, None), ("null", 1, None)]
)
def test_limit(limit: str, unlimited: float, left: float | None) -> None:
    """0 and null are no limit: nothing is left of it, and none is shown."""
    plan = msgspec.json.decode(
        f'{{"id": 2, "status": "active", "bandwidth_limit": {limit}}}', type=Plan
    )
    shown = _shown(parse(replace(ANSWER, plans={"2": plan, "3": plan})))
    assert shown["product_traffic_unlimited", "", "2"] == unlimited
    assert shown.get(("product_traffic_remaining_bytes", "", "2")) == left
    assert (("product_traffic_limit_bytes", "", "2") in shown) == (not unlimited)


def test_limit_that_is_not_said() -> None:
    """A plan without the key has no limit that we know, and is not unlimited either."""
    shown = _shown(parse(ANSWER))
    assert shown["product_traffic_used_bytes", "", "2"] == 5
    assert not {series[0] for series in shown} & {
        "product_traffic_unlimited",
        "product_traffic_limit_bytes",
        "product_traffic_remaining_bytes",
    }


def test_rest_of_a_limit_without_usage() -> None:
    """What is left is not known while it is not known what was used."""
    plan = Plan(2, status="active", bandwidth_limit=1)
    answer = replace(_without("2 used"), plans={"2": plan, "3": Plan(3, status="active")})
    shown = _shown(parse(answer))
    assert shown["product_traffic_limit_bytes", "", "2"] == 2**30
    assert ("product_traffic_remaining_bytes", "", "2") not in shown


def test_error_that_did_not_happen() -> None:
    """An error that is said to have happened 0 times is shown as 0, not left out."""
    used = Aggregate(error_reasons=[ErrorReason("bandwidthlimit", count=0)])
    shown = _shown(parse(_with(used=used)))
    assert shown["product_period_request_errors", "", "2", "term", "bandwidthlimit", "", ""] == 0


@pytest.mark.parametrize(("paid", "days"), [(0, 0), (11, 330), (None, None)])
def test_expiry(paid: float | None, days: int | None) -> None:
    """A plan ends with the term and the renewals that are paid; unless these are not said."""
    end = datetime(2022, 9, 9, 6, 34, tzinfo=UTC)
    subscription = Subscription(1, end_date=end, renewals_paid=paid)
    shown = _shown(parse(replace(ANSWER, subscription=subscription)))
    expiry = None if days is None else (end + timedelta(days=days)).timestamp()
    assert shown.get(("plan_expiry_timestamp_seconds", "", "2")) == expiry


@pytest.mark.parametrize(
    ("will_renew", "enabled", "renews"),
    [(True, False, 1), (False, True, 0), (None, True, 1), (None, False, 0), (None, None, None)],
)
def test_auto_renewal(
    will_renew: bool | None,  # noqa: FBT001 - a column of the table
    enabled: bool | None,  # noqa: FBT001 - a column of the table
    renews: float | None,
) -> None:
    """What will happen counts more than what was chosen."""
    subscription = Subscription(1, will_renew=will_renew, renewals_enabled=enabled)
    shown = _shown(parse(replace(ANSWER, subscription=subscription)))
    assert shown.get(("account_auto_renewal",)) == renews


def test_cancelled_plan_feeds_the_ledger_alone() -> None:
    """A cancelled plan has no gauges but its status, which is the account's."""
    plans, spans = {"2": Plan(2, status="cancelled")}, {"2": Spans(HOURS)}
    report = parse(replace(ANSWER, plans=plans, spans=spans, hours={"2": []}, aggregates={}))
    assert report.parts["2"] == ()
    assert _shown(report)["plan_status", "", "2", "cancelled"] == 1


def test_projection_of_a_term_that_is_over() -> None:
    """Once the term is over, what was used in it tells the projection too."""
    used = Aggregate(bandwidth_projected=7)
    assert _shown(parse(_with(used=used)))[PROJECTED] == 9
    over = replace(_with(used=used), spans={**ANSWER.spans, "2": replace(SPANS, whole=None)})
    assert _shown(parse(over))[PROJECTED] == 7


@pytest.mark.parametrize("span", ["used", "whole", "settled"])
def test_sum_fails_alone(span: str) -> None:
    """A sum that fails leaves the hours, the quota and the other sums as they are."""
    part, error = f"2 {span}", UnavailableError("GET /", "no")
    report = parse(replace(_without(part), failures={part: error}))
    assert report.failures == {part: error}
    assert report.statement is not None
    assert not report.statement.failed
    assert {scope.scope for scope in report.statement.scopes} == {"2", "3"}
    others = {f"2 {name}" for name in ("used", "whole", "settled")} - {part}
    assert report.parts.keys() >= others
    assert _shown(report)["plan_info", "", "2", ""] == 1


def test_hours_fail_alone() -> None:
    """Hours that fail keep their plan from the ledger, and nothing else."""
    error = UnavailableError("GET /", "no")
    report = parse(replace(ANSWER, hours={"3": []}, failures={"2": error}))
    assert report.failures == {"2": error}
    assert report.statement is not None
    assert report.statement.failed == {"2"}
    assert _shown(report)["product_traffic_used_bytes", "", "2"] == 5
