from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from exporter.errors import IdentityError
from exporter.ledger import Ledger, record
from exporter.ledger_samples import counters, gauges
from exporter.metrics import Family, proof, usage
from exporter.reading import (
    Reading,
    ScopeReading,
    Span,
    StatedTotal,
    Statement,
    WindowReading,
)

HOUR = 3600.0
DAY = 24 * HOUR
TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL
REQUESTS = usage.PRODUCT_REQUESTS_TOTAL
COUNTRY = usage.COUNTRY_REQUESTS_TOTAL


def traffic(total: int, plan: str = "1") -> Reading:
    """Read the traffic of a plan."""
    return Reading(TRAFFIC, ("shared", plan), total)


def hour(at: int, *readings: Reading) -> WindowReading:
    """Read the hour that begins *at* hours after the epoch."""
    return WindowReading(f"{at:03}", at * HOUR, readings)


def plan_reading(
    windows: Iterable[WindowReading],
    *,
    plan: str = "1",
    floor: str | None = None,
    covered: tuple[str, str] | None = None,
) -> ScopeReading:
    """Read the hours of a plan."""
    return ScopeReading(
        scope=plan,
        windows=tuple(windows),
        place=("shared", plan),
        slack=2 * HOUR,
        floor=floor,
        covered=covered,
    )


def hours(totals: Mapping[int, int], *, at: float = 100.0, plan: str = "1") -> Statement:
    """State the traffic of a plan by hour, *at* hours after the epoch."""
    windows = [hour(name, traffic(total, plan)) for name, total in totals.items()]
    return Statement(at=at * HOUR, scopes=(plan_reading(windows, plan=plan),))


def read(*statements: Statement, ledger: Ledger | None = None, hold: float = 0.0) -> Ledger:
    """Record *statements* one after the other."""
    ledger = ledger or Ledger()
    for statement in statements:
        ledger = record(ledger, statement, collector="usage", now=statement.at, hold=hold)
    return ledger


def value(ledger: Ledger, family: Family = TRAFFIC, *labels: str) -> int:
    """Return what the ledger counted for a family, over all label sets unless some are given."""
    return sum(
        counter.value
        for scope in ledger.scopes.values()
        for (one, values), counter in scope.counters.items()
        if one is family and (not labels or values == labels)
    )


def shown(ledger: Ledger, family: Family = TRAFFIC) -> list[float]:
    """Return what a scrape sees of a family."""
    return [sample.value for sample in counters(ledger, "usage") if sample.family is family]


def discrepancy(ledger: Ledger, statement: Statement) -> list[float]:
    """Return the discrepancy that the ledger shows after *statement*."""
    found = (sample for _, sample in gauges(ledger, statement))
    return [one.value for one in found if one.family is proof.USAGE_DISCREPANCY_BYTES]


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


def countries(*rows: tuple[str, int], at: float = 100.0) -> Statement:
    """State the requests by country of one month."""
    readings = tuple(
        Reading(COUNTRY, ("", "", label), total, source=(label,)) for label, total in rows
    )
    window = WindowReading("2026-11", None, readings)
    return Statement(
        at=at * HOUR, scopes=(ScopeReading(scope="countries", windows=(window,), keep=2),)
    )


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


def listed(statement: Statement, **plans: float | None) -> Statement:
    """Add the provider's complete list to a statement: ``p1=created_at``."""
    return replace(statement, listed={name[1:]: created for name, created in plans.items()})


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


def with_floor(statement: Statement, floor: str) -> Statement:
    """Settle all windows below *floor*."""
    scopes = tuple(replace(one, floor=floor) for one in statement.scopes)
    return replace(statement, scopes=scopes)


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


def restarted(ledger: Ledger) -> Ledger:
    """Return the ledger as a new process finds it."""
    return replace(ledger, fresh=frozenset())


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


def owned(statement: Statement, *plans: str) -> Statement:
    """Say which plans the account has."""
    return replace(statement, owners={"plan": frozenset(plans)})


def test_key_of_another_account_is_refused() -> None:
    """An answer without one known id is another account's."""
    with pytest.raises(IdentityError, match="plan"):
        read(owned(hours({100: 5}), "1", "2"), owned(hours({100: 5}), "7"))


