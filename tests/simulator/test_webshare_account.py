from datetime import datetime

import pytest

from exporter.simulator import Line, Plan, WebshareAccount, World
from tests.simulator.webshare_requests import (
    AGGREGATE,
    STATUS,
    SUBSCRIPTION,
    TERM_START,
    at,
)
from tests.simulator.worlds import DAY, KEYS, NOW, Clock, ask, make_world, webshare


def test_subscription() -> None:
    """The subscription names the default plan and its term of 30 days."""
    answer = ask(make_world(), SUBSCRIPTION).json()
    assert answer["plan"] == 12
    assert answer["start_date"] == at(TERM_START)
    assert answer["end_date"] == at(TERM_START + 30 * DAY)
    assert answer["will_renew"] is True
    assert answer["payment_method"] is not None
    assert answer["reactivation_date"] is None


def test_subscription_renews_by_itself() -> None:
    """The term changes at the anchor, to the microsecond."""
    end = TERM_START + 30 * DAY
    before = ask(make_world(Clock(end - 0.001)), SUBSCRIPTION).json()
    after = ask(make_world(Clock(end + 0.001)), SUBSCRIPTION).json()
    assert before["end_date"] == after["start_date"] == at(end)


def test_subscription_lapses_after_its_renewals() -> None:
    """A subscription that does not renew keeps its last term."""
    world = World((webshare(renewals=2),), clock=Clock())
    answer = ask(world, SUBSCRIPTION).json()
    assert answer["end_date"] == at(NOW - 10 * DAY + 0.095501)
    assert answer["will_renew"] is False


def test_account_without_plans() -> None:
    """An account that bought nothing has no default plan."""
    world = World((webshare(plans=()),), clock=Clock())
    assert ask(world, SUBSCRIPTION).json()["plan"] is None
    assert ask(world, AGGREGATE).status_code == 404


def test_default_plan_of_a_lapsed_account() -> None:
    """Without an active plan the last one is meant."""
    account = webshare(plans=(Plan(Line("1", 0.0, 1.0)), Plan(Line("2", 0.0, 1.0))))
    assert ask(World((account,), clock=Clock()), SUBSCRIPTION).json()["plan"] == 2


def test_plans() -> None:
    """Every plan bought is listed, cancelled ones too, with limits and allowances."""
    answer = ask(make_world(), f"{SUBSCRIPTION}plan/").json()
    cancelled, pool, isp = answer["results"]
    assert [row["status"] for row in answer["results"]] == ["cancelled", "active", "active"]
    assert (pool["bandwidth_limit"], isp["bandwidth_limit"]) == (1024.0, 0.0)
    assert isp["proxy_countries"] == {"US": 62, "GB": 40, "FR": 1}
    assert isp["proxy_count"] == 103
    assert pool["on_demand_refreshes_available"] == 9
    assert cancelled == ask(make_world(), f"{SUBSCRIPTION}plan/11/").json()


def test_plan_changes_in_time() -> None:
    """A plan appears when it is bought and turns cancelled when it ends."""
    clock = Clock(NOW - 30 * DAY)
    world = make_world(clock)
    assert [row["id"] for row in ask(world, f"{SUBSCRIPTION}plan/").json()["results"]] == [11]
    assert ask(world, SUBSCRIPTION).json()["plan"] == 11
    clock.now = NOW + 2 * DAY
    assert ask(world, f"{SUBSCRIPTION}plan/").json()["count"] == 4


def test_pages_link_to_each_other() -> None:
    """Pages carry the count and absolute links both ways; following them lists all rows."""
    world, ids = make_world(), []
    link = f"{SUBSCRIPTION}plan/?page_size=1"
    while link:
        answer = ask(world, link, headers=KEYS["webshare"]).json()
        ids += [row["id"] for row in answer["results"]]
        link = answer["next"]
    assert ids == [11, 12, 13]
    assert answer["count"] == 3
    assert answer["previous"] == "http://sim/api/v2/subscription/plan/?page_size=1&page=2"


@pytest.mark.parametrize("query", ["page=4&page_size=1", "page=0", "page=x", "page_size=0"])
def test_page_that_is_not_there(query: str) -> None:
    """A page out of range, or none at all, is 404."""
    assert ask(make_world(), f"{SUBSCRIPTION}plan/?{query}").json() == {"detail": "Invalid page."}


def test_proxy_status() -> None:
    """The list's status has countries, the unallocated ones and secrets."""
    answer = ask(make_world(), f"{STATUS}?plan_id=13").json()
    assert answer["countries"] == {"US": 60, "GB": 40}
    assert answer["unallocated_countries"] == {"US": 2, "FR": 1}
    assert "password" in answer["password"]
    assert {"state", "username", "is_proxy_used"} < set(answer)


def test_proxy_status_wants_a_plan() -> None:
    """Version 3 does not guess the plan."""
    answer = ask(make_world(), STATUS)
    assert (400, {"plan_id"}) == (answer.status_code, set(answer.json()))


def test_notifications() -> None:
    """Notices so far are listed, open and dismissed, with their context where there is one."""
    answer = ask(make_world(), "/api/v2/notification/").json()
    first, second = answer["results"]
    assert (None, at(NOW - 8 * DAY)) == (first["dismissed_at"], second["dismissed_at"])
    assert first["context"] == {"plan": 12}
    assert "context" not in second


def test_notification_is_open_until_dismissed() -> None:
    """A notice that will be dismissed is still open."""
    world = make_world(Clock(NOW - 8.5 * DAY))
    (note,) = ask(world, "/api/v2/notification/").json()["results"]
    assert note["dismissed_at"] is None


def test_limits() -> None:
    """The state of the proxies is told."""
    world = World((webshare(proxy_state="limited"),), clock=Clock())
    assert ask(world, "/api/v2/verification/limits/").json() == {"proxy_state": "limited"}


def test_timestamps_carry_the_offset() -> None:
    """Timestamps are in the profile's zone, with microseconds."""
    account = WebshareAccount("main", "w-key", anchor=NOW, utc_offset_hours=5)
    answer = ask(World((account,), clock=Clock()), SUBSCRIPTION).json()
    assert answer["start_date"] == "2026-11-18T15:26:40.250000+05:00"
    assert datetime.fromisoformat(answer["start_date"]).timestamp() == NOW
