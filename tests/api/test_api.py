import asyncio
import gc
from collections import Counter
from collections.abc import Callable

import httpx
import pytest
import respx
import tenacity

from exporter.api import Clock
from exporter.api._api import MAX_PAGES
from exporter.errors import (
    DeadlineError,
    PayloadError,
    PollError,
    RateLimitError,
    UnavailableError,
)
from tests.api.clients import Plans, api, opened
from tests.clocks import WALL, Jumping

BASE = "https://api.example"


def _get(*answers: httpx.Response | Exception, within: float = 5.0) -> tuple[Plans, Counter[str]]:
    codes: Counter[str] = Counter()

    async def ask() -> Plans:
        async with opened(BASE) as client, respx.mock:
            respx.get("/plans").mock(side_effect=answers)
            return await api(client, within=within, codes=codes).get("/plans", Plans, {"n": 1})

    return asyncio.run(ask()), codes


def test_get_returns_a_typed_answer() -> None:
    """An answer comes as what was asked for."""
    plans, codes = _get(httpx.Response(200, json={"results": [{"used_gb": "1.5"}]}))
    assert plans.results[0].used_gb == 1.5
    assert codes == {"200": 1}


def test_request_leaves_no_garbage() -> None:
    """What a request was retried by is gone with it, without a collection."""
    gc.disable()
    try:
        before = _retrying()
        _get(httpx.Response(200, json={}))
        assert _retrying() == before
    finally:
        gc.enable()


def _retrying() -> set[int]:
    """Return what retries, or did: other tests cancel some, and may have frozen that."""
    return {id(one) for one in gc.get_objects() if isinstance(one, tenacity.AsyncRetrying)}


def test_now_is_that_of_the_client() -> None:
    """A collector asks its API for the time."""

    async def ask() -> float:
        async with opened(BASE, clock=Jumping().clock()) as client:
            return api(client).now

    assert asyncio.run(ask()) == WALL


def test_params_are_sent() -> None:
    """Parameters go into the query, escaped; none leave no trace."""

    async def ask() -> list[str]:
        async with opened(BASE) as client, respx.mock:
            route = respx.get().mock(return_value=httpx.Response(200, json={}))
            await api(client).get("/a", Plans)
            await api(client).get("/a", Plans, {"at": "12:00+01", "n": 2})
            return [str(call.request.url) for call in route.calls]

    assert asyncio.run(ask()) == [f"{BASE}/a", f"{BASE}/a?at=12%3A00%2B01&n=2"]


FAULTS: dict[str, httpx.Response | Exception] = {
    "500": httpx.Response(500),
    "502": httpx.Response(502),
    "503": httpx.Response(503),
    "error": httpx.ConnectError("refused"),
}


@pytest.mark.parametrize("code", FAULTS)
def test_faults_are_tried_three_times(code: str) -> None:
    """A connection that breaks and a fault of the provider get two more tries."""
    codes: Counter[str] = Counter()

    async def ask() -> None:
        async with opened(BASE) as client, respx.mock:
            respx.get("/a").mock(side_effect=[FAULTS[code]] * 4)
            await api(client, codes=codes).get("/a", Plans)

    with pytest.raises(UnavailableError):
        asyncio.run(ask())
    assert codes == {code: 3}


@pytest.mark.parametrize("code", FAULTS)
def test_third_try_may_succeed(code: str) -> None:
    """A fault that passes within the poll is none."""
    _, codes = _get(FAULTS[code], FAULTS[code], httpx.Response(200, json={}))
    assert codes == {code: 2, "200": 1}


@pytest.mark.parametrize(
    "answer",
    [
        *(httpx.Response(status) for status in (400, 401, 403, 404, 405, 408, 422, 429)),
        httpx.Response(503, headers={"Retry-After": "0"}),
        httpx.Response(200, text="<html>"),
        httpx.ReadTimeout("slow"),
    ],
    ids=repr,
)
def test_all_else_is_tried_once(answer: httpx.Response | Exception) -> None:
    """What another try would not change is not asked again."""
    codes: Counter[str] = Counter()

    async def ask() -> None:
        async with opened(BASE) as client, respx.mock:
            respx.get("/a").mock(side_effect=[answer] * 2)
            await api(client, codes=codes).get("/a", Plans)

    with pytest.raises(PollError):
        asyncio.run(ask())
    assert codes.total() == 1


def test_tries_are_apart() -> None:
    """Before another try there is a pause, which is random and short."""
    jumping = Jumping()

    async def ask() -> None:
        async with opened(BASE, clock=jumping.clock()) as client, respx.mock:
            respx.get("/a").mock(return_value=httpx.Response(500))
            await api(client).get("/a", Plans)

    with pytest.raises(UnavailableError):
        asyncio.run(ask())
    assert len(jumping.naps) == 2
    assert all(0 <= nap <= 5 for nap in jumping.naps)