@pytest.mark.parametrize("plans", [("2", "3"), ()], ids=["one is known", "no ids at all"])
def test_key_of_the_same_account_is_taken(plans: tuple[str, ...]) -> None:
    """One known id is enough, and no id proves nothing."""
    ledger = read(owned(hours({100: 5}), "1", "2"), owned(hours({100: 6}), *plans))
    assert value(ledger) == 1


def covered(statement: Statement, since: str, until: str) -> Statement:
    """Say which windows were asked for."""
    scopes = tuple(replace(one, covered=(since, until)) for one in statement.scopes)
    return replace(statement, scopes=scopes)


def correction(*steps: tuple[float, int], partial: bool = False) -> int:
    """Return the corrections after totals of one hour, each so many hours after the birth."""
    ledger = read(hours({100: 0}, at=100))
    for at, total in steps:
        window = replace(hour(100, traffic(total)), partial=partial)
        statement = Statement(at=(100 + at) * HOUR, scopes=(plan_reading([window]),))
        ledger = read(statement, ledger=ledger)
    return value(ledger, proof.USAGE_CORRECTIONS_BYTES_TOTAL)


@pytest.mark.parametrize(
    ("steps", "corrected"),
    [
        pytest.param([(1, 100), (2, 70), (2.9, 70)], 0, id="not yet an hour"),
        pytest.param([(1, 100), (2, 70), (3, 70)], 30, id="an hour"),
        pytest.param([(1, 100), (2, 70), (2.5, 100), (3, 70), (3.5, 100)], 0, id="flapping"),
        pytest.param([(1, 100), (2, 70), (3, 70), (4, 70)], 30, id="once only"),
        pytest.param([(1, 100), (2, 70), (3, 60), (4, 60)], 40, id="deeper later"),
        pytest.param([(1, 100), (2, 70), (3, 70), (4, 100), (5, 80), (6, 80)], 30, id="largest"),
        pytest.param([(1, 100), (2, 70), (3, 120), (4, 120)], 0, id="grew instead"),
    ],
)
def test_corrections(steps: list[tuple[float, int]], corrected: int) -> None:
    """A correction is the largest fall of a window below its high that lasted an hour."""
    assert correction(*steps) == corrected


def test_trimmed_window_is_no_correction() -> None:
    """A window that the provider trims has not been taken back."""
    assert correction((1, 100), (2, 70), (9, 70), partial=True) == 0


def test_hour_missing_inside_the_asked_span_fell_to_zero() -> None:
    """An hour that was asked for and is gone was taken back as a whole."""
    gone = covered(hours({}, at=102), "100", "102")
    later = covered(hours({}, at=103), "100", "102")
    ledger = read(hours({100: 0}), hours({100: 50}), gone, later)
    assert value(ledger, proof.USAGE_CORRECTIONS_BYTES_TOTAL) == 50


def test_hour_outside_the_asked_span_is_no_correction() -> None:
    """What was not asked for is not missing."""
    gone = covered(hours({}, at=102), "101", "102")
    later = covered(hours({}, at=104), "101", "102")
    ledger = read(hours({100: 0}), hours({100: 50}), gone, later)
    assert value(ledger, proof.USAGE_CORRECTIONS_BYTES_TOTAL) == 0


def test_key_that_is_null_for_a_while_is_no_correction() -> None:
    """A figure that an answer leaves out is unknown, not 0."""
    both = (traffic(9), Reading(REQUESTS, ("shared", "1"), 7))
    statements = [
        Statement(at=at * HOUR, scopes=(plan_reading([hour(100, *readings)]),))
        for at, readings in ((100, both), (101, both[:1]), (103, both[:1]))
    ]
    assert value(read(*statements), proof.USAGE_CORRECTIONS_REQUESTS_TOTAL) == 0


def test_requests_are_corrected_apart_from_traffic() -> None:
    """Each of the two corrections counters has its own unit."""
    readings = [Reading(REQUESTS, ("shared", "1"), total) for total in (10, 4, 4)]
    statements = [
        Statement(at=at * HOUR, scopes=(plan_reading([hour(100, one)]),))
        for at, one in zip((100, 101, 102), readings, strict=True)
    ]
    ledger = read(*statements)
    assert value(ledger, proof.USAGE_CORRECTIONS_REQUESTS_TOTAL) == 6
    assert value(ledger, proof.USAGE_CORRECTIONS_BYTES_TOTAL) == 0


