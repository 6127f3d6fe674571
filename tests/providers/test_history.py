from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest
import respx

from exporter.errors import IdentityError, PayloadError, PollError, RequestError, UnsupportedError
from exporter.ledger import Ledger
from exporter.metrics import usage
from exporter.providers import HistoryBucket, Provider, TimeRange
from exporter.providers.evomi import EVOMI
from exporter.providers.webshare import WEBSHARE
from exporter.providers.weproxies import WEPROXIES
from exporter.reading import Reading
from tests.providers.polling import NOW, history, targets

HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY

EVER = TimeRange(0.0, NOW)

PLANS = "/api/v2/subscription/plan/"
STATS = "/api/v2/stats/"
HISTORY = "/api/v1/usage/history"

TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL
REQUESTS = usage.PRODUCT_REQUESTS_TOTAL


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    """Stand in for every provider."""
    with respx.mock(assert_all_called=False) as mocked:
        yield mocked


def text(at: float) -> str:
    """Return a moment as the providers write it."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def totals(buckets: list[HistoryBucket]) -> list[tuple[float, float, dict[str, int]]]:
    """Return begin, end and totals of each bucket, in hours before now."""
    return [
        (
            (one.start - NOW) / HOUR,
            (one.end - NOW) / HOUR,
            {reading.family.name: reading.total for reading in one.readings},
        )
        for one in buckets
    ]


def webshare(router: respx.MockRouter, *plans: tuple[int, str], end: float = NOW + DAY) -> None:
    """Let Webshare list *plans*, id and status of each."""
    term = {"id": 1, "start_date": text(NOW - 29 * DAY), "end_date": text(end)}
    router.get(path="/api/v2/subscription/").respond(json=term)
    rows = [{"id": id_, "status": status, "proxy_type": "shared"} for id_, status in plans]
    router.get(path=PLANS).respond(json={"results": rows})


def test_webshare_asks_for_the_hours_of_every_plan(router: respx.MockRouter) -> None:
    """Cancelled plans too, 90 days less an hour back, up to the end wanted; nothing but GET."""
    webshare(router, (1, "active"), (2, "cancelled"))
    router.get(path=STATS).respond(json=[])
    assert history(WEBSHARE, TimeRange(0.0, NOW - 600)) == []
    since = "timestamp__gte=2026-08-22T12%3A59%3A59Z"
    until = "timestamp__lte=2026-11-20T11%3A50%3A00Z"
    assert targets(router) == [
        "/api/v2/subscription/",
        f"{PLANS}?page_size=100",
        f"{STATS}?{since}&{until}&plan_id=1",
        f"{STATS}?{since}&{until}&plan_id=2",
    ]
    assert {"GET"} == {call.request.method for call in router.calls}


def test_webshare_hours(router: respx.MockRouter) -> None:
    """Each hour is a bucket with the id that the ledger has; the running one ends now."""
    webshare(router, (1, "active"))
    hours = [
        {"timestamp": text(NOW - HOUR), "bandwidth_total": 7, "countries_used": {"FR": 2}},
        {"timestamp": text(NOW), "bandwidth_total": 5, "requests_total": None},
        {"timestamp": text(NOW), "bandwidth_total": 9, "is_projected": True},
        {"timestamp": text(NOW + HOUR), "bandwidth_total": 9},
    ]
    router.get(path=STATS).respond(json=hours)
    buckets = history(WEBSHARE, EVER, now=NOW + 600)
    country = usage.COUNTRY_REQUESTS_TOTAL
    assert totals(buckets) == [
        (-1, 0, {TRAFFIC.name: 7, country.name: 2}),
        (0, 600 / HOUR, {TRAFFIC.name: 5}),
    ]
    assert [(one.window, one.slack, one.scope) for one in buckets] == [
        ("2026-11-20T11:00:00Z", 2 * HOUR, "1"),
        ("2026-11-20T12:00:00Z", 2 * HOUR, "1"),
    ]
    assert Reading(country, ("shared", "1", "FR"), 2, ("FR",)) in buckets[0].readings


def test_webshare_never_asks_past_the_subscription(router: respx.MockRouter) -> None:
    """A lapsed account is asked up to its end, and not at all when that is before the begin."""
    webshare(router, (1, "active"), end=NOW - 5 * DAY)
    router.get(path=STATS).respond(json=[])
    history(WEBSHARE, EVER)
    assert "timestamp__lte=2026-11-15T12%3A00%3A00Z" in targets(router)[-1]
    router.calls.clear()
    assert history(WEBSHARE, TimeRange(NOW - DAY, NOW)) == []
    assert len(router.calls) == 2


@pytest.mark.parametrize("status", [400, 404])
def test_webshare_may_refuse_a_plan_that_is_over(router: respx.MockRouter, status: int) -> None:
    """Then there is nothing left of it; of an active plan that is a failure."""
    webshare(router, (1, "cancelled"))
    router.get(path=STATS).respond(status)
    assert history(WEBSHARE, EVER) == []
    webshare(router, (1, "active"))
    with pytest.raises((RequestError, UnsupportedError)):
        history(WEBSHARE, EVER)


def summary(*ids: str, start: float | None = None) -> Mapping[str, object]:
    """Return WeProxies' summary of ``all``."""
    rows = [{"subscription_id": one, "product_name": f"P{one}"} for one in ids]
    period = None if start is None else {"start": text(start)}
    return {"success": True, "data": {"period": period, "by_subscription": rows}}


