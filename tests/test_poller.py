import asyncio
import gc
import logging
import weakref
from typing import cast

import httpx
import pytest
import respx

from exporter.api import Api
from exporter.errors import (
    AuthError,
    DeadlineError,
    IdentityError,
    PayloadError,
    PollError,
    RateLimitError,
    Reason,
    RequestError,
    UnavailableError,
    UnsupportedError,
)
from exporter.metrics import Sample, usage
from exporter.providers import Context, Report
from exporter.snapshot import Snapshot
from exporter.store import Store
from tests.clocks import WALL, Jumping
from tests.fakes import BASE, Script, failing, gauges, report, shown
from tests.stage import FIRST, FORBIDDEN, PAYLOAD, Stage, poll_usage


class Answer:
    """Something that cannot be read."""

    def read(self) -> Report:
        """Fail."""
        raise ValueError


def test_collector_is_there_before_its_first_poll() -> None:
    """A poller that is made shows that it waits, and its account is not up."""
    stage = Stage(usage=Script(FIRST))
    assert stage.pollers["usage"].snapshot.polls == 0
    assert stage.up() == 0


def test_success() -> None:
    """After an answer the account is up, and gauges and times are those of the poll."""
    stage = Stage(usage=Script(FIRST))
    (snapshot,) = stage.polls("usage")
    assert (stage.up(), snapshot.success, snapshot.last_success) == (1, True, WALL + 60)
    assert {name: part.at for name, part in snapshot.parts.items()} == {"rest": 1060, "bad": 1060}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AuthError("", ""), "auth"),
        (FORBIDDEN, "forbidden"),
        (UnsupportedError("", "", status=404), "client_error"),
        (RateLimitError("", ""), "rate_limited"),
        (DeadlineError("", ""), "timeout"),
        (UnavailableError("", ""), "connection"),
        (UnavailableError("", "", reason=Reason.SERVER_ERROR), "server_error"),
        (RequestError("", ""), "client_error"),
        (PAYLOAD, "payload"),
        (IdentityError("", ""), "identity"),
        (ZeroDivisionError(), "internal"),
        (RecursionError(), "internal"),
        (ExceptionGroup("", [KeyError()]), "internal"),
    ],
)
def test_failure_of_a_required_collector(error: Exception, reason: str) -> None:
    """Each failure is counted by its reason, brings the account down, and keeps what is shown."""
    stage = Stage(usage=Script(FIRST, error))
    before, after = stage.polls("usage", "usage")
    assert after.failures == {**dict.fromkeys(Reason, 0), Reason(reason): 1}
    assert (stage.up(), after.success, after.polls) == (0, False, 2)
    assert (after.parts, after.last_success) == (before.parts, before.last_success)


@pytest.mark.parametrize("error", [FORBIDDEN, UnsupportedError("", "", status=405)], ids=repr)
def test_optional_collector_that_is_not_for_this_account(error: PollError) -> None:
    """Such a collector is not supported: no failure is counted, and the account stays up."""
    stage = Stage(usage=Script(FIRST), extra=Script(error))
    _, extra = stage.polls("usage", "extra")
    assert (extra.supported, sum(extra.failures.values()), stage.up()) == (False, 0, 1)


def test_failure_holds_no_answer() -> None:
    """Of a failed poll the error stays, and what was being read goes: it may be large."""
    answers: weakref.WeakSet[Answer] = weakref.WeakSet()

    async def fail(_api: Api, _context: Context) -> Report:
        answer = Answer()
        answers.add(answer)
        try:
            return answer.read()
        except ValueError as error:
            raise PayloadError("GET /usage", "no") from error

    (snapshot,) = poll_usage(fail)
    gc.collect()
    assert isinstance(snapshot.error, PayloadError)
    assert not answers


def test_failure_of_an_optional_collector() -> None:
    """A failed optional collector counts, and leaves its account up."""
    stage = Stage(usage=Script(FIRST), extra=Script(PAYLOAD))
    _, extra = stage.polls("usage", "extra")
    assert (extra.failures[Reason.PAYLOAD], stage.up()) == (1, 1)


def test_part_that_fails_keeps_its_samples_and_its_age() -> None:
    """A failed part is as old as it is, and fails the poll; the others are new."""
    before, after = poll_usage(FIRST, failing(PAYLOAD, rest=gauges(5.0)))
    assert after.parts["bad"] is before.parts["bad"]
    assert (after.parts["rest"].at, after.parts["bad"].at) == (1120, 1060)
    assert (after.success, after.failures[Reason.PAYLOAD]) == (False, 1)


def test_requests_are_counted() -> None:
    """The requests of all polls are counted by what they were answered with."""

    async def ask(api: Api, _context: Context) -> Report:
        await api.get("/a", dict)
        return FIRST

    stage = Stage(usage=Script(ask))
    with respx.mock(base_url=BASE) as router:
        answers = (httpx.Response(200, json={}), *[httpx.Response(500)] * 3)
        router.get("/a").mock(side_effect=(*answers, httpx.ReadError(""), httpx.Response(404)))
        *_, snapshot = stage.polls("usage", "usage", "usage")
    assert snapshot.requests == {"200": 1, "500": 3, "error": 1, "404": 1}


