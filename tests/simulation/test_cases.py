"""The cases that the rules of the ledger exist for, each played with real pollers and the state.

Cases that need no more than statements are in ``tests/test_ledger.py``; those about answers of one
provider are its fixtures.
"""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.errors import Reason
from exporter.metrics import proof, usage
from exporter.simulator import (
    EvomiAccount,
    Fault,
    Line,
    Plan,
    Product,
    Purchase,
    Subscription,
    WebshareAccount,
    WeProxiesAccount,
    World,
)
from exporter.simulator.account import Account
from tests.simulation.stage import Now, Stage

HOUR = 3600.0
DAY = 24 * HOUR
BEGIN = datetime(2026, 9, 12, 7, 40, tzinfo=UTC).timestamp()
STEP = 3 * HOUR
TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL

Play = Callable[..., Stage]

WEBSHARE = WebshareAccount(
    "main",
    "key",
    anchor=BEGIN - 3 * DAY,
    plans=(Plan(Line("1", BEGIN - 9 * DAY)), Plan(Line("2", BEGIN - 9 * DAY, seed="other"))),
)
WEPROXIES = WeProxiesAccount(
    "main",
    "key",
    (
        Subscription(Line("sub_1", BEGIN - 9 * DAY), 500.0, "Gold"),
        Subscription(Line("sub_2", BEGIN - 9 * DAY, seed="other"), 500.0, "Silver"),
    ),
)
BOUGHT = (Purchase(BEGIN - 50 * DAY, 9e6),)
EVOMI = EvomiAccount(
    "main",
    "key",
    (Product(Line("rpc", BEGIN - 30 * DAY), BOUGHT), Product(Line("rp", BEGIN - 30 * DAY), BOUGHT)),
)


@pytest.fixture
def begin(tmp_path: Path) -> Play:
    """Return a function that starts the exporter at BEGIN, and has an account born there."""

    def start(account: Account) -> Stage:
        now = Now(BEGIN)
        world = World((account,), clock=now, rate_limits=())
        stage = Stage(world, now, tmp_path / "state.db", step=STEP)
        stage.start()
        poll(stage)
        return stage

    return start


def poll(stage: Stage) -> None:
    """Poll every collector that counts once."""
    asyncio.run(stage.poll(lambda one: one.collector.name in {"usage", "countries"}))


def days(stage: Stage, number: float) -> None:
    """Let so many days pass, with a poll every three hours."""
    for _ in range(int(number * DAY / STEP)):
        stage.now.at += STEP
        poll(stage)


def restart(stage: Stage) -> None:
    """Stop the exporter and start it again."""
    stage.stop()
    stage.start()


def become(stage: Stage, account: Account) -> None:
    """Have the provider say *account* from now on."""
    stage.world.accounts = (account,)


def assert_right(stage: Stage, *lines: str, since: float = BEGIN, rel: float = 1e-6) -> None:
    """Compare what Prometheus saw with the truth of *lines* since then, and look for falls."""
    (account,) = stage.world.accounts
    key = (account.provider, account.name)
    for line in lines:
        truth = stage.world.truth(*key, line, since, stage.now.at).traffic_bytes
        assert stage.reader.increase(key, TRAFFIC, line) == pytest.approx(truth, rel=rel), line
    assert stage.reader.falls == []
    stage.stop()


@pytest.mark.parametrize("account", [WEBSHARE, WEPROXIES], ids=["webshare", "weproxies"])
def test_backup_of_the_state_that_is_a_day_old(begin: Play, account: Account) -> None:
    """An old state catches up with its first poll, before anything of it is shown."""
    stage = begin(account)
    path = stage.path
    assert path is not None
    days(stage, 1)
    stage.stop()
    shutil.copy(path, path.with_name("backup"))
    stage.start()
    days(stage, 1)
    stage.stop()
    shutil.copy(path.with_name("backup"), path)
    stage.start()
    days(stage, 1)
    assert_right(stage, *(line.id for line in account.lines))


def test_subscription_that_vanishes_and_comes_back(begin: Play) -> None:
    """A subscription that is not listed for a while is neither lost nor counted twice."""
    stage = begin(WEPROXIES)
    days(stage, 1)
    for _ in range(3):
        become(stage, replace(WEPROXIES, subscriptions=WEPROXIES.subscriptions[:1]))
        days(stage, 0.25)
        become(stage, WEPROXIES)
        days(stage, 0.25)
    assert_right(stage, "sub_1", "sub_2")


