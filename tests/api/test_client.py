import asyncio
from email.utils import formatdate

import httpx
import pytest
import respx

from exporter import __version__
from exporter.api import Client
from exporter.errors import (
    AuthError,
    PayloadError,
    PollError,
    RateLimitError,
    RequestError,
    UnsupportedError,
)
from exporter.secret import Credential, Secret
from tests.api.clients import KEY, Plans, api, opened
from tests.clocks import WALL, Jumping, settle
from tests.sockets import answer, serve

BASE = "https://api.example"


def _ask(
    *answers: httpx.Response,
    base_url: str = BASE,
    jumping: Jumping | None = None,
    credential: Credential | None = None,
    spacing: dict[str, float] | None = None,
    paths: tuple[str, ...] = ("/plans",),
) -> tuple[list[respx.models.Call], list[PollError], Client]:
    """Ask for *paths* one after the other; return the calls, the errors and the client."""
    clock = (jumping or Jumping()).clock()

    async def ask() -> tuple[list[respx.models.Call], list[PollError], Client]:
        errors = []
        with respx.mock(assert_all_called=False) as router:
            router.get().mock(side_effect=answers or [httpx.Response(200, json={})] * len(paths))
            async with opened(
                base_url, clock=clock, credential=credential, spacing=spacing
            ) as client:
                for path in paths:
                    try:
                        await api(client).get(path, Plans)
                    except PollError as error:
                        errors.append(error)
            return list(router.calls), errors, client

    return asyncio.run(ask())


def test_a_request_is_signed_and_named() -> None:
    """A request has the credential, our name and version, and asks for JSON in gzip alone."""
    (call,), _, _ = _ask()
    assert call.request.headers["authorization"] == f"Bearer {KEY}"
    assert call.request.headers["user-agent"] == f"proxy-provider-exporter/{__version__}"
    assert call.request.headers["accept"] == "application/json"
    assert call.request.headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "base_url",
    ["https://api.example/base", "https://api.example/base/", "https://api.example//base"],
)
def test_base_url_may_have_a_path(base_url: str) -> None:
    """Paths go below that of the base URL, with or without a slash at its end."""
    (call,), _, _ = _ask(base_url=base_url)
    assert str(call.request.url) == f"{base_url.rstrip('/')}/plans"


def test_no_cookie_is_ever_sent_back() -> None:
    """A provider that sets cookies gets none: accounts are known by their key alone."""
    cookie = answer(b"{}", "Set-Cookie: canary=1; Path=/; Max-Age=9999")

    async def ask() -> list[str]:
        async with serve(cookie) as origin, opened(origin.url) as client:
            for _ in range(2):
                await api(client).get("/plans", Plans)
            return origin.requests

    assert not any("cookie" in request.lower() for request in asyncio.run(ask()))


@pytest.mark.parametrize("key", ["", "clé", "two\nlines", "a\x00b"], ids=ascii)
def test_a_credential_that_no_header_can_carry(key: str) -> None:
    """Such a credential is refused as the provider would, without a request."""
    calls, (error,), _ = _ask(credential=Credential(Secret(key)))
    assert isinstance(error, AuthError)
    assert calls == []
    assert not key or key not in str(error)


def test_now_is_ours_before_the_first_answer() -> None:
    """As long as the provider has said nothing, the time is our own."""

    async def ask() -> tuple[float, float | None]:
        async with opened(BASE, clock=Jumping().clock()) as client:
            return client.time.now, client.time.skew

    assert asyncio.run(ask()) == (WALL, None)


@pytest.mark.parametrize("status", [200, 404, 500])
def test_now_is_the_providers(status: int) -> None:
    """Any answer's date sets the time, which our monotonic clock counts on from there."""
    jumping = Jumping()
    date = {"Date": formatdate(WALL + 1_800, usegmt=True)}
    _, _, client = _ask(*[httpx.Response(status, headers=date, json={})] * 3, jumping=jumping)
    jumping.now += 7
    assert client.time.now == WALL + 1_800 + 7


def test_skew_is_how_far_the_providers_clock_is_ahead() -> None:
    """The provider's clock is compared with ours."""
    date = {"Date": formatdate(WALL + 60, usegmt=True)}
    _, _, client = _ask(httpx.Response(200, headers=date, json={}))
    assert client.time.skew == 60


def test_now_survives_a_date_that_is_none() -> None:
    """A broken date changes nothing."""
    dates = ({"Date": formatdate(WALL + 60, usegmt=True)}, {"Date": "yesterday"})
    answers = [httpx.Response(200, headers=date, json={}) for date in dates]
    _, _, client = _ask(*answers, paths=("/plans", "/plans"))
    assert client.time.now == WALL + 60


@pytest.mark.parametrize(
    ("spacing", "paths", "naps"),
    [
        pytest.param({}, ("/a", "/a"), [], id="none"),
        pytest.param({"/b": 9.0}, ("/a", "/a"), [], id="of-another-path"),
        pytest.param({"": 2.0}, ("/a", "/b", "/c"), [2.0, 2.0], id="of-all"),
        pytest.param({"": 2.0, "/b": 5.0}, ("/b", "/b/c", "/b"), [5.0, 5.0], id="longest-counts"),
        pytest.param({"": 2.0, "/b": 5.0}, ("/a", "/b", "/a"), [2.0], id="each-its-own"),
    ],
)
@pytest.mark.parametrize("base_url", [BASE, f"{BASE}/base"])
def test_spacing(
    base_url: str, spacing: dict[str, float], paths: tuple[str, ...], naps: list[float]
) -> None:
    """Two requests under one limit keep their distance, whatever the base URL's path."""
    jumping = Jumping()
    _ask(base_url=base_url, jumping=jumping, spacing=spacing, paths=paths)
    assert jumping.naps == naps


