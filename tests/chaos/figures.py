"""Figures: what a run came to, beside what is claimed of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from exporter.api._transport import MAX_CONNECTIONS
from tests.chaos.cast import STALE_AFTER
from tests.chaos.exposition import Scrape
from tests.chaos.journal import FAILED, UNSUPPORTED, Journal
from tests.chaos.run import Outcome
from tests.chaos.witness import POLLS, SUCCESS, Collector, Moment, Witness, collector_of

SCRAPE_SECONDS = 0.5
"""The longest that a scrape may take."""

WARMING = 0.3
"""Of the memory before the faults, what their first ones may add: code that was never run."""

GROWTH = 0.1
"""Of the memory in the middle of the faults, what all that follow may add."""

LATELY = 10.0
"""Seconds whose median stands for a moment."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; *most* is None when nothing is claimed of it."""

    name: str
    value: float
    most: float | None = None
    details: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Whether it is as claimed."""
        return self.most is None or self.value <= self.most


def figures(outcome: Outcome) -> Iterator[Figure]:
    """Yield every figure of a run."""
    witness, journal = outcome.witness, outcome.journal
    yield Figure("accounts", outcome.span.accounts)
    yield Figure("series at the end", len(witness.last.values))
    yield from _scrapes(witness)
    age = max(one.age for one in witness.moments)
    most = STALE_AFTER * outcome.span.interval
    yield Figure("healthy account: oldest success, seconds", age, most)
    yield Figure("series that vanished", len(witness.gone), 0, witness.gone)
    yield Figure("counters that fell", len(witness.falls), 0, witness.falls)
    yield from _growth(outcome)
    yield from _polls(witness.last)
    yield from _log(witness, journal)


def table(those: Iterable[Figure]) -> str:
    """Return *those* as a table for people, with what does not hold marked."""
    rows = (
        f"{one.name:45} {one.value:12,.6g} {'' if one.most is None else f'<= {one.most:g}':>12}"
        f"{'' if one.holds else '  DOES NOT HOLD'}"
        for one in those
    )
    return "\n".join((f"{'figure':45} {'value':>12} {'claimed':>12}", *rows))


def _scrapes(witness: Witness) -> Iterator[Figure]:
    seconds = [one.seconds for one in witness.moments]
    yield Figure("scrapes", len(seconds))
    yield Figure("scrapes that failed", len(witness.failed), 0, witness.failed)
    yield Figure("scrape: median, seconds", median(seconds))
    yield Figure("scrape: 99 of 100, seconds", quantiles(seconds, n=100)[-1])
    slow = [str(one) for one in witness.moments if one.seconds > SCRAPE_SECONDS]
    yield Figure("scrape: longest, seconds", max(seconds), SCRAPE_SECONDS, slow)
    late = max(one.at % 1.0 for one in witness.moments)
    yield Figure("the machine: woke the scraper late, seconds", late)


def _growth(outcome: Outcome) -> Iterator[Figure]:
    moments, span = outcome.witness.moments, outcome.span
    calm_ends = outcome.began + span.calm
    halfway = calm_ends + span.chaos / 2
    before, amid, after = (_until(end, moments) for end in (calm_ends, halfway, moments[-1].at))
    memory = [
        median(one.resident_bytes / 2**20 for one in those) for those in (before, amid, after)
    ]
    yield Figure("resident memory before, MiB", memory[0])
    yield Figure("resident memory halfway, MiB", memory[1], memory[0] * (1 + WARMING))
    yield Figure("resident memory after, MiB", memory[2], memory[1] * (1 + GROWTH))
    files = [median(one.open_files for one in those) for those in (before, after)]
    yield Figure("open files before", files[0])
    yield Figure("open files after", files[1], files[0] + MAX_CONNECTIONS)
    yield Figure("most open files", max(one.open_files for one in moments))


def _until(end: float, moments: Iterable[Moment]) -> Sequence[Moment]:
    return [one for one in moments if end - LATELY <= one.at <= end]


def _polls(last: Scrape) -> Iterator[Figure]:
    yield Figure("polls", sum(last.of(POLLS).values()))
    failures = last.of("proxy_provider_poll_failures_total")
    yield Figure("polls that failed", sum(failures.values()))
    up = last.of("proxy_provider_up").values()
    yield Figure("accounts that are not up at the end", len(up) - sum(up))
    bugs = [one for one, value in failures.items() if value and 'reason="internal"' in one]
    yield Figure("polls that crashed", len(bugs), 0, bugs)


def _log(witness: Witness, journal: Journal) -> Iterator[Figure]:
    unsaid = [
        f"{'/'.join(one)}: {turns} turns, {len(journal.said.get(one, ()))} lines"
        for one, turns in witness.turns.items()
        if turns > len(journal.said.get(one, ()))
    ]
    yield Figure("log lines about polls", journal.lines)
    yield Figure("log lines about anything else", len(journal.others), 0, journal.others)
    repeated = journal.repeated()
    yield Figure("log lines that say what is known", len(repeated), 0, repeated)
    yield Figure("collectors with a turn that was not logged", len(unsaid), 0, unsaid)
    wrong = list(_wrong_in_the_end(witness.last, journal))
    yield Figure("collectors whose last line is not so", len(wrong), 0, wrong)


def _wrong_in_the_end(last: Scrape, journal: Journal) -> Iterator[str]:
    """Name the collectors that fail by their metric and not by the log, or the other way round.

    Those of which something was said after the scrape began cannot be judged by it.
    """
    for series, success in last.of(SUCCESS).items():
        collector: Collector = collector_of(series)
        said = journal.said.get(collector, ())
        fails = bool(said) and said[-1] in (FAILED, UNSUPPORTED)
        if fails == bool(success) and journal.last_at.get(collector, 0.0) < last.at:
            yield "/".join(collector)
