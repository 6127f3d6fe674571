"""A plan whose statistics never come."""

import asyncio

import httpx
import pytest

from exporter.errors import DeadlineError
from tests.providers.webshare_api import DOCUMENTED, Answers, Webshare, content, plans

HOURS, SUMS = "/api/v2/stats/", "/api/v2/stats/aggregate/"

LIVELY = {"1", "3", "4"}


@pytest.mark.parametrize("hanging", [{HOURS}, {SUMS}, {HOURS, SUMS}], ids=["hours", "sums", "both"])
def test_plan_that_hangs_harms_no_other(hanging: set[str]) -> None:
    """All of the others' statistics are there when the deadline is over."""

    async def answer(request: httpx.Request) -> object:
        hangs = request.url.path in hanging and request.url.params["plan_id"] == "2"
        await asyncio.sleep(60 if hangs else 0.001)
        return [] if request.url.path == HOURS else content("aggregate.json")

    listed = plans(*((number, "active") for number in (1, 2, 3, 4)))
    answers: Answers = {
        **DOCUMENTED,
        "/api/v2/subscription/plan/": listed,
        HOURS: answer,
        SUMS: answer,
    }
    report = Webshare(answers, within=3.0).poll("usage")
    plans_told = {part.partition(" ")[0] for part in report.failures}
    assert plans_told == {"2"}
    assert {type(error) for error in report.failures.values()} == {DeadlineError}
    parts = {part for part in report.parts if part.partition(" ")[0] in LIVELY}
    kinds = ("used", "whole", "settled")
    assert parts == {*LIVELY, *(f"{plan} {kind}" for plan in LIVELY for kind in kinds)}
    assert report.statement is not None
    assert {scope.scope for scope in report.statement.scopes} >= LIVELY
