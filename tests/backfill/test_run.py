import asyncio
import io
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from exporter.account import Account
from exporter.api import Api, Clock
from exporter.backfill import Outside, Task, run
from exporter.backfill._account import _ahead
from exporter.config import Config
from exporter.errors import AuthError, PollError, StartError, UsageError
from exporter.ledger import Ledger, Scope
from exporter.metrics import usage
from exporter.providers import Context, HistoryBucket, Provider, TimeRange
from exporter.providers._provider import History
from exporter.reading import Reading
from exporter.state import FileState
from tests.clocks import WALL as NOW
from tests.fakes import make_account, make_provider

HOUR = 3600.0
DAY = 24 * HOUR

LABELS = ("job=proxies", "instance=here:10190")


def hours(count: int, *, until: float = NOW) -> History:
    """Return the history of a provider that has *count* hours of 10 bytes each."""

    async def history(
        _api: Api, _context: Context, _wanted: TimeRange
    ) -> AsyncIterator[HistoryBucket]:
        for number in range(count):
            end = until - number * HOUR
            reading = Reading(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, ("p", "1"), 10)
            yield HistoryBucket(scope="1", start=end - HOUR, end=end, readings=(reading,))

    return history


async def refused(_api: Api, _context: Context, _wanted: TimeRange) -> AsyncIterator[HistoryBucket]:
    """Fail, after a bucket."""
    reading = Reading(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, ("p", "1"), 10)
    yield HistoryBucket(scope="1", start=NOW - HOUR, end=NOW, readings=(reading,))
    raise AuthError("GET /usage", "not accepted")


def provider(name: str, history: History | None) -> Provider:
    """Return a provider that does nothing but remember."""
    return replace(make_provider(name), history=history)


