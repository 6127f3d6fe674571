"""The means by which a run is judged: each finds what it is there to find."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from exporter.simulator import Fault
from tests.chaos.cast import HEALTHY, accounts
from tests.chaos.exposition import Scrape, parse
from tests.chaos.faults import Window, faults
from tests.chaos.figures import Figure, table
from tests.chaos.journal import read
from tests.chaos.witness import Witness

NOW = 1_794_997_600.0

PROCESS = "process_resident_memory_bytes 5e+07\nprocess_open_fds 20\n"

HEAD = "# HELP x_total X.\n# TYPE x_total counter\n# HELP y Y.\n# TYPE y gauge\n"

OWN = '{provider="webshare",account="healthy"}'
OTHER = '{provider="evomi",account="faulty-01"}'

COLLECTOR = '{provider="evomi",account="faulty-01",collector="usage"}'


def _scrape(*lines: str, at: float = NOW) -> Scrape:
    return parse(HEAD + "".join(f"{line}\n" for line in lines) + PROCESS, at=at, seconds=0.01)


def _witness(*scrapes: Scrape) -> Witness:
    witness = Witness()
    for one in scrapes:
        witness.see(one)
    return witness


def test_witness_finds_a_fall() -> None:
    """A counter that falls is found, a gauge that falls is none of it."""
    found = _witness(
        _scrape(f"x_total{OTHER} 5", f"y{OTHER} 5"), _scrape(f"x_total{OTHER} 4", f"y{OTHER} 4")
    )
    assert found.falls == [f"x_total{OTHER} 5.0 -> 4.0"]


@pytest.mark.parametrize(
    ("series", "gone"),
    [
        (f"x_total{OTHER}", True),
        (f"x_total{OWN}", True),
        (f"y{OWN}", True),
        (f"y{OTHER}", False),
    ],
)
def test_witness_finds_what_is_gone(series: str, *, gone: bool) -> None:
    """Counters must stay, and the gauges of the healthy account; those of others go stale."""
    assert bool(_witness(_scrape(f"{series} 5"), _scrape()).gone) is gone


def test_witness_finds_the_oldest_success() -> None:
    """The age is that of the healthy account's collector which succeeded longest ago."""
    name = "proxy_provider_last_success_timestamp_seconds"
    lines = (f"{name}{OWN} {NOW - 3}", f'{name}{{collector="b",{OWN[1:]} {NOW - 7}')
    found = _witness(_scrape(*lines, f"{name}{OTHER} 1"))
    assert found.moments[0].age == 7


def test_witness_counts_turns() -> None:
    """The outcome of the first poll is no turn; each change after it is one."""
    outcomes = ((0, 0), (1, 1), (1, 2), (0, 3), (1, 4))
    found = _witness(
        *(
            _scrape(
                f"proxy_provider_collector_success{COLLECTOR} {success}",
                f"proxy_provider_polls_total{COLLECTOR} {polls}",
            )
            for success, polls in outcomes
        )
    )
    assert found.turns == {("evomi", "faulty-01", "usage"): 2}


def _log(*messages: str) -> str:
    place = "provider=evomi account=faulty-01 collector=usage"
    lines = (
        f'ts=2026-11-21T07:00:00.500Z level=warn logger=poller msg="{one}" {place} x=y\n'
        for one in messages
    )
    return f"ts=x level=info logger=daemon msg=listening address=x\n{''.join(lines)}"


@pytest.mark.parametrize(
    ("messages", "repeated"),
    [
        (("poll failed", "poll recovered", "poll failed"), 0),
        (("poll failed", "collector not supported", "poll failed"), 0),
        (("poll failed", "poll failed"), 1),
        (("poll recovered",), 1),
    ],
)
def test_journal_finds_what_was_known(messages: Iterable[str], repeated: int) -> None:
    """A line that says the same as the one before it says nothing, and at first all is well."""
    journal = read(_log(*messages))
    assert len(journal.repeated()) == repeated
    assert journal.others == []
    assert set(journal.last_at.values()) == {
        datetime(2026, 11, 21, 7, 0, 0, 500_000, UTC).timestamp()
    }


def test_journal_finds_other_lines() -> None:
    """A line that is about no poll is kept, to be looked at."""
    assert read(_log() + "Traceback (most recent call last):\n").others == [
        "Traceback (most recent call last):"
    ]


def _faults(seed: int) -> list[Fault]:
    return list(faults(accounts(50, NOW), Window(NOW, NOW + 450), seed))


def test_faults_strike_every_account_but_one() -> None:
    """Each faulty account has its faults, within the window, and the healthy one has none."""
    found = _faults(1)
    struck = {(one.provider, one.account) for one in found}
    everyone = {(one.provider, one.name) for one in accounts(50, NOW)}
    assert struck == everyone - {HEALTHY}
    assert all(NOW <= (one.since or 0) < (one.until or 0) <= NOW + 450 for one in found)


def test_faults_are_of_every_kind() -> None:
    """In the long form every kind of fault occurs, and every status."""
    found = _faults(1)
    kinds = {"status", "slow", "hang", "drop", "reset", "truncate", "html", "unsuccessful"}
    assert {one.kind for one in found} == kinds
    statuses = {one.status for one in found if one.kind == "status"}
    assert statuses == {200, 401, 403, 404, 429, 500, 502, 503}


def test_faults_come_of_their_seed() -> None:
    """One seed has one run."""
    assert _faults(1) == _faults(1) != _faults(2)


def test_table_marks_what_does_not_hold() -> None:
    """A figure above its claim stands out."""
    good, bad = Figure("good", 1, 1), Figure("bad", 2, 1)
    lines = table((good, bad, Figure("unclaimed", 3))).splitlines()
    assert [line.endswith("DOES NOT HOLD") for line in lines] == [False, False, True, False]
