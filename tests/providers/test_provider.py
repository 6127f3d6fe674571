import asyncio
from functools import partial

import pytest

from exporter.api._body import decode
from exporter.errors import AmountError, AuthError, PayloadError, PollError, RateLimitError
from exporter.ledger import Ledger
from exporter.providers import Context
from exporter.providers._provider import NoOptions, gather
from exporter.providers.webshare._answers import Aggregate
from tests.fakes import Script, make_provider, report

PROVIDER = make_provider("fake", usage=Script(report()), extra=Script(report()))


def test_options_are_typed() -> None:
    """A collector gets its options as the type that its provider declares."""
    options = NoOptions()
    assert Context(0.0, options, Ledger()).options_as(NoOptions) is options


def test_options_of_another_type() -> None:
    """Options of another type are a bug of ours, which says so."""
    with pytest.raises(TypeError, match="options are NoneType, not NoOptions"):
        Context(0.0, None, Ledger()).options_as(NoOptions)


def _gather(**outcomes: int | Exception) -> tuple[dict[str, int], dict[str, PollError]]:
    async def job(outcome: int | Exception) -> int:
        await asyncio.sleep(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    jobs = {name: lambda outcome=outcome: job(outcome) for name, outcome in outcomes.items()}
    return asyncio.run(gather(jobs))


def test_gather_keeps_the_order() -> None:
    """Answers come in the order of the jobs, whichever ends first."""
    answers, failures = _gather(b=2, a=1)
    assert (list(answers.items()), failures) == ([("b", 2), ("a", 1)], {})


def test_gather_tells_failures_apart() -> None:
    """A job that fails does not harm the others."""
    error = PayloadError("GET /", "no")
    assert _gather(a=1, b=error) == ({"a": 1}, {"b": error})


@pytest.mark.parametrize(
    "error", [AuthError("", ""), RateLimitError("", ""), AmountError("", ""), KeyError()], ids=repr
)
def test_gather_ends_at_what_concerns_the_poll(error: Exception) -> None:
    """A refused key, a limit, a negative amount and a bug of ours end all jobs as themselves."""
    with pytest.raises(type(error)) as caught:
        _gather(a=1, b=error, c=error)
    assert caught.value is error


def test_gather_runs_two_at_a_time() -> None:
    """A job begins when one of two is done, so that those begun have the time to end."""
    running: set[str] = set()
    most = 0

    async def job(name: str) -> str:
        nonlocal most
        running.add(name)
        most = max(most, len(running))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.remove(name)
        return name

    names = "abcde"
    answers, _ = asyncio.run(gather({name: partial(job, name) for name in names}))
    assert list(answers) == list(names)
    assert most == 2


def test_gather_goes_on_after_a_failure() -> None:
    """A job that failed leaves its turn to the next."""
    error = PayloadError("GET /", "no")
    answers, failures = _gather(a=error, b=error, c=3, d=error, e=5)
    assert answers == {"c": 3, "e": 5}
    assert list(failures) == ["a", "b", "d"]


def test_gather_of_nothing() -> None:
    """No jobs have no answers."""
    assert _gather() == ({}, {})


@pytest.mark.parametrize(
    "body",
    [
        b'{"error_reasons": [{"reason": "%s", "count": 1}]}' % (b"x" * 201),
        b'{"protocols_used": {"%s": 1}}' % (b"x" * 201),
    ],
    ids=["text", "key"],
)
def test_label_that_is_too_long(body: bytes) -> None:
    """A provider cannot make a label of any length; the message does not hold it."""
    with pytest.raises(PayloadError, match="length <= 200") as caught:
        decode(body, Aggregate, "GET /")
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize("turns", range(8))
def test_gather_ends_when_it_is_told_to(turns: int) -> None:
    """A poll that is ended while a job of it fails is ended, at whichever moment that is."""

    async def play() -> bool:
        failing = asyncio.Event()

        async def refuse() -> None:
            await failing.wait()
            raise AuthError("GET /", "no")

        task = asyncio.create_task(gather({"a": refuse, "b": asyncio.Event().wait}))
        await asyncio.sleep(0.0)
        failing.set()
        for _ in range(turns):
            await asyncio.sleep(0.0)
        was_running = task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return was_running == task.cancelled()

    assert asyncio.run(play())
