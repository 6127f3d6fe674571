import math

import pytest

from exporter.metrics import PREFIX, SECTIONS, Family, catalogue, plans


@pytest.mark.parametrize(
    "labels", [{}, {"product": "rp"}, {"product": "rp", "plan": "1", "more": ""}], ids=str
)
def test_sample_with_wrong_labels(labels: dict[str, str]) -> None:
    """A family takes its own labels, all of them and no others."""
    with pytest.raises(ValueError, match="product_traffic_limit_bytes: labels"):
        plans.PRODUCT_TRAFFIC_LIMIT_BYTES.sample(1, **labels)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400], ids=ascii)
def test_sample_that_is_not_finite(value: float) -> None:
    """A value that is no number, or larger than any, is refused."""
    with pytest.raises(ValueError, match="not finite"):
        plans.ACCOUNT_CREDITS_USD.sample(value)


def test_labels_come_in_any_order() -> None:
    """A sample's label values are in the order of its family, however they were given."""
    sample = plans.PLAN_PROXIES.sample(1, country="DE", plan="2", product="shared")
    assert sample.labels == ("shared", "2", "DE")


def test_constants_are_named_as_their_families() -> None:
    """Who knows the family knows the constant, and the other way round."""
    for section in SECTIONS:
        for name, value in vars(section).items():
            if isinstance(value, Family):
                assert value.name == PREFIX + name.lower()


@pytest.mark.parametrize("family", catalogue(), ids=lambda family: str(family.name))
def test_family_keeps_the_conventions(family: Family) -> None:
    """Counters alone end in _total, and HELP is one sentence."""
    assert (family.type == "counter") == family.name.endswith("_total")
    assert family.help.endswith(".")
    assert family.help[0].isupper() or family.help[0].isdigit()