def points(*rows: tuple[float, object, object], granularity: str | None = "hourly") -> object:
    """Return WeProxies' answer: begin, bytes and requests of each hour."""
    found = [{"timestamp": text(at), "bytes": used, "requests": n} for at, used, n in rows]
    return {"success": True, "data": {"granularity": granularity, "data_points": found}}


def test_weproxies_asks_by_week_and_subscription(router: respx.MockRouter) -> None:
    """From the newest week back to the stated begin of usage, by GET, the running hour cut."""
    router.get(path="/api/v1/usage").respond(json=summary("a", "b", start=NOW - 8 * DAY + 60))
    router.get(path=HISTORY).respond(json=points())
    history(WEPROXIES, TimeRange(0.0, NOW + 5 * 60), now=NOW + 600)
    # Up to the end of the hour, as far as it is past.
    weeks = [
        "start_date=2026-11-19T12%3A00%3A00&end_date=2026-11-20T12%3A10%3A00",
        "start_date=2026-11-12T12%3A00%3A00&end_date=2026-11-19T12%3A00%3A00",
    ]
    assert targets(router) == [
        "/api/v1/usage?period=all",
        *(
            f"{HISTORY}?{week}&granularity=hourly&subscription_id={one}"
            for one in "ab"
            for week in weeks
        ),
    ]
    assert {"GET"} == {call.request.method for call in router.calls}


def test_weproxies_hours(router: respx.MockRouter) -> None:
    """An hour is a bucket, once, without what is null; the hour after the chunk is left out."""
    router.get(path="/api/v1/usage").respond(json=summary("a", start=NOW - 8 * DAY))
    rows = [(NOW - HOUR, 7, 2), (NOW, 5, None), (NOW - WEEK, None, None)]
    router.get(path=HISTORY).respond(json=points(*rows, (NOW + HOUR, 1, 1)))
    buckets = history(WEPROXIES, TimeRange(0.0, NOW + 600), now=NOW + 600)
    assert totals(buckets) == [
        (-1, 0, {TRAFFIC.name: 7, REQUESTS.name: 2}),
        (0, 600 / HOUR, {TRAFFIC.name: 5}),
        (-7 * 24, -7 * 24 + 1, {}),
    ]
    assert {(one.window, one.scope) for one in buckets} == {(None, "a")}
    assert buckets[0].readings[0] == Reading(TRAFFIC, ("Pa", "a"), 7)


@pytest.mark.parametrize(
    ("start", "weeks"), [(None, 53), (NOW - 900 * DAY, 53), (NOW - DAY, 1), (NOW + DAY, 0)]
)
def test_weproxies_goes_back_a_year_at_most(
    router: respx.MockRouter, start: float | None, weeks: int
) -> None:
    """Whatever the provider states, or when it states nothing."""
    router.get(path="/api/v1/usage").respond(json=summary("a", start=start))
    router.get(path=HISTORY).respond(json={"success": True, "data": {"data_points": None}})
    assert history(WEPROXIES, EVER) == []
    assert len(router.calls) == 1 + weeks


@pytest.mark.parametrize("status", [400, 404])
def test_weproxies_history_ends_where_it_is_refused(router: respx.MockRouter, status: int) -> None:
    """A refused week ends the way back; the newest one must not be refused."""
    router.get(path="/api/v1/usage").respond(json=summary("a"))
    weeks = router.get(path=HISTORY)
    answers = [respx.MockResponse(json=points((NOW - HOUR, 7, 2))), respx.MockResponse(status)]
    weeks.side_effect = answers
    assert len(history(WEPROXIES, EVER)) == 1
    weeks.side_effect = answers[1:]
    with pytest.raises((RequestError, UnsupportedError)):
        history(WEPROXIES, EVER)