def test_gap_is_what_no_answer_covered() -> None:
    """Time between the last success and the oldest span still offered is lost, and said so."""
    reading = replace(plan_reading([hour(300, traffic(1))]), offered_since=250 * HOUR)
    late = Statement(at=300 * HOUR, scopes=(reading,))
    ledger = read(hours({100: 5}, at=100), late)
    assert value(ledger, proof.USAGE_GAP_SECONDS_TOTAL) == 150 * HOUR


def test_outage_within_what_is_offered_is_no_gap() -> None:
    """An outage that the provider's history covers costs nothing."""
    reading = replace(plan_reading([hour(300, traffic(1))]), offered_since=99 * HOUR)
    ledger = read(hours({100: 5}, at=100), Statement(at=300 * HOUR, scopes=(reading,)))
    assert value(ledger, proof.USAGE_GAP_SECONDS_TOTAL) == 0


def test_complete_until_never_falls() -> None:
    """Usage that was settled stays settled."""
    ledger = Ledger()
    for complete in (500.0, 400.0):
        reading = replace(plan_reading([]), complete_until=complete)
        statement = Statement(at=0.0, scopes=(reading,))
        ledger = read(statement, ledger=ledger)
        assert [sample.value for _, sample in gauges(ledger, statement)] == [500.0]


def term(totals: Mapping[int, int], *, at: int, stated: int, since: int, asked: int) -> Statement:
    """State hours and the term's total: asked from an hour on, with a floor 48 hours back."""
    windows = [hour(name, traffic(total)) for name, total in totals.items()]
    reading = plan_reading(windows, floor=f"{at - 48:03}", covered=(f"{asked:03}", f"{at:03}"))
    total = StatedTotal(
        "1", ("shared", "1"), stated, (Span(frozenset({"1"}), f"{since:03}", f"{at - 2:03}"),)
    )
    return Statement(at=at * HOUR, scopes=(replace(reading, term=f"{since:03}"),), totals=(total,))


def test_discrepancy_compares_the_same_span() -> None:
    """It is the provider's total less the highs, baseline included, folded windows too."""
    birth = term({100: 5, 120: 7}, at=150, stated=12, since=100, asked=100)
    later = term({149: 4}, at=190, stated=17, since=100, asked=102)
    assert discrepancy(read(birth), birth) == [0]
    assert discrepancy(read(birth, later), later) == [1]


def test_discrepancy_of_a_new_term() -> None:
    """After a renewal the sum begins anew, with the hours that were not folded yet."""
    birth = term({100: 5, 149: 7}, at=150, stated=12, since=100, asked=100)
    renewed = term({149: 7, 151: 3}, at=155, stated=3, since=150, asked=102)
    folded = term({170: 1}, at=230, stated=4, since=150, asked=107)
    assert discrepancy(read(birth, renewed), renewed) == [0]
    assert discrepancy(read(birth, renewed, folded), folded) == [0]


def test_discrepancy_is_absent_until_read_from_the_terms_start() -> None:
    """A term whose beginning was never read is not judged."""
    late = term({140: 5}, at=150, stated=99, since=100, asked=120)
    assert discrepancy(read(late), late) == []


def test_discrepancy_is_absent_when_the_terms_hours_were_folded_unsummed() -> None:
    """A term that becomes known after its hours were folded is not judged."""
    birth = with_floor(hours({100: 5, 101: 5}, at=150), "102")
    late = term({140: 5}, at=150, stated=99, since=100, asked=100)
    assert discrepancy(read(birth, late), late) == []


def test_discrepancy_takes_the_nearest_of_several_spans() -> None:
    """Where the provider's total may or may not hold vanished scopes, the nearer one is meant."""
    both = Statement(at=0.0, scopes=hours({100: 5}).scopes + hours({100: 9}, plan="2").scopes)
    spans = (Span(frozenset({"1"})), Span(None))
    stated = replace(hours({100: 5}), totals=(StatedTotal("all", ("", ""), 6, spans),))
    assert discrepancy(read(both, stated), stated) == [1]


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


def test_scope_without_a_place_proves_nothing() -> None:
    """A scope that repeats what others prove has no corrections and no gap of its own."""
    ledger = read(countries(("US", 100)))
    assert {family for scope in ledger.scopes.values() for family, _ in scope.counters} == {COUNTRY}


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
