import asyncio

import pytest

from exporter.errors import AuthError, PayloadError, PollError, RateLimitError
from exporter.ledger import Ledger
from exporter.providers import Context
from exporter.providers._provider import NoOptions, gather
from tests.fakes import Script, make_provider, report

PROVIDER = make_provider("fake", usage=Script(report()), extra=Script(report()))


def test_collector_by_name() -> None:
    """A provider knows its collectors by their names."""
    assert PROVIDER.collector("extra") is PROVIDER.collectors[1]


def test_collector_that_there_is_not() -> None:
    """Another name is an error."""
    with pytest.raises(KeyError):
        PROVIDER.collector("other")


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


@pytest.mark.parametrize("error", [AuthError("", ""), RateLimitError("", ""), KeyError()], ids=repr)
def test_gather_ends_at_what_concerns_the_account(error: Exception) -> None:
    """A refused key, a limit and a bug of ours end all jobs, and come as themselves."""
    with pytest.raises(type(error)) as caught:
        _gather(a=1, b=error, c=error)
    assert caught.value is error


def test_gather_of_nothing() -> None:
    """No jobs have no answers."""
    assert _gather() == ({}, {})
