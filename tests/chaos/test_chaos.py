"""The short form: twenty accounts for a minute."""

import pytest

from tests.chaos.figures import Figure, figures, table
from tests.chaos.run import run
from tests.chaos.span import SHORT

TIMED = "scrape: longest, seconds"
"""Claimed of the long form alone: here, others share the machine."""

CLAIMS = (
    "scrapes that failed",
    "healthy account: oldest success, seconds",
    "series that vanished",
    "counters that fell",
    "resident memory halfway, MiB",
    "resident memory after, MiB",
    "open files after",
    "polls that crashed",
    "log lines about anything else",
    "log lines that say what is known",
    "collectors with a turn that was not logged",
    "collectors whose last line is not so",
)


@pytest.fixture(scope="module", name="found")
def _found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Figure]:
    outcome = run(SHORT, tmp_path_factory.mktemp("chaos"), seed=20261121)
    return {one.name: one for one in figures(outcome)}


@pytest.mark.parametrize("name", CLAIMS)
def test_claim_holds(found: dict[str, Figure], name: str) -> None:
    """Under faults of every other account, it is as claimed."""
    assert found[name].holds, (found[name].value, found[name].details)


def test_every_claim_is_tested(found: dict[str, Figure]) -> None:
    """No claim of the long form is left out here, but the one on time."""
    assert {*CLAIMS, TIMED} == {one.name for one in found.values() if one.most is not None}


def test_it_was_chaos(found: dict[str, Figure], capsys: pytest.CaptureFixture[str]) -> None:
    """Polls failed by the dozen, and scrapes went on at one a second; the figures are shown."""
    with capsys.disabled():
        print(f"\n{table(found.values())}")  # noqa: T201 - for people to read
    assert found["polls that failed"].value > 50
    assert found["log lines about polls"].value > 50
    assert found["scrapes"].value > 0.8 * SHORT.seconds
