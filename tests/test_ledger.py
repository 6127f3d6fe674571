import pytest
from msgspec.structs import replace

from exporter.errors import IdentityError
from exporter.ledger import Ledger
from exporter.metrics import usage
from exporter.reading import (
    Reading,
    ScopeReading,
    Statement,
    WindowReading,
)
from tests.ledgers import (
    COUNTRY,
    DAY,
    HOUR,
    TRAFFIC,
    countries,
    hour,
    hours,
    listed,
    owned,
    plan_reading,
    read,
    restarted,
    shown,
    traffic,
    value,
    with_floor,
)


def test_first_answer_is_baseline() -> None:
    """What a scope holds at its birth counts for nothing, whatever its windows' start."""
    assert value(read(hours({98: 10, 100: 500}))) == 0


def test_growth_of_a_window_counts() -> None:
    """A reading moves the counter by what it exceeds the high."""
    assert value(read(hours({100: 500}), hours({100: 700}))) == 200


def test_polling_twice_changes_nothing() -> None:
    """The same answer again moves nothing."""
    once = read(hours({100: 5}), hours({100: 9, 101: 3}))
    assert value(read(hours({100: 9, 101: 3}), ledger=once)) == value(once) == 7


def test_shrinking_window_keeps_its_high() -> None:
    """A window that shrinks moves nothing, nor does its way back up."""
    assert value(read(hours({100: 9}), hours({100: 4}), hours({100: 9}), hours({100: 10}))) == 1


def test_window_that_leaves_the_answer_is_kept() -> None:
    """A window that is gone and comes back is not counted again."""
    assert value(read(hours({99: 5, 100: 5}), hours({100: 5}), hours({99: 5, 100: 5}))) == 0


@pytest.mark.parametrize(
    ("start", "counted"),
    [
        pytest.param(101, 50, id="after the birth"),
        pytest.param(99, 50, id="before the birth, within the slack"),
        pytest.param(98, 0, id="at the slack's edge"),
        pytest.param(90, 0, id="long before the birth"),
    ],
)
def test_key_that_comes_after_the_birth(start: int, counted: int) -> None:
    """It counts from 0 when its window began after the birth less the slack."""
    assert value(read(hours({100: 1}), hours({100: 1, start: 50}))) == counted


def test_baseline_key_that_came_late_grows() -> None:
    """What a late key held at first is its baseline, and what it gains counts."""
    assert value(read(hours({100: 1}), hours({90: 50}), hours({90: 60}))) == 10


def test_country_absent_at_birth_counts_from_zero() -> None:
    """In a complete list, a country that was not there had used nothing."""
    ledger = read(countries(("US", 100)), countries(("US", 100), ("DE", 7)))
    assert value(ledger, COUNTRY, "", "", "DE") == 7


def test_two_odd_countries_are_added_first() -> None:
    """Keys that are equal in one answer are one key, with the sum for its total."""
    ledger = read(
        countries(("unknown", 10), ("unknown", 5)), countries(("unknown", 11), ("unknown", 6))
    )
    assert value(ledger, COUNTRY) == 2


def test_new_month_is_known_by_its_id() -> None:
    """A new window counts from 0 though its total is lower than the last one's."""
    new = countries(("US", 3), at=200.0)
    scope = replace(new.scopes[0], windows=(replace(new.scopes[0].windows[0], id="2026-12"),))
    assert value(read(countries(("US", 100)), replace(new, scopes=(scope,))), COUNTRY) == 3


def test_renamed_label_gets_later_growth_only() -> None:
    """Highs are kept per key, counters per label set."""
    old = WindowReading("all", 0.0, (Reading(TRAFFIC, ("Gold", "s1"), 100),))
    new = WindowReading("all", 0.0, (Reading(TRAFFIC, ("Platinum", "s1"), 130),))
    ledger = Ledger()
    for window in (old, new):
        scope = ScopeReading(scope="s1", windows=(window,), place=("Gold", "s1"))
        ledger = read(Statement(at=0.0, scopes=(scope,)), ledger=ledger)
    assert value(ledger, TRAFFIC, "Platinum", "s1") == 30
    assert value(ledger, TRAFFIC, "Gold", "s1") == 0


