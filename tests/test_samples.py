from hypothesis import given
from hypothesis import strategies as st

from exporter.metrics import Sample, Samples, catalogue

FAMILIES = catalogue()[:3]

one_sample = st.builds(
    Sample,
    st.sampled_from(FAMILIES),
    st.tuples(st.sampled_from(["a", "b"])),
    st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans()),
)

some_samples = st.lists(one_sample)


def _fields(samples: list[Sample] | Samples) -> list[tuple[object, ...]]:
    return [(one.family, one.labels, repr(one.value)) for one in samples]


@given(before=some_samples, samples=some_samples)
def test_samples_are_those_that_came(before: list[Sample], samples: list[Sample]) -> None:
    """Whatever was there before, they come out as they went in, in their order."""
    kept = Samples.of(samples, like=Samples.of(before).shape)
    assert _fields(kept) == _fields(samples)
    assert len(kept) == len(samples)


@given(samples=some_samples, value=st.floats(allow_nan=False))
def test_new_values_of_the_same_series(samples: list[Sample], value: float) -> None:
    """What a shape says is held once, whatever the values are."""
    first = Samples.of(samples)
    again = [Sample(one.family, one.labels, value) for one in samples]
    assert Samples.of(again, like=first.shape).shape is first.shape


def test_series_in_another_order() -> None:
    """The order is part of a shape, and so is every label."""
    here, there = (Sample(FAMILIES[0], (name,), 1) for name in ("a", "b"))
    shape = Samples.of([here, there]).shape
    for others in ([there, here], [here], [here, there, there], [here, here]):
        assert Samples.of(others, like=shape).shape is not shape
