from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from exporter.ledger import Ledger
from exporter.ledger_samples import gauges
from exporter.metrics import proof
from exporter.reading import (
    Reading,
    StatedTotal,
    Statement,
    WindowSpan,
)
from tests.ledgers import (
    COUNTRY,
    HOUR,
    REQUESTS,
    countries,
    covered,
    discrepancy,
    hour,
    hours,
    plan_reading,
    read,
    traffic,
    value,
    with_floor,
)


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
        pytest.param([(1, 100), (2, 90), (2.5, 0), (3.9, 0), (4, 100)], 100, id="in two steps"),
        pytest.param([(1, 100), (2, 0), (2.5, 90), (3.2, 90), (4, 100)], 10, id="half way back"),
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


def test_proofs_follow_a_scope_that_is_renamed() -> None:
    """What is lost after a plan got another product is lost under that one."""
    reading = replace(plan_reading([hour(300, traffic(1))]), offered_since=250 * HOUR)
    renamed = replace(reading, place=("dedicated", "1"))
    ledger = read(hours({100: 5}, at=100), Statement(at=300 * HOUR, scopes=(renamed,)))
    assert value(ledger, proof.USAGE_GAP_SECONDS_TOTAL, "dedicated", "1") == 150 * HOUR
    assert value(ledger, proof.USAGE_GAP_SECONDS_TOTAL, "shared", "1") == 0


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
        "1", ("shared", "1"), stated, (WindowSpan(frozenset({"1"}), f"{since:03}", f"{at - 2:03}"),)
    )
    return Statement(at=at * HOUR, scopes=(replace(reading, term=f"{since:03}"),), totals=(total,))


def test_discrepancy_compares_the_same_span() -> None:
    """It is the provider's total less the highs, baseline included, folded windows too."""
    birth = term({100: 5, 120: 7}, at=150, stated=12, since=100, asked=100)
    later = term({149: 4}, at=190, stated=17, since=100, asked=102)
    assert discrepancy(read(birth), birth) == [0]
    assert discrepancy(read(birth, later), later) == [1]


def test_discrepancy_of_a_plan_that_runs_again() -> None:
    """What was known of the term when the plan was over for two weeks still counts."""
    over = Statement(at=151 * HOUR, ended=frozenset({"1"}))
    ledger = read(term({110: 5, 120: 7, 149: 4}, at=150, stated=16, since=100, asked=100), over)
    ledger = read(replace(over, at=512 * HOUR), ledger=ledger)
    assert set(ledger.scopes["1"].windows) == {"149"}
    again = term({515: 1}, at=520, stated=17, since=100, asked=472)
    assert discrepancy(read(again, ledger=ledger), again) == [0]


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
    spans = (WindowSpan(frozenset({"1"})), WindowSpan(None))
    stated = replace(hours({100: 5}), totals=(StatedTotal("all", ("", ""), 6, spans),))
    assert discrepancy(read(both, stated), stated) == [1]


def test_scope_without_a_place_proves_nothing() -> None:
    """A scope that repeats what others prove has no corrections and no gap of its own."""
    ledger = read(countries(("US", 100)))
    assert {family for scope in ledger.scopes.values() for family, _ in scope.counters} == {COUNTRY}