@pytest.mark.parametrize("held_up_by", ["the answer", "the tries", "the spacing"])
def test_deadline_ends_everything(held_up_by: str) -> None:
    """Whatever takes too long, the poll's deadline ends it."""

    async def hang(_seconds: float) -> None:
        await asyncio.Event().wait()

    async def answer(_request: httpx.Request) -> httpx.Response:
        if held_up_by == "the answer":
            await asyncio.Event().wait()
        return httpx.Response(500 if held_up_by == "the tries" else 200, json={})

    async def ask() -> None:
        spacing = {"": 1.0} if held_up_by == "the spacing" else {}
        async with opened(BASE, clock=Clock(sleep=hang), spacing=spacing) as client, respx.mock:
            respx.get("/a").mock(side_effect=answer)
            poll = api(client, within=0.05)
            for _ in range(2):
                await poll.get("/a", Plans)

    with pytest.raises(DeadlineError, match="GET /a: no whole answer before the poll's deadline"):
        asyncio.run(ask())


Following = Callable[[Plans], str | dict[str, int] | None]


def _pages(*bodies: object, following: Following) -> tuple[list[Plans], list[str]]:
    async def ask() -> tuple[list[Plans], list[str]]:
        async with opened(f"{BASE}/v1") as client, respx.mock:
            answers = [httpx.Response(200, json=body) for body in bodies]
            route = respx.get().mock(side_effect=answers)
            pages = api(client).pages("/plans", Plans, following=following, params={"size": 9})
            found = [page async for page in pages]
            return found, [str(call.request.url) for call in route.calls]

    return asyncio.run(ask())


def _link(page: Plans) -> str | None:
    return page.next


@pytest.mark.parametrize(
    "link",
    [
        f"{BASE}/v1/plans?page=2",
        "/v1/plans?page=2",
        "?page=2",
        "https://api.example:443/v1/plans?page=2",
    ],
)
def test_pages_by_link(link: str) -> None:
    """A link to the next page is followed, absolute or relative."""
    pages, urls = _pages({"next": link}, {}, following=_link)
    assert len(pages) == 2
    assert urls == [f"{BASE}/v1/plans?size=9", f"{BASE}/v1/plans?page=2"]


def test_pages_by_number() -> None:
    """Parameters for the next page are added to the first ones."""
    numbers = iter([{"page": 2}, {"page": 3}, None])
    _, urls = _pages({}, {}, {}, following=lambda _page: next(numbers))
    assert urls == [f"{BASE}/v1/plans?size=9{more}" for more in ("", "&page=2", "&page=3")]


@pytest.mark.parametrize(
    ("links", "message"),
    [
        pytest.param(["http://api.example/v1/plans?page=2"], "another origin", id="scheme"),
        pytest.param(["https://evil.example/canary"], "another origin", id="host"),
        pytest.param(["//evil.example/canary"], "another origin", id="relative-host"),
        pytest.param(["https://api.example:8443/canary"], "another origin", id="port"),
        pytest.param(["javascript:canary"], "another origin", id="no-http"),
        pytest.param(["?size=9"], "does not end", id="repeats"),
        pytest.param(["?page=2", "?page=3", "?page=2"], "does not end", id="turns-back"),
        pytest.param(["http://[canary"], "another origin", id="broken"),
        pytest.param(["https://canary\u00ad.example"], "is no URL", id="no-name"),
        pytest.param(["?canary=\x00"], "is no URL", id="not-printable"),
        pytest.param(["/" + "canary" * 20_000], "is no URL", id="too-long"),
        pytest.param(["//xn--/canary"], "is no URL", id="no-punycode"),
        pytest.param([":https://&]canary"], "is no URL", id="no-address"),
    ],
)
def test_pages_that_lead_astray(links: list[str], message: str) -> None:
    """A page that comes again, or a link that leaves the origin or is none, fails the poll."""
    with pytest.raises(PayloadError, match=message) as caught:
        _pages(*({"next": link} for link in links), following=_link)
    assert "canary" not in str(caught.value)


def test_pages_without_end() -> None:
    """A list of pages that are always new is left at a bound."""
    bodies = [{"next": f"?page={number}"} for number in range(MAX_PAGES + 1)]
    with pytest.raises(PayloadError, match="the list of pages does not end"):
        _pages(*bodies, following=_link)


def test_pages_may_have_a_bound_of_their_own() -> None:
    """So many pages are read as are allowed, and the last one may be the last."""
    bodies = [{"next": f"?page={number}"} for number in range(MAX_PAGES - 1)]
    pages, _ = _pages(*bodies, {}, following=_link)
    assert len(pages) == MAX_PAGES


def test_pages_raise_what_a_request_raises() -> None:
    """An error on a later page fails the list."""

    async def ask() -> None:
        async with opened(BASE) as client, respx.mock:
            first = httpx.Response(200, json={"next": "?page=2"})
            respx.get().mock(side_effect=[first, httpx.Response(429)])
            async for _ in api(client).pages("/plans", Plans, following=_link):
                pass

    with pytest.raises(RateLimitError):
        asyncio.run(ask())
