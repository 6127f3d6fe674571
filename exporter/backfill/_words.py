"""Words: what the command says in the end, on stderr."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from exporter.errors import ADVICE, PollError

DAY = 86_400_000
"""Milliseconds."""

RETENTION = 15 * DAY
"""What Prometheus keeps unless told otherwise."""

HEAD = 3 * DAY // 24
"""What Prometheus still holds in memory, and blocks must not overlap.

https://prometheus.io/docs/prometheus/latest/storage/ (read 2026-11-20), "Backfilling from
OpenMetrics format".
"""

NO_HISTORY = "the provider keeps none"

NOT_IN_STATE = (
    "it is not in the state, so where its live counters begin is not known\n"
    "  to do: let the exporter poll it once with this --storage.path, or give --end"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an account. *begin* and *end* are in milliseconds, None without any series."""

    account: str
    series: int = 0
    samples: int = 0
    begin: int | None = None
    end: int | None = None
    failure: str | None = None
    remark: str = "there is no history before the live counters"
    """Why there are no series, when nothing failed."""

    def add(self, samples: int, begin: int, end: int) -> "Outcome":
        """Return it with one more series."""
        return replace(
            self,
            series=self.series + 1,
            samples=self.samples + samples,
            begin=begin if self.begin is None else min(self.begin, begin),
            end=end if self.end is None else max(self.end, end),
        )


def advise(error: PollError) -> str:
    """Return what went wrong, and what to do about it."""
    return f"{error.reason}: {error}\n  to do: {ADVICE[error.reason]}"


def missing_labels(names: Sequence[str]) -> str:
    """Return a warning that *names* were not given."""
    flags = " ".join(f"--label {name}=..." for name in names)
    return (
        f"warning: the series have no label {' and no label '.join(names)}. Prometheus adds them to"
        " what it scrapes, so the live series will be other ones: copy the labels of"
        f" proxy_provider_up in Prometheus, and give {flags}"
    )


def describe(outcome: Outcome) -> str:
    """Return a line about one account."""
    if outcome.failure is not None:
        return f"{outcome.account}: FAILED: {outcome.failure}"
    if outcome.begin is None or outcome.end is None:
        return f"{outcome.account}: nothing: {outcome.remark}"
    span = f"{_date(outcome.begin)} to {_date(outcome.end)}"
    return f"{outcome.account}: {outcome.series} series, {outcome.samples} samples, {span}"


def conclusion(outcomes: Iterable[Outcome], output: Path | None, *, now: int) -> Iterator[str]:
    """Yield the lines after those about the accounts: what there is, and what to do with it."""
    written = [one for one in outcomes if one.series]
    series, samples = sum(one.series for one in written), sum(one.samples for one in written)
    yield f"\n{series} series, {samples} samples."
    if not written:
        return
    end = max(one.end for one in written if one.end is not None)
    begin = min(one.begin for one in written if one.begin is not None)
    due = f" after {_date(end + HEAD)}" if now < end + HEAD else ""
    yield f"\nMake blocks of them{due}, in the folder of Prometheus' --storage.tsdb.path:\n"
    file = "FILE" if output is None else output
    yield (
        f"  promtool tsdb create-blocks-from openmetrics --max-block-duration=24h {file} DATA_DIR\n"
    )
    if due:
        yield "Not before: Prometheus itself still writes what is younger than 3 hours."
    yield "Prometheus sees them at its next reload of blocks, within a minute or so."
    kept = "It keeps 15 days unless --storage.tsdb.retention.time says more"
    days = -(-(now - begin) // DAY)
    yield f"{kept}: this needs {days + 1}d." if now - begin > RETENTION else f"{kept}."


def _date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
