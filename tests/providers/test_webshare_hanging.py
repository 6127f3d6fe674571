"""Plans whose statistics never come."""

import asyncio

import httpx
import pytest

from exporter.errors import DeadlineError
from tests.providers.webshare_api import DOCUMENTED, Answers, Webshare, content, plans

HOURS, SUMS = "/api/v2/stats/", "/api/v2/stats/aggregate/"

LIVELY = {"1", "4", "5"}


HANGING = {"2", "3"}


def webshare(paths: set[str]) -> Webshare:
    """Return one with five plans, of which two are not answered at *paths*."""

    async def answer(request: httpx.Request) -> object:
        if request.url.path in paths and request.url.params["plan_id"] in HANGING:
            await asyncio.sleep(0.1)
            raise httpx.ReadTimeout("silence")
        await asyncio.sleep(0.001)
        return [] if request.url.path == HOURS else content("aggregate.json")

    answers: Answers = {
        **DOCUMENTED,
        "/api/v2/subscription/plan/": plans(*((number, "active") for number in range(1, 6))),
        HOURS: answer,
        SUMS: answer,
    }
    return Webshare(answers)


@pytest.mark.parametrize("paths", [{HOURS}, {SUMS}, {HOURS, SUMS}], ids=["hours", "sums", "both"])
def test_plans_that_hang_harm_no_other(paths: set[str]) -> None:
    """All of the others' statistics are there; of one that hangs no more is asked for."""
    provider = webshare(paths)
    report = provider.poll("usage")
    vain = [params["plan_id"] for path, params in provider.asked if path in paths]
    assert sorted(plan for plan in vain if plan in HANGING) == ["2", "3"]
    assert {part.partition(" ")[0] for part in report.failures} == HANGING
    assert {type(error) for error in report.failures.values()} == {DeadlineError}
    told = {part for part in report.parts if part.partition(" ")[0] in LIVELY}
    kinds = ("used", "whole", "settled")
    assert told == {*LIVELY, *(f"{plan} {kind}" for plan in LIVELY for kind in kinds)}
    assert report.statement is not None
    assert {scope.scope for scope in report.statement.scopes} >= LIVELY
