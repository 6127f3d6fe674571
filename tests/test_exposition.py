from collections.abc import Iterator, Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Metric, exposition
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_parse
from prometheus_client.parser import text_string_to_metric_families as text_parse

from exporter.exposition import END, Format, blocks, join, render, rerender
from exporter.metrics import Family, Sample, Samples, catalogue, usage

ACCOUNT = ("webshare", "main")
TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL

encodable = st.text(st.characters(exclude_categories=["Cs"]))
values = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**300), 10**300),
    st.integers(0, 10**18).map(float),
    st.booleans(),
    st.sampled_from([-0.0, 0.0, 5e-324, 999999.5, 1e6, 1e7, 1234567.0, 9999999999999998.0, 1e16]),
)


class LabelName(str):
    """A label name that sorts where its family has it, as the library sorts by name."""

    __slots__ = ("place",)

    place: int

    def __lt__(self, other: str) -> bool:
        return isinstance(other, LabelName) and self.place < other.place


def label_name(name: str, place: int) -> LabelName:
    """Make a label name that stands at *place*."""
    made = LabelName(name)
    made.place = place
    return made


class Library:
    """The same samples as a collector of prometheus_client."""

    def __init__(self, samples: Sequence[Sample], account: tuple[str, str]) -> None:
        self._samples = samples
        self._account = account

    def collect(self) -> Iterator[Metric]:
        """Yield the families, in the order of the catalogue, others as they come."""
        by_family: dict[Family, list[Sample]] = {}
        for sample in self._samples:
            by_family.setdefault(sample.family, []).append(sample)
        ranks = {family: rank for rank, family in enumerate(catalogue())}
        for family in sorted(by_family, key=lambda family: ranks.get(family, len(ranks))):
            metric = Metric(family.name.removesuffix("_total"), family.help, family.type)
            for sample in by_family[family]:
                metric.add_sample(family.name, self._labels(sample), sample.value)
            yield metric

    def _labels(self, sample: Sample) -> dict[str, str]:
        names = sample.family.all_labels
        shown = (*self._account, *sample.labels) if sample.family.per_account else sample.labels
        return {label_name(name, place): shown[place] for place, name in enumerate(names)}

    def latest(self, form: Format) -> bytes:
        """Return what the library makes of them."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        if form is Format.TEXT:
            return exposition.generate_latest(registry)
        latest: bytes = openmetrics.generate_latest(registry, version="1.0.0")  # type: ignore[no-untyped-call]  # not annotated
        return latest


ODD = (
    Family("odd_bytes_total", "counter", 'A \\ help "in"\ntwo lines.', ("b", "a")),
    Family("odd_bytes", "gauge", 'A \\ help "in"\ntwo lines.'),
)


def samples_of(family: Family) -> st.SearchStrategy[Sample]:
    """Make samples of *family* with any labels and values."""
    labels = st.tuples(*(encodable for _ in family.labels))
    return st.builds(partial(Sample, family), labels, values)


any_sample = st.sampled_from(
    [*(family for family in catalogue() if family.per_account), *ODD]
).flatmap(samples_of)


@pytest.mark.parametrize("form", Format)
@given(samples=st.lists(any_sample), account=st.tuples(encodable, encodable))
def test_bytes_whatever_the_samples(
    form: Format, samples: list[Sample], account: tuple[str, str]
) -> None:
    """Any samples come out byte for byte as prometheus_client's."""
    ours = join([render(samples, account)], form).encode()
    if form is Format.OPENMETRICS:
        ours += END.encode()
    assert Library(samples, account).latest(form) == ours


@given(value=values)
def test_number_whatever_it_is(value: float) -> None:
    """Every finite number comes out as prometheus_client's."""
    sample = TRAFFIC.sample(value, product="", plan="")
    ours = join([render([sample], ACCOUNT)], Format.TEXT).encode()
    assert Library([sample], ACCOUNT).latest(Format.TEXT) == ours


@given(label=encodable, value=values)
def test_parse_back(label: str, value: float) -> None:
    """What went in is what the library's parsers read, in both formats."""
    chunks = [render([TRAFFIC.sample(value, product=label, plan="1")], ACCOUNT)]
    text = next(iter(text_parse(join(chunks, Format.TEXT)))).samples[0]
    assert (label, float(value)) == (text.labels["product"], text.value)
    openmetrics_text = join(chunks, Format.OPENMETRICS) + END
    families = openmetrics_parse(openmetrics_text)  # type: ignore[no-untyped-call]  # not annotated
    if value >= 0:  # the library's parser refuses counters below zero
        assert label == next(iter(families)).samples[0].labels["product"]