def test_weproxies_refuses_other_steps(router: respx.MockRouter) -> None:
    """Days would be taken for hours; an answer that does not say is believed."""
    router.get(path="/api/v1/usage").respond(json=summary("a", start=NOW - DAY))
    router.get(path=HISTORY).respond(json=points(granularity="daily"))
    with pytest.raises(PayloadError, match=r"\$\.data\.granularity"):
        history(WEPROXIES, EVER)
    router.get(path=HISTORY).respond(json=points((NOW - HOUR, 7, 2), granularity=None))
    assert len(history(WEPROXIES, EVER)) == 1


def test_weproxies_without_subscriptions(router: respx.MockRouter) -> None:
    """Nothing is asked for, and nothing comes."""
    router.get(path="/api/v1/usage").respond(json={"data": {"by_subscription": []}})
    assert history(WEPROXIES, EVER) == []


def week(stats: object, **about: object) -> Mapping[str, object]:
    """Return Evomi's answer."""
    body = {"bandwidth": {"products": [{"stats": stats}]}}
    return {"success": True, "data": body, "meta": about}


def test_evomi_asks_for_seven_days_of_each_product(router: respx.MockRouter) -> None:
    """And for no other period, whatever is configured to be shown."""
    router.get(path="/public/usage").respond(json=week({}))
    options = {"products": ["rpc", "mp"], "periods": ["24h", "3d"]}
    assert history(EVOMI, EVER, options=options) == []
    assert sorted(targets(router)) == [
        "/public/usage?period=7d&product=mp",
        "/public/usage?period=7d&product=rpc",
    ]
    assert {"GET"} == {call.request.method for call in router.calls}


def test_evomi_days(router: respx.MockRouter) -> None:
    """Each day is a bucket with the key that the ledger has; today's ends now, or where it began.

    A day may have begun where the provider is before it does in UTC.
    """
    split = {"default": 1.5, "extra": 0.5, "total": 2.0}
    stats = {"2026-11-19 00:00": split, "2026-11-20 00:00": 3, "2026-11-21 00:00": 4}
    router.get(path="/public/usage").respond(json=week(stats))
    buckets = history(EVOMI, EVER, options={"products": ["rpc"]})
    component = usage.PRODUCT_COMPONENT_TRAFFIC_BYTES_TOTAL.name
    assert totals(buckets) == [
        (-36, -12, {TRAFFIC.name: 2_000_000, component: 500_000}),
        (-12, 0, {TRAFFIC.name: 3_000_000}),
        (12, 12, {TRAFFIC.name: 4_000_000}),
    ]
    assert [one.window for one in buckets] == list(stats)
    assert {(one.slack, one.scope) for one in buckets} == {(38 * HOUR, "rpc")}


def test_evomi_fails_as_a_whole(router: respx.MockRouter) -> None:
    """Without one product, the account's sums would be wrong."""
    router.get(path="/public/usage", params={"product": "rpc"}).respond(json=week({}))
    router.get(path="/public/usage", params={"product": "mp"}).respond(400)
    with pytest.raises(RequestError):
        history(EVOMI, EVER, options={"products": ["rpc", "mp"]})


@pytest.mark.parametrize("provider", [WEBSHARE, WEPROXIES, EVOMI], ids=lambda one: str(one.name))
def test_key_of_another_account_is_refused(router: respx.MockRouter, provider: Provider) -> None:
    """History of one account must not be written under the name of another."""
    webshare(router, (1, "active"))
    router.get(path="/api/v1/usage").respond(json=summary("a"))
    router.get(path="/public/usage").respond(json=week({"2026-11-19 00:00": 1}, proxy_username="u"))
    router.get(path="/public").respond(json={"products": {"rpc": {}}})
    kinds = ("plan", "subscription", "proxy_username/rpc")
    ledger = Ledger(owners=dict.fromkeys(kinds, frozenset({"other"})))
    with pytest.raises(IdentityError):
        history(provider, EVER, ledger=ledger)


@pytest.mark.parametrize("provider", [WEBSHARE, WEPROXIES, EVOMI], ids=lambda one: str(one.name))
def test_failures_are_raised(router: respx.MockRouter, provider: Provider) -> None:
    """A key that is refused, and a provider that is down, are errors, not empty histories."""
    for status in (401, 503):
        router.get().respond(status)
        with pytest.raises(PollError):
            history(provider, EVER)
