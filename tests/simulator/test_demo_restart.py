"""The demo after a restart: the world is made anew, and has to be the one that was there before."""

from collections.abc import Iterator
from functools import cache

import pytest

from exporter.simulator import Account, World, demo_world
from exporter.simulator.times import utc_timestamp
from tests.simulator.worlds import DAY, HOUR, NOW, Clock, ask

LATER = pytest.mark.parametrize(
    "later",
    [NOW + HOUR, NOW + DAY, NOW + 7 * DAY, NOW + 30 * DAY],
    ids=["an-hour", "a-day", "a-week", "a-month"],
)

HOURS = f"timestamp__gte={utc_timestamp(NOW - 5 * DAY)}&timestamp__lte={utc_timestamp(NOW)}"
SHOWN = {
    "webshare": (
        "/api/v2/subscription/",
        "/api/v2/stats/aggregate/",
        "/api/v2/stats/",
        f"/api/v2/stats/?{HOURS}",
    ),
    "weproxies": (
        "/api/v1/usage?period=week",
        "/api/v1/usage?period=month",
        "/api/v1/usage/by-country",
        "/api/v1/usage/realtime",
        "/api/v1/usage/history",
        "/api/v1/subscriptions",
    ),
    "evomi": (
        "/public",
        *(f"/public/usage?period=7d&product={code}" for code in ("rpc", "mp", "sdc", "rp")),
    ),
}
"""What answers there are, but for the lists of what has ended."""

LISTS = (
    ("webshare", "/api/v2/subscription/plan/", "results"),
    ("webshare", "/api/v2/notification/", "results"),
    ("weproxies", "/api/v1/subscriptions?status=expired", "data"),
)
"""Provider, path, and where the rows are."""


# Lines remember what they computed.
@cache
def accounts(at: float) -> tuple[Account, ...]:
    """Return the accounts of a demo that was started *at* a moment."""
    return demo_world(at).accounts


def made(at: float, asked: float) -> World:
    """Return the world of a demo that was started *at* a moment, as it is when *asked*."""
    return World(accounts(at), clock=Clock(asked), rate_limits=())


def answer(world: World, provider: str, name: str, path: str) -> dict[str, list[object]]:
    """Return what the account is told."""
    key = world.account(provider, name).key
    headers = {
        "webshare": {"authorization": f"Token {key}"},
        "weproxies": {"authorization": f"Bearer {key}"},
        "evomi": {"x-apikey": key},
    }
    found: dict[str, list[object]] = ask(world, path, headers=headers[provider]).json()
    return found


def is_over(row: object) -> bool:
    """Tell whether the row of a list is of something that has ended, or is dismissed."""
    assert isinstance(row, dict)
    return row.get("status") in ("cancelled", "expired") or bool(row.get("dismissed_at"))


def totals(world: World) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the running totals that a ledger remembers, by what they are of."""
    for account in world.accounts:
        for line in account.lines:
            key = (account.provider, account.name, line.id)
            if account.provider == "weproxies":
                yield key, world.truth(*key, 0, world.clock()).traffic_bytes
            for hour in range(int(NOW // DAY * DAY) - 5 * DAY, int(NOW), HOUR):
                yield (*key, str(hour)), world.truth(*key, hour, hour + HOUR).traffic_bytes


@LATER
def test_answers_are_those_of_the_world_before(later: float) -> None:
    """At the same moment, every account is told the same by both worlds."""
    before, after = made(NOW, later), made(later, later)
    for one in after.accounts:
        for path in SHOWN[one.provider]:
            old, new = (answer(world, one.provider, one.name, path) for world in (before, after))
            assert old == new, path


@LATER
@pytest.mark.parametrize("name", ["main", "backup", "scraping", "research"])
def test_lists_lack_only_what_is_over(later: float, name: str) -> None:
    """Of what has ended some may be gone; the other rows are the same."""
    before, after = made(NOW, later), made(later, later)
    for provider, path, rows in LISTS:
        if name in [one.name for one in after.accounts if one.provider == provider]:
            old, new = (answer(world, provider, name, path)[rows] for world in (before, after))
            assert [row for row in old if row in new] == new
            assert all(is_over(row) for row in old if row not in new)


@LATER
def test_truth_is_that_of_the_world_before(later: float) -> None:
    """What was bought carries the same traffic from the same start to the same end."""
    before, after = made(NOW, later), made(later, later)
    for account in after.accounts:
        for line in account.lines:
            if line.start > later:
                continue
            key = (account.provider, account.name, line.id)
            old = before.line(*key)
            assert old.end == line.end
            since = line.start
            if account.provider == "evomi":  # nobody is told when a product began
                since = later - 8 * DAY
            else:
                assert old.start == line.start
            assert before.truth(*key, since, later) == after.truth(*key, since, later)


@LATER
def test_no_running_total_is_lower(later: float) -> None:
    """What a ledger remembers of the world before is still there, or more; or it has ended."""
    after = dict(totals(made(later, later)))
    for key, total in totals(made(NOW, NOW)):
        if key in after:
            assert after[key] >= total, key
        else:
            end = made(NOW, NOW).line(*key[:3]).end
            assert end is not None
            assert end < later - 56 * DAY


def test_terms_renew_for_a_year() -> None:
    """A demo that is not restarted goes on: every account moves traffic every week of a year."""
    world = made(NOW, NOW)
    for account in world.accounts:
        for week in range(53):
            at = NOW + week * 7 * DAY
            assert any(line.is_running(at) for line in account.lines), (account.name, week)