def test_own_families_have_no_labels_of_an_account() -> None:
    """A family that is not of an account shows its own labels, or none."""
    family = Family("own", "gauge", "Own.", per_account=False)
    expected = "# HELP own Own.\n# TYPE own gauge\nown 1.0\n"
    assert expected == join([render([family.sample(1)])], Format.TEXT)


def test_one_block_a_family() -> None:
    """Samples of several accounts under one family share its HELP and TYPE."""
    sample = TRAFFIC.sample(1, product="rp", plan="")
    chunks = [render([sample], ("evomi", name)) for name in ("a", "b")]
    lines = join(chunks, Format.OPENMETRICS).splitlines()
    assert lines[:2] == [
        f"# HELP proxy_provider_product_traffic_bytes {TRAFFIC.help}",
        "# TYPE proxy_provider_product_traffic_bytes counter",
    ]
    assert [line.split(",")[1] for line in lines[2:]] == ['account="a"', 'account="b"']


@pytest.mark.parametrize(
    ("family", "account"), [(TRAFFIC, None), (catalogue()[-1], ACCOUNT)], ids=["none", "one"]
)
def test_family_that_does_not_fit_the_account(
    family: Family, account: tuple[str, str] | None
) -> None:
    """A family of accounts is never shown without one, nor one of ours with it."""
    sample = Sample(family, ("x",) * len(family.labels), 1)
    with pytest.raises(ValueError, match=family.name):
        render([sample], account)


def test_many_accounts_come_bit_by_bit() -> None:
    """Lines of many accounts are not put together at once: nobody else could run meanwhile."""
    accounts = [("evomi", f"{number:03}") for number in range(300)]
    chunks = [render([TRAFFIC.sample(1, product="a", plan="")], account) for account in accounts]
    bits = list(blocks(chunks, Format.TEXT))
    assert [bit.count("\n") for bit in bits] == [2, 128, 128, 44]
    lines = "".join(bits).splitlines()[2:]
    assert [line.split('"')[3] for line in lines] == [name for _, name in accounts]


@pytest.mark.parametrize("half", [chr(0xD800), chr(0xDFFF), chr(0xDC00) + chr(0xD800)])
def test_lone_surrogates_are_replaced(half: str) -> None:
    """A label that UTF-8 cannot say is shown with replacement characters."""
    chunks = [render([TRAFFIC.sample(1, product=f"a{half}b", plan="")], ACCOUNT)]
    expected = 'product="a' + "�" * len(half) + 'b"'
    assert expected in join(chunks, Format.TEXT).encode().decode()


def test_rerender_same_series() -> None:
    """New values of the same series need no new lines."""
    first = Samples.of([TRAFFIC.sample(1, product="rp", plan="7")])
    again = Samples.of([TRAFFIC.sample(2, product="rp", plan="7")], like=first.shape)
    before = rerender(first, ACCOUNT)
    after = rerender(again, ACCOUNT, before.layout)
    assert after.layout is before.layout
    assert after.chunks == render(again, ACCOUNT) != before.chunks


@given(before=st.lists(any_sample), after=st.lists(any_sample))
def test_rerender_other_series(before: list[Sample], after: list[Sample]) -> None:
    """Whatever was rendered before, the lines are those of the new samples."""
    first = Samples.of(before)
    layout = rerender(first, ACCOUNT).layout
    again = rerender(Samples.of(after, like=first.shape), ACCOUNT, layout)
    assert render(after, ACCOUNT) == again.chunks


def test_rerender_mixed_series() -> None:
    """A series more, one less and another order do not mix up labels."""

    def samples(*plans: str) -> list[Sample]:
        return [TRAFFIC.sample(int(plan), product="rp", plan=plan) for plan in plans]

    first = Samples.of(samples("1", "2", "3"))
    layout = rerender(first, ACCOUNT).layout
    again = rerender(Samples.of(samples("3", "4", "1"), like=first.shape), ACCOUNT, layout)
    assert render(samples("3", "4", "1"), ACCOUNT) == again.chunks
