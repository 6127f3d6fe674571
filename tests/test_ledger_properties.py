"""Properties of the ledger, over arbitrary sequences of answers."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from exporter.ledger import Ledger
from exporter.ledger_samples import counters
from exporter.state._codec import (
    decode_account,
    decode_scope,
    decode_window,
    encode_account,
    encode_scope,
    encode_window,
)
from tests.ledgers import hours, read, value, with_floor

BIRTH = hours({100: 1000}, at=100)

Answer = dict[int, int]

answers = st.lists(
    st.dictionaries(st.integers(100, 120), st.integers(0, 10**12), max_size=6), max_size=12
)


def after(*sequence: Answer) -> Ledger:
    """Return the ledger after its birth and a sequence of answers."""
    return read(BIRTH, *(hours(answer, at=100) for answer in sequence))


def highest(sequence: list[Answer]) -> int:
    """Return what the counter has to be, by the one rule."""
    highs = {100: 1000}
    for answer in sequence:
        for name, total in answer.items():
            highs[name] = max(highs.get(name, 0), total)
    return sum(highs.values()) - 1000


@given(answers)
def test_counter_depends_on_the_highs_alone(sequence: list[Answer]) -> None:
    """A counter is the sum of the highest totals less what was there at birth."""
    assert value(after(*sequence)) == highest(sequence)


@given(answers, st.randoms())
def test_order_and_repeats_change_nothing(sequence: list[Answer], order: Random) -> None:
    """Answers in another order, some of them twice, count the same."""
    shuffled = [*sequence, *sequence[::2]]
    order.shuffle(shuffled)
    assert value(after(*shuffled)) == value(after(*sequence))


@given(answers)
def test_counters_never_fall(sequence: list[Answer]) -> None:
    """No answer lowers a counter, whatever it holds."""
    ledger = after()
    for answer in sequence:
        before = value(ledger)
        ledger = read(hours(answer, at=100), ledger=ledger)
        assert value(ledger) >= before


def reloaded(ledger: Ledger) -> Ledger:
    """Return the ledger as a new process reads it from disk."""
    scopes = {
        name: decode_scope(
            encode_scope(scope),
            {key: decode_window(encode_window(one)) for key, one in scope.windows.items()},
        )
        for name, scope in ledger.scopes.items()
    }
    return decode_account(encode_account(ledger), scopes)


@given(answers, st.sets(st.integers(0, 11)))
def test_restarts_change_nothing(sequence: list[Answer], restarts: set[int]) -> None:
    """A ledger that was written and read between two answers counts as one that was not."""
    ledger = after()
    for number, answer in enumerate(sequence):
        if number in restarts:
            ledger = reloaded(ledger)
        ledger = read(hours(answer, at=100), ledger=ledger)
    assert value(ledger) == highest(sequence)
    assert reloaded(ledger) == structs.replace(ledger, fresh=frozenset())


@given(answers, st.lists(st.integers(100, 121), min_size=12, max_size=12))
def test_folding_never_changes_a_counter(sequence: list[Answer], floors: list[int]) -> None:
    """Settling windows neither adds nor takes away; it only ignores what comes below."""
    ledger, floor, kept = after(), 0, []
    for answer, new_floor in zip(sequence, floors, strict=False):
        kept.append({name: total for name, total in answer.items() if name >= floor})
        before = value(read(hours(kept[-1], at=100), ledger=ledger))
        floor = max(floor, new_floor)
        ledger = read(with_floor(hours(answer, at=100), f"{floor:03}"), ledger=ledger)
        assert value(ledger) == before == highest(kept)
        assert all(name >= f"{floor:03}" for name in ledger.scopes["1"].windows)


@given(answers)
def test_account_counter_is_the_sum_of_products(sequence: list[Answer]) -> None:
    """The account's counter equals its products', at every moment."""
    ledger = read(BIRTH, hours({100: 5}, at=100, plan="2"))
    for number, answer in enumerate(sequence):
        plan = "12"[number % 2]
        ledger = read(hours(answer, at=100, plan=plan), ledger=ledger, hold=0)
        samples = [
            sample for sample in counters(ledger, "usage") if "traffic" in sample.family.name
        ]
        account = [one.value for one in samples if "account" in one.family.name]
        products = [one.value for one in samples if "product" in one.family.name]
        assert account == [sum(products)]