class Terminal(io.StringIO):
    """Standard error that a person looks at."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Trial:
    """The command, with what it has to do and what it says."""

    def __init__(self, folder: Path, *providers: Provider, accounts: int = 1) -> None:
        self.output = folder / "out.om"
        self.stderr = io.StringIO()
        self.providers = {one.name: one for one in providers}
        self.accounts = tuple(
            make_account(one, f"a{number}") for one in providers for number in range(accounts)
        )

    def run(
        self,
        *,
        since: str | None = None,
        end: str | None = "0",
        storage: Path | None = None,
        labels: Iterable[str] = LABELS,
        step: float = HOUR,
    ) -> int:
        """Run it."""
        task = Task(
            output=self.output,
            since=since,
            end=end,
            labels=tuple(labels),
            storage=storage,
            step=step,
        )
        clock = Clock(wall=lambda: NOW)
        outside = Outside(clock=clock, providers=self.providers, stderr=self.stderr)
        return asyncio.run(run(Config(accounts=self.accounts), task, outside))

    @property
    def said(self) -> str:
        """What it said."""
        return self.stderr.getvalue()

    @property
    def lines(self) -> list[str]:
        """The samples that it wrote."""
        text = self.output.read_text("utf-8")
        return [line for line in text.splitlines() if not line.startswith("#")]


def keep(folder: Path, account: Account, ledger: Ledger) -> Path:
    """Write a state."""
    path = folder / "state.db"
    state = FileState(path)
    asyncio.run(state.commit(account.key, ledger))
    state.close()
    return path


def test_exposition_of_one_account(tmp_path: Path) -> None:
    """The final labels, HELP and TYPE without ``_total``, a 0 first, and the sum as well."""
    trial = Trial(tmp_path, provider("fake", hours(2)))
    assert trial.run() == 0
    at = int(NOW)
    end = 'job="proxies",instance="here:10190"}'
    account = f'proxy_provider_account_traffic_bytes_total{{provider="fake",account="a0",{end}'
    product = (
        'proxy_provider_product_traffic_bytes_total{provider="fake",account="a0",product="p",'
        f'plan="1",{end}'
    )
    rows = [(0, at - 7200), (10, at - 3600), (20, at)]
    assert trial.lines == [
        f"{name} {value} {when}" for name in (account, product) for value, when in rows
    ]


def test_last_words(tmp_path: Path) -> None:
    """Series, samples and span of each account, and what to type next."""
    trial = Trial(tmp_path, provider("fake", hours(20 * 24)))
    assert trial.run(end="4h") == 0
    assert trial.said == (
        "fake/a0: 2 series, 954 samples, 2026-10-31 12:00 UTC to 2026-11-20 08:00 UTC\n"
        "\n2 series, 954 samples.\n"
        "\nMake blocks of them, in the folder of Prometheus' --storage.tsdb.path:\n\n"
        "  promtool tsdb create-blocks-from openmetrics --max-block-duration=24h"
        f" {trial.output} DATA_DIR\n\n"
        "Prometheus sees them at its next reload of blocks, within a minute or so.\n"
        "It keeps 15 days unless --storage.tsdb.retention.time says more: this needs 21d.\n"
    )


def test_last_words_say_when_it_is_too_early(tmp_path: Path) -> None:
    """Blocks must not overlap what Prometheus still holds in memory: three hours."""
    trial = Trial(tmp_path, provider("fake", hours(2)))
    trial.run()
    assert "Make blocks of them after 2026-11-20 15:00 UTC, in" in trial.said
    assert "Not before: " in trial.said
    assert trial.said.endswith("It keeps 15 days unless --storage.tsdb.retention.time says more.\n")


def test_missing_labels_are_a_warning(tmp_path: Path) -> None:
    """The file is written, but it says which labels it lacks, and how to give them."""
    trial = Trial(tmp_path, provider("fake", hours(2)))
    assert trial.run(labels=()) == 0
    assert trial.said.startswith("warning: the series have no label job and no label instance. ")
    assert "give --label job=... --label instance=...\n" in trial.said
    assert trial.lines


def test_failing_account_does_not_harm_others(tmp_path: Path) -> None:
    """Its reason and what to do are said, nothing of it is written, and the exit code is 1."""
    trial = Trial(tmp_path, provider("bad", refused), provider("fake", hours(2)))
    assert trial.run() == 1
    assert (
        "bad/a0: FAILED: auth: GET /usage: not accepted\n"
        "  to do: check the account's key: the provider does not accept it\n"
    ) in trial.said
    assert "fake/a0: 2 series, 6 samples, " in trial.said
    assert not [line for line in trial.lines if "bad" in line]


def test_nothing_is_written_when_all_accounts_fail(tmp_path: Path) -> None:
    """An empty file would look like a success."""
    trial = Trial(tmp_path, provider("bad", refused))
    assert trial.run() == 1
    assert list(tmp_path.iterdir()) == []
    assert trial.said.endswith("\n0 series, 0 samples.\n")


def test_account_without_anything(tmp_path: Path) -> None:
    """No history is no failure, and neither is a provider that remembers nothing."""
    trial = Trial(tmp_path, provider("mute", None), provider("fake", hours(0)))
    assert trial.run() == 0
    assert "mute/a0: nothing: the provider keeps none\n" in trial.said
    assert "fake/a0: nothing: there is no history before the live counters\n" in trial.said
    assert trial.output.read_text("utf-8") == "# EOF\n"


def test_history_ends_at_the_birth_in_the_state(tmp_path: Path) -> None:
    """Without an end, the state tells it."""
    trial = Trial(tmp_path, provider("fake", hours(3)))
    born = NOW - 1.5 * HOUR
    scope = Scope(collector="usage", place=None, born=born, read_at=NOW)
    state = keep(tmp_path, trial.accounts[0], Ledger(born=born, scopes={"1": scope}))
    assert trial.run(end=None, storage=state) == 0
    assert {line.split()[-2:][0] for line in trial.lines} == {"0", "10", "15"}
    assert max(float(line.split()[-1]) for line in trial.lines) == born


def test_account_that_is_not_in_the_state(tmp_path: Path) -> None:
    """It fails with what to do, unless the end is given."""
    trial = Trial(tmp_path, provider("fake", hours(3)))
    other = make_account(trial.providers["fake"], "other")
    state = keep(tmp_path, other, Ledger(born=NOW))
    assert trial.run(end=None, storage=state) == 1
    assert "fake/a0: FAILED: it is not in the state" in trial.said
    assert trial.run(end="1h", storage=state) == 0


def test_history_is_asked_up_to_the_last_birth(tmp_path: Path) -> None:
    """What came later is live: it need not be asked for."""
    asked: list[TimeRange] = []

    async def history(_api: Api, _: Context, wanted: TimeRange) -> AsyncIterator[HistoryBucket]:
        asked.append(wanted)
        async for bucket in hours(1)(_api, _, wanted):
            yield bucket

    trial = Trial(tmp_path, provider("fake", history))
    scopes = {
        name: Scope(collector="usage", place=None, born=born, read_at=NOW)
        for name, born in (("1", NOW - DAY), ("2", NOW - HOUR), ("3", None))
    }
    state = keep(tmp_path, trial.accounts[0], Ledger(born=NOW - DAY, scopes=scopes))
    trial.run(since="30d", end=None, storage=state)
    assert asked == [TimeRange(NOW - 30 * DAY, NOW - HOUR)]


@pytest.mark.parametrize(
    ("skew", "ahead"), [(None, 0), (-5.0, 0), (-1.0, 0), (-0.5, 1000), (0.0, 1000), (61.2, 63_000)]
)
def test_clock_of_the_provider_may_be_ahead(skew: float | None, ahead: int) -> None:
    """Then the history is moved back: it must never reach into the live series."""
    assert _ahead(skew) == ahead


def test_wrong_use_and_missing_state_are_errors(tmp_path: Path) -> None:
    """They end the program before anything is asked or written."""
    trial = Trial(tmp_path, provider("fake", refused))
    with pytest.raises(UsageError):
        trial.run(end=None)
    with pytest.raises(StartError):
        trial.run(storage=tmp_path / "gone.db")
    assert (list(tmp_path.iterdir()), trial.said) == ([], "")


def test_progress_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    """Elsewhere there are the last words alone."""
    trial = Trial(tmp_path, provider("fake", hours(200)))
    trial.run()
    assert "\r" not in trial.said
    trial.stderr = Terminal()
    trial.run()
    assert "]  0/1" in trial.said
    assert "fake/a0: 101 buckets" in trial.said


def peak(trial: Trial) -> int:
    """Return the most memory that it takes."""
    tracemalloc.start()
    assert trial.run(step=240.0) == 0
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_holds_one_account_at_a_time(tmp_path: Path) -> None:
    """Ten accounts, of 20 days and 14,000 samples each, need hardly more than one."""
    memory = provider("fake", hours(20 * 24))
    peak(Trial(tmp_path, memory))
    one = peak(Trial(tmp_path, memory))
    assert peak(Trial(tmp_path, memory, accounts=10)) < 1.5 * one < 6_000_000


def test_errors_of_ours_are_the_only_ones_caught(tmp_path: Path) -> None:
    """A bug is not written off as an account that fails."""

    async def broken(_api: Api, _: Context, _wanted: TimeRange) -> AsyncIterator[HistoryBucket]:
        async for bucket in hours(1)(_api, _, _wanted):
            yield bucket
        raise KeyError("a bug")

    trial = Trial(tmp_path, provider("fake", broken))
    with pytest.raises(KeyError):
        trial.run()
    assert not issubclass(KeyError, PollError)
    assert list(tmp_path.iterdir()) == []
