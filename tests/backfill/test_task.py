from pathlib import Path

import pytest

from exporter.backfill import Task
from exporter.backfill._task import Wanted, read_task
from exporter.config import Config
from exporter.errors import UsageError
from exporter.providers import TimeRange
from tests.clocks import WALL as NOW
from tests.fakes import make_account, make_provider

DAY = 86_400.0

NO_END = (
    "--end: is needed without --storage.path: give the exporter's state, or the time at which its"
    " counters began"
)

CONFIG = Config(
    accounts=(
        make_account(make_provider("webshare"), "main"),
        make_account(make_provider("evomi"), "main"),
    )
)


def wanted(
    *,
    accounts: tuple[str, ...] = (),
    since: str | None = None,
    end: str | None = "0",
    labels: tuple[str, ...] = (),
) -> Wanted:
    """Return what the flags mean, with a state."""
    task = Task(
        output=None,
        accounts=accounts,
        since=since,
        end=end,
        labels=labels,
        storage=Path("state.db"),
    )
    return read_task(task, CONFIG, now=NOW)


def mistakes(task: Task) -> tuple[str, ...]:
    """Return what is wrong with *task*."""
    with pytest.raises(UsageError) as caught:
        read_task(task, CONFIG, now=NOW)
    return caught.value.mistakes


def test_defaults_are_everything() -> None:
    """All accounts, from as far back as there is anything, up to now at most."""
    all_of_it = wanted(end=None)
    assert all_of_it.accounts == CONFIG.accounts
    assert all_of_it.span == TimeRange(0.0, NOW)
    assert (all_of_it.labels, all_of_it.is_bounded) == ((), False)


def test_accounts_are_named_by_provider_and_name() -> None:
    """In the order given, once each."""
    found = wanted(accounts=("evomi/main", "webshare/main", "evomi/main")).accounts
    assert [one.provider for one in found] == ["evomi", "webshare"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30d", NOW - 30 * DAY),
        ("1h30m", NOW - 5400),
        ("2026-11-01", NOW - 19.5 * DAY),
        ("2026-11-01T02:00:00+02:00", NOW - 19.5 * DAY),
        ("2026-11-01T00:00:00Z", NOW - 19.5 * DAY),
    ],
)
def test_moments_are_durations_or_dates(text: str, moment: float) -> None:
    """A duration goes back from now; a date without an offset is UTC."""
    assert wanted(since=text).span.start == moment
    found = wanted(end=text)
    assert (found.span.end, found.is_bounded) == (moment, True)


def test_end_is_now_at_most() -> None:
    """The future has no history."""
    assert wanted(end="2030-01-01").span.end == NOW


def test_labels_and_those_missing() -> None:
    """A value may hold anything; ``job`` and ``instance`` are missed."""
    found = wanted(labels=("job=a=b", "env=ä"))
    assert found.labels == (("job", "a=b"), ("env", "ä"))
    assert found.missing == ("instance",)
    assert wanted().missing == ("job", "instance")


def test_every_mistake_is_found_at_once() -> None:
    """One line for each flag, that says what to write."""
    task = Task(
        output=None,
        accounts=("webshare/mian", "xyz"),
        since="yesterday",
        labels=("job", "a b=c", "__x=1", "plan=7", "env=1", "env=2"),
    )
    assert mistakes(task) == (
        "--account: no account is called webshare/mian; did you mean webshare/main?",
        "--account: no account is called xyz: there are webshare/main, evomi/main",
        "--label job: write it as name=value",
        "--label a b: is no name for a label",
        "--label __x: is no name for a label",
        "--label plan: is set by the exporter itself",
        "--label env: is given twice",
        "--since: write a duration such as 30d, or a date such as 2026-11-01",
        NO_END,
    )


@pytest.mark.parametrize(("since", "end"), [("1d", "2d"), ("1d", "1d"), ("2030-01-01", "0")])
def test_begin_has_to_be_before_the_end(since: str, end: str) -> None:
    """Nothing would be written, which is no wish."""
    task = Task(output=None, since=since, end=end)
    assert mistakes(task) == ("--since: is not before --end, nor before now",)