@pytest.mark.parametrize(
    ("created", "counted"),
    [
        pytest.param(None, 50, id="created at an unknown time"),
        pytest.param(120 * HOUR, 50, id="created after the birth"),
        pytest.param(10 * HOUR, 0, id="created before the birth"),
    ],
)
def test_plan_that_was_not_listed_at_birth(created: float | None, counted: int) -> None:
    """It counts in full, unless the provider says that it is older."""
    birth = listed(hours({100: 5}), p1=None)
    later = listed(hours({97: 50}, at=130, plan="2"), p1=None, p2=created)
    assert value(read(birth, later), TRAFFIC, "shared", "2") == counted


def test_plan_that_was_listed_at_birth_but_failed() -> None:
    """A plan whose first answer comes late has its own birth then."""
    birth = replace(listed(hours({100: 5}), p1=None, p2=None), failed=frozenset({"2"}))
    later = listed(hours({100: 50, 130: 9}, at=130, plan="2"), p1=None, p2=None)
    grown = listed(hours({130: 12}, at=130, plan="2"), p1=None, p2=None)
    assert value(read(birth, later, grown), TRAFFIC, "shared", "2") == 3


def test_product_configured_later_starts_from_its_baseline() -> None:
    """A scope of a provider that lists nothing has its birth at its first answer."""
    assert value(read(hours({100: 5}), hours({110: 70}, at=110, plan="mp"))) == 0


def test_folded_window_read_again_is_ignored() -> None:
    """Below the floor nothing counts, neither an old key nor a new one."""
    born = read(hours({100: 5}), with_floor(hours({101: 9, 150: 1}, at=150), "140"))
    again = read(hours({101: 9, 102: 70}, at=151), ledger=born)
    assert value(again) == value(born) == 10
    assert set(again.scopes["1"].windows) == {"150"}


def test_floor_never_falls() -> None:
    """An answer with a lower floor does not open settled windows again."""
    ledger = read(with_floor(hours({150: 1}, at=150), "140"), with_floor(hours({151: 1}), "090"))
    assert ledger.scopes["1"].floor == "140"


def test_floor_by_number_of_windows() -> None:
    """Where ids are not instants, the newest windows are kept by number."""
    reading = replace(plan_reading([hour(name, traffic(1)) for name in range(100, 105)]), keep=3)
    ledger = read(Statement(at=0.0, scopes=(reading,)))
    assert sorted(ledger.scopes["1"].windows) == ["102", "103", "104"]


def test_new_series_is_zero_until_held() -> None:
    """A series shows 0 first, and its value from the first poll that is *hold* later."""
    ledger = read(hours({99: 1}, at=100), hold=HOUR)
    ledger = read(hours({99: 1, 100: 40}, at=100.5), ledger=ledger, hold=HOUR)
    assert shown(ledger) == [0]
    assert shown(read(hours({100: 40}, at=101), ledger=ledger, hold=HOUR)) == [40]


def test_counters_are_hidden_until_read_after_a_start() -> None:
    """An old backup of the state is never shown: counters come with the first success."""
    ledger = restarted(read(hours({100: 5}), hours({100: 9}), hours({100: 9})))
    assert shown(ledger) == []
    assert shown(read(hours({100: 11}, at=101), ledger=ledger)) == [6]


def test_sum_waits_for_all_its_parts_after_a_start() -> None:
    """A plan that fails after a start hides itself and the account's sum, not the others."""
    both = Statement(at=0.0, scopes=hours({100: 5}).scopes + hours({100: 5}, plan="2").scopes)
    ledger = restarted(read(both, both, both))
    partly = replace(hours({100: 8}), failed=frozenset({"2"}))
    ledger = read(partly, ledger=ledger)
    assert shown(ledger) == [3]
    assert shown(ledger, usage.ACCOUNT_TRAFFIC_BYTES_TOTAL) == []
    assert shown(read(both, ledger=ledger), usage.ACCOUNT_TRAFFIC_BYTES_TOTAL) == [3]


def test_scope_that_is_no_longer_asked_for_stays() -> None:
    """A cancelled plan's counters stay, and stay in the account's sum."""
    both = Statement(at=0.0, scopes=hours({100: 5}).scopes + hours({100: 5}, plan="2").scopes)
    grown = Statement(at=0.0, scopes=hours({100: 6}).scopes + hours({100: 9}, plan="2").scopes)
    ledger = read(hours({100: 6}), ledger=restarted(read(both, grown, grown)))
    assert sorted(shown(ledger)) == [1, 4]
    assert shown(ledger, usage.ACCOUNT_TRAFFIC_BYTES_TOTAL) == [5]