def test_spacing_is_over_after_a_while() -> None:
    """A request that comes late enough does not wait."""
    jumping = Jumping()

    async def ask() -> None:
        async with opened(BASE, clock=jumping.clock(), spacing={"": 2.0}) as client:
            with respx.mock:
                respx.get().mock(return_value=httpx.Response(200, json={}))
                for _ in range(2):
                    await api(client).get("/a", Plans)
                    jumping.now += 2.0

    asyncio.run(ask())
    assert jumping.naps == []


def test_two_requests_at_a_time() -> None:
    """A third request of an account waits until one of two is answered."""
    opens = asyncio.Event()
    under_way: list[httpx.Request] = []

    async def wait(request: httpx.Request) -> httpx.Response:
        under_way.append(request)
        await opens.wait()
        return httpx.Response(200, json={})

    async def ask() -> tuple[int, int]:
        async with opened(BASE) as client, respx.mock:
            respx.get().mock(side_effect=wait)
            tasks = [asyncio.create_task(api(client).get("/a", Plans)) for _ in range(5)]
            await settle()
            before = len(under_way)
            opens.set()
            await asyncio.gather(*tasks)
            return before, len(under_way)

    assert asyncio.run(ask()) == (2, 5)


def _busy(status: int, pause: str) -> httpx.Response:
    return httpx.Response(status, headers={"Retry-After": pause})


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30.0), ("99999", 3600.0), (formatdate(WALL + 90, usegmt=True), 90.0)],
    ids=["seconds", "too-long", "date"],
)
def test_retry_after_is_obeyed(status: int, text: str, seconds: float) -> None:
    """For as long as the provider asks, an hour at most, nothing is sent; then it is."""
    jumping = Jumping()
    calls, errors, client = _ask(_busy(status, text), jumping=jumping, paths=("/a", "/a"))
    assert (len(calls), client.pause) == (1, seconds)
    assert [error.retry_after for error in errors] == [seconds, seconds]
    assert {error.reason for error in errors} == {errors[0].reason}
    assert "not sent" in str(errors[1])
    jumping.now += seconds
    assert client.pause == 0.0


def test_retry_after_is_a_date_of_the_providers_clock() -> None:
    """A date is compared with the provider's own time: a wrong clock here does no harm."""
    dates = {
        "Date": formatdate(WALL + 86_400, usegmt=True),
        "Retry-After": formatdate(WALL + 86_490, usegmt=True),
    }
    _, _, client = _ask(httpx.Response(429, headers=dates))
    assert client.pause == 90.0


def test_pause_goes_on_after_another_error() -> None:
    """An answer to a request that was under way does not end the pause of another."""

    async def ask() -> float:
        opens = asyncio.Event()

        async def late(_request: httpx.Request) -> httpx.Response:
            await opens.wait()
            return httpx.Response(404)

        async with opened(BASE, clock=Jumping().clock()) as client, respx.mock:
            respx.get("/late").mock(side_effect=late)
            respx.get("/busy").mock(return_value=_busy(429, "30"))
            under_way = asyncio.create_task(api(client).get("/late", Plans))
            await settle()
            with pytest.raises(RateLimitError):
                await api(client).get("/busy", Plans)
            opens.set()
            with pytest.raises(UnsupportedError):
                await under_way
            return client.pause

    assert asyncio.run(ask()) == 30.0


def test_new_key_is_the_next_polls() -> None:
    """A poll that is under way goes on with the credential that it began with."""

    async def ask() -> list[str]:
        async with opened(BASE, credential=Credential(Secret("old"))) as client:
            with respx.mock:
                route = respx.get().mock(return_value=httpx.Response(200, json={}))
                poll = api(client)
                await poll.get("/a", Plans)
                client.credential = Credential(Secret("new"))
                await poll.get("/a", Plans)
                await api(client).get("/a", Plans)
            return [call.request.headers["authorization"] for call in route.calls]

    assert asyncio.run(ask()) == ["Bearer old", "Bearer old", "Bearer new"]


@pytest.mark.parametrize(
    ("to", "home"),
    [
        ("https://api.example:443/x", True),
        ("https://API.example/x", True),
        ("/x", True),
        ("http://api.example/x", False),
        ("https://api.example:8443/x", False),
        ("https://api.example.evil.example/x", False),
        ("https://api.example@evil.example/x", False),
    ],
)
def test_home_is_the_origin(to: str, home: bool) -> None:  # noqa: FBT001 - a column of the table
    """Scheme, host and port decide where the credential may go."""
    answers = (httpx.Response(302, headers={"Location": to}), httpx.Response(200, json={}))
    calls, errors, _ = _ask(*answers)
    assert len(calls) == (2 if home else 1)
    assert [type(error) for error in errors] == ([] if home else [RequestError])


@pytest.mark.parametrize("to", ["//xn--/canary", ":https://&]canary"])
def test_redirect_to_no_address(to: str) -> None:
    """A redirect to what is no URL is a wrong answer, which is not repeated."""
    _, (error,), _ = _ask(httpx.Response(302, headers={"Location": to}))
    assert isinstance(error, PayloadError)
    assert str(error).endswith("what is to follow is no URL")
