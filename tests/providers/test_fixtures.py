import os
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.metrics import Family, catalogue, health, plans, usage
from exporter.providers import PROVIDERS
from tests.fixture import cases, play

NOT_OF_A_POLL = {
    *(value for value in vars(health).values() if isinstance(value, Family)),
    plans.CREDENTIAL_EXPIRY_TIMESTAMP_SECONDS,
    plans.PRODUCT_TRAFFIC_PRICE_USD_PER_BYTE,
}
"""Families that come from the exporter itself; test_health.py shows them."""


@pytest.mark.parametrize("folder", cases().values(), ids=cases().keys())
def test_exposition_of_fixture(folder: Path) -> None:
    """A fixture's answers give, byte for byte, the exposition beside them.

    With UPDATE_FIXTURES=1 it is written instead: read the difference before you commit it.
    """
    exposition = play(folder).exposition()
    if os.environ.get("UPDATE_FIXTURES"):
        (folder / "expected.prom").write_text(exposition, "utf-8")
    assert exposition == (folder / "expected.prom").read_text("utf-8")
    list(text_string_to_metric_families(exposition))


def test_every_family_is_in_some_fixture() -> None:
    """Every row of the catalogue that a poll can show is shown by some fixture."""
    shown = {
        line.partition("{")[0].partition(" ")[0]
        for folder in cases().values()
        for line in (folder / "expected.prom").read_text("utf-8").splitlines()
        if not line.startswith("#")
    }
    assert {family.name for family in catalogue()} - shown == {f.name for f in NOT_OF_A_POLL}


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_family_comes_from_one_collector(name: str) -> None:
    """No two collectors of a provider yield the same family, and each yields what it declares."""
    seen: dict[str, set[str]] = {}
    for folder in cases(name).values():
        run = play(folder)
        families = {sample.family for part in run.samples().values() for sample in part}
        families -= {usage.ACCOUNT_TRAFFIC_BYTES_TOTAL, usage.ACCOUNT_REQUESTS_TOTAL}
        seen.setdefault(run.collector.name, set()).update(family.name for family in families)
    for collector in PROVIDERS[name].collectors:
        assert seen.pop(collector.name) == {family.name for family in collector.families}
    declared = [family for one in PROVIDERS[name].collectors for family in one.families]
    assert len(declared) == len(set(declared))