def test_poll_says_how_long_it_took() -> None:
    """The duration is that of the poll, by the monotonic clock."""
    clock = Jumping()

    async def slow(_api: Api, _context: Context) -> Report:
        await clock.sleep(7.0)
        return FIRST

    assert Stage(clock, usage=Script(slow)).polls("usage")[0].duration == 7.0


@pytest.mark.parametrize(("max_series", "fits"), [(4, True), (3, False)])
def test_max_series(max_series: int, fits: bool) -> None:  # noqa: FBT001 - a column of the table
    """A poll that takes its account over max_series fails whole, and the ledger does not move."""
    stage = Stage(usage=Script(report(100)), max_series=max_series)
    (snapshot,) = stage.polls("usage")
    assert (snapshot.success, snapshot.series) == (fits, 4 if fits else 0)
    assert snapshot.failures[Reason.PAYLOAD] == (0 if fits else 1)
    assert len(stage.state.commits) == (1 if fits else 0)


def test_max_series_is_the_accounts() -> None:
    """What other collectors and failed parts show takes room; what is replaced does not."""
    stage = Stage(
        usage=Script(FIRST, FIRST, failing(PAYLOAD, rest=gauges(1.0, 2.0))),
        extra=Script(report(rest=gauges(1.0)), report(rest=gauges(1.0, 2.0))),
        max_series=4,
    )
    *others, usage, extra = stage.polls("usage", "extra", "usage", "usage", "extra")
    assert [one.success for one in others] == [True, True, True]
    assert [str(one.error).partition(":")[0] for one in (usage, extra)] == ["usage", "extra"]


def test_max_series_holds_for_polls_that_end_together() -> None:
    """Two collectors that would fit one at a time do not both get the last place."""
    usage, extra = (report(number, scope=str(number)) for number in (1, 2))
    stage = Stage(usage=Script(usage), extra=Script(extra), max_series=7)

    async def play() -> None:
        await asyncio.gather(*(poller.poll() for poller in stage.pollers.values()))

    asyncio.run(play())
    assert sum(one.series for one in stage.store.all()) == 4


def test_failed_commit_is_no_failed_poll() -> None:
    """While the disk fails, gauges are new, counters stay; later they catch up."""
    totals = [report(total, rest=gauges(total)) for total in (100, 150, 170)]
    stage = Stage(usage=Script(*totals))
    stage.polls("usage")
    stage.state.broken = True
    (kept,) = stage.polls("usage")
    stage.state.broken = False
    (caught_up,) = stage.polls("usage")
    assert (kept.success, kept.parts["rest"].samples.values[0]) == (True, 150)
    assert [shown(one.counters.samples) for one in (kept, caught_up)] == [{"1": 0}, {"1": 70}]


def test_bug_of_ours_in_the_outcome(caplog: pytest.LogCaptureFixture) -> None:
    """An outcome that cannot be counted is a failed poll like any other, and no end."""
    caplog.set_level(logging.WARNING, "exporter")
    wrong = PayloadError("", "", reason=cast("Reason", "moon"))
    stage = Stage(usage=Script(FIRST, wrong, FIRST))
    _, failed, after = stage.polls("usage", "usage", "usage")
    assert (failed.failures[Reason.INTERNAL], failed.success, failed.polls) == (1, False, 2)
    assert (after.success, after.polls) == (True, 3)
    assert caplog.messages == ["poll crashed"]


def test_bug_of_ours_in_what_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """An answer that cannot be rendered is a failed poll, and what was shown before stays."""
    caplog.set_level(logging.WARNING, "exporter")
    crooked = report(rest=(Sample(usage.PRODUCT_TRAFFIC_BYTES_TOTAL, (), 1.0),))
    stage = Stage(usage=Script(FIRST, crooked, FIRST))
    before, failed, after = stage.polls("usage", "usage", "usage")
    assert (failed.failures[Reason.INTERNAL], failed.polls) == (1, 2)
    assert failed.parts == before.parts
    assert (after.success, after.polls) == (True, 3)
    assert caplog.messages == ["poll crashed"]


class _Broken(Store):
    """A store that can take nothing at all, some of the times."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = 0

    def put(self, snapshot: Snapshot) -> None:
        """Refuse *snapshot*, or publish it."""
        if self.refusals:
            self.refusals -= 1
            raise LookupError
        super().put(snapshot)


def test_nothing_can_be_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Where not even the failure can be shown, the next poll goes on from what was."""
    caplog.set_level(logging.WARNING, "exporter")
    store = _Broken()
    stage = Stage(usage=Script(FIRST, FIRST, FIRST), store=store)
    stage.polls("usage")
    store.refusals = 2
    kept, after = stage.polls("usage", "usage")
    assert (kept.success, kept.polls) == (True, 1)
    assert (after.success, after.polls) == (True, 2)
    assert set(caplog.messages) == {"poll crashed"}