def test_key_of_another_account_is_refused() -> None:
    """An answer without one known id is another account's."""
    with pytest.raises(IdentityError, match="plan"):
        read(owned(hours({100: 5}), "1", "2"), owned(hours({100: 5}), "7"))


@pytest.mark.parametrize("plans", [("2", "3"), ()], ids=["one is known", "no ids at all"])
def test_key_of_the_same_account_is_taken(plans: tuple[str, ...]) -> None:
    """One known id is enough, and no id proves nothing."""
    ledger = read(owned(hours({100: 5}), "1", "2"), owned(hours({100: 6}), *plans))
    assert value(ledger) == 1


def test_ended_scopes_keep_the_first_time() -> None:
    """That a plan is over is known since the first success that saw it so."""
    first = replace(hours({100: 5}, at=100), ended=frozenset({"9"}))
    again = replace(hours({100: 5}, at=120), ended=frozenset({"9"}))
    assert read(first, again).ended == {"9": 100 * HOUR}


def test_unchanged_windows_are_the_same_objects() -> None:
    """A reading that changes nothing makes no new window, so nothing has to be stored again."""
    ledger = read(hours({100: 5, 101: 6}))
    again = read(hours({100: 5, 101: 7}), ledger=ledger)
    old, new = ledger.scopes["1"].windows, again.scopes["1"].windows
    assert new["100"] is old["100"]
    assert new["101"] is not old["101"]


def test_baseline_keeps_what_could_still_grow() -> None:
    """What the latest windows held at birth stays known: the past ends there."""
    ledger = read(hours({90: 7, 99: 5, 100: 1}, at=100), hours({100: 3}, at=101))
    assert ledger.scopes["1"].baseline == {
        "099": {(TRAFFIC.name, ()): 5},
        "100": {(TRAFFIC.name, ()): 1},
    }


def test_scope_that_is_over_keeps_its_newest_window_alone() -> None:
    """A plan that ended two weeks ago takes no more room, and its counter stays."""
    ended = frozenset({"1"})
    ledger = read(hours({99: 5, 100: 5}), replace(hours({99: 6, 100: 7}), ended=frozenset({"1"})))
    later = Statement(at=100 * HOUR + 15 * DAY, ended=ended)
    assert set(read(later, ledger=ledger).scopes["1"].windows) == {"100"}
    assert value(read(later, later, ledger=ledger)) == value(ledger) == 3


def test_scope_that_ended_lately_keeps_its_windows() -> None:
    """A plan that has just ended may still be revised."""
    ended = frozenset({"1"})
    ledger = read(hours({99: 5, 100: 5}), Statement(at=110 * HOUR, ended=ended))
    later = Statement(at=110 * HOUR + 13 * DAY, ended=ended)
    assert set(read(later, ledger=ledger).scopes["1"].windows) == {"099", "100"}


def test_scope_that_runs_again_is_not_over() -> None:
    """A plan that is active again is read like any other."""
    over = replace(listed(hours({100: 5}), p1=None), ended=frozenset({"1"}))
    again = listed(hours({100: 5}), p1=None)
    assert read(over, again).ended == {}


def test_empty_list_is_a_birth() -> None:
    """What the first plan of an account uses counts in full, if we saw that it had none."""
    nothing = Statement(at=90 * HOUR, listed={})
    assert value(read(nothing, listed(hours({95: 70, 100: 5}), p1=None))) == 75


def test_plan_that_an_empty_list_left_out() -> None:
    """A plan that was created before the birth has a baseline, though the list lacked it."""
    nothing = Statement(at=90 * HOUR, listed={})
    assert value(read(nothing, listed(hours({80: 70, 100: 5}), p1=80 * HOUR))) == 0


def test_scope_that_fails_when_it_ends() -> None:
    """A plan is over since the first success of its own that saw it so."""
    failed = replace(
        listed(hours({100: 5}, plan="2"), p1=None, p2=None),
        ended=frozenset({"1"}),
        failed=frozenset({"1"}),
    )
    seen = replace(listed(hours({100: 5}, at=160), p1=None), ended=frozenset({"1"}))
    assert read(hours({100: 5}), failed).ended == {}
    assert read(hours({100: 5}), failed, seen, failed).ended == {"1": 160 * HOUR}