def test_plan_change_during_an_outage(begin: Play) -> None:
    """The old plan's last hours and all of the new plan are counted after the outage."""
    stage = begin(WEBSHARE)
    days(stage, 1)
    change = stage.now.at + 5 * HOUR
    old, other = WEBSHARE.plans
    plans = (
        replace(old, line=Line("1", BEGIN - 9 * DAY, end=change)),
        other,
        Plan(Line("3", change, seed="new")),
    )
    become(stage, replace(WEBSHARE, plans=plans))
    stage.now.at += 9 * HOUR
    days(stage, 3)
    assert_right(stage, "1", "2", "3")


def test_one_plan_that_fails_for_days(begin: Play) -> None:
    """A plan that fails for days is caught up with, and the other never suffers."""
    stage = begin(WEBSHARE)
    days(stage, 1)
    key = (WEBSHARE.provider, WEBSHARE.name)
    stage.world.faults = [Fault(kind="status", status=500, query="plan_id=1")]
    days(stage, 2)
    restart(stage)
    days(stage, 2)
    (snapshot,) = (one for one in stage.store.all() if one.collector == "usage")
    assert snapshot.failures[Reason.SERVER_ERROR] == 2 * DAY / STEP
    stage.world.faults = []
    days(stage, 1)
    assert stage.reader.increase(key, proof.USAGE_GAP_SECONDS_TOTAL) == 0
    assert_right(stage, "1", "2")


def test_zone_of_the_profile_that_changes(begin: Play) -> None:
    """Hours are instants: another offset makes none of them new."""
    stage = begin(WEBSHARE)
    for offset in (-7, 0, 9, -7):
        become(stage, replace(WEBSHARE, utc_offset_hours=offset))
        days(stage, 0.5)
    assert_right(stage, "1", "2")


def test_oldest_bucket_that_is_trimmed(begin: Play) -> None:
    """The oldest day, which slides out of Evomi's span, is neither a loss nor a correction."""
    stage = begin(replace(EVOMI, cut_oldest=True))
    days(stage, 10)
    key = (EVOMI.provider, EVOMI.name)
    assert stage.reader.increase(key, proof.USAGE_CORRECTIONS_BYTES_TOTAL) == 0
    assert_right(stage, "rpc", "rp")


def test_product_that_is_bought_later(begin: Play) -> None:
    """A product counts from what it held when it was first read."""
    stage = begin(replace(EVOMI, products=EVOMI.products[:1]))
    days(stage, 2)
    become(stage, EVOMI)
    since = stage.now.at + STEP
    days(stage, 2)
    assert_right(stage, "rp", since=since)


def test_folded_windows_that_are_read_again(begin: Play) -> None:
    """Hours below the floor count nothing, though a provider shows them."""
    stage = begin(WEBSHARE)
    days(stage, 4)
    restart(stage)
    days(stage, 1)
    assert_right(stage, "1", "2")


def test_key_of_another_account(begin: Play) -> None:
    """Another account's key fails the poll as identity, and enters nothing."""
    stage = begin(WEBSHARE)
    days(stage, 1)
    until = stage.now.at
    strange = (Plan(Line("77", BEGIN - 9 * DAY, seed="strange")),)
    become(stage, replace(WEBSHARE, plans=strange))
    days(stage, 1)
    (snapshot,) = (one for one in stage.store.all() if one.collector == "usage")
    assert snapshot.failures[Reason.IDENTITY] == DAY / STEP
    become(stage, WEBSHARE)
    key = (WEBSHARE.provider, WEBSHARE.name)
    assert stage.reader.increase(key, TRAFFIC, "77") == 0
    days(stage, 1)
    assert stage.now.at == until + 2 * DAY
    assert_right(stage, "1", "2")


def test_replica_that_flaps_between_two_totals(begin: Play) -> None:
    """A provider that answers old and new totals in turn counts once, and corrects nothing."""
    stage = begin(WEPROXIES)
    days(stage, 1)
    for _ in range(8):
        stage.now.at += 600
        poll(stage)
        behind = stage.now.at - 1200
        stage.world.clock = lambda at=behind: at  # type: ignore[misc]  # a default of the lambda
        poll(stage)
        stage.world.clock = stage.now
    poll(stage)
    key = (WEPROXIES.provider, WEPROXIES.name)
    assert stage.reader.increase(key, proof.USAGE_CORRECTIONS_BYTES_TOTAL) == 0
    assert_right(stage, "sub_1", "sub_2")
