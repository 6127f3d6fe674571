"""The client over real sockets, against servers that misbehave."""

import asyncio
import gzip
import zlib
from collections import Counter

import pytest

from exporter.api._body import MAX_BYTES
from exporter.errors import (
    DeadlineError,
    PayloadError,
    PollError,
    RateLimitError,
    Reason,
    RequestError,
    UnavailableError,
)
from tests.api.clients import KEY, Plans, api, opened
from tests.sockets import (
    Behaviour,
    answer,
    closed_port,
    for_ever,
    head,
    say,
    serve,
    then_hang,
    then_reset,
)

OK = answer(b'{"results": [{"used_gb": 1}]}')
CHUNKED = head("Transfer-Encoding: chunked")
BOMB = gzip.compress(bytes(4 * MAX_BYTES), 1)


async def _failure(
    base_url: str, *, within: float = 5.0, silence: float = 5.0
) -> tuple[PollError, Counter[str]]:
    codes: Counter[str] = Counter()
    async with opened(base_url, silence=silence) as client:
        with pytest.raises(PollError) as caught:
            await api(client, within=within, codes=codes).get("/plans", Plans, {"q": "canary"})
    return caught.value, codes


async def _fails(behaviour: Behaviour, **bounds: float) -> tuple[PollError, Counter[str], int]:
    async with serve(behaviour) as origin:
        error, codes = await _failure(origin.url, **bounds)
        return error, codes, len(origin.requests)


@pytest.mark.parametrize(
    ("behaviour", "bounds", "kind", "reason", "tries"),
    [
        pytest.param(then_hang(), {"silence": 0.05}, DeadlineError, "timeout", 1, id="hangs"),
        pytest.param(
            then_hang(head("Content-Length: 9") + b"x"),
            {"silence": 0.05},
            DeadlineError,
            "timeout",
            1,
            id="hangs-in-the-body",
        ),
        pytest.param(
            for_ever(head(), b" ", pause=0.01),
            {"within": 0.1},
            DeadlineError,
            "timeout",
            1,
            id="trickles",
        ),
        pytest.param(
            for_ever(b"HTTP/1.1 200 OK\r\nX: ", b"x", pause=0.01),
            {"within": 0.1},
            DeadlineError,
            "timeout",
            1,
            id="trickles-its-head",
        ),
        pytest.param(
            for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.001),
            {"within": 0.1},
            DeadlineError,
            "timeout",
            1,
            id="continues-for-ever",
        ),
        pytest.param(then_reset(), {}, UnavailableError, "connection", 3, id="resets"),
        pytest.param(
            then_reset(head("Content-Length: 9") + b"x"),
            {},
            UnavailableError,
            "connection",
            3,
            id="resets-in-the-body",
        ),
        pytest.param(say(), {}, UnavailableError, "connection", 3, id="hangs-up"),
        pytest.param(
            say(head("Content-Length: 9") + b"{}"),
            {},
            UnavailableError,
            "connection",
            3,
            id="hangs-up-in-the-body",
        ),
        pytest.param(say(b"SSH-2.0-x\r\n"), {}, UnavailableError, "connection", 3, id="no-http"),
        pytest.param(
            say(head("X: " + "x" * 2**20)),
            {},
            UnavailableError,
            "connection",
            3,
            id="header-of-1-mb",
        ),
        pytest.param(
            for_ever(head(), b" " * 2**16), {}, PayloadError, "payload", 1, id="never-ends"
        ),
        pytest.param(
            for_ever(CHUNKED, b"10000\r\n" + b" " * 2**16 + b"\r\n"),
            {},
            PayloadError,
            "payload",
            1,
            id="never-ends-in-chunks",
        ),
        pytest.param(
            answer(BOMB, "Content-Encoding: gzip"), {}, PayloadError, "payload", 1, id="gzip-bomb"
        ),
        pytest.param(
            answer(b"x" * 99, "Content-Encoding: gzip"),
            {},
            PayloadError,
            "payload",
            1,
            id="no-gzip",
        ),
        pytest.param(
            answer(gzip.compress(b"{}")[:-4], "Content-Encoding: gzip"),
            {},
            PayloadError,
            "payload",
            1,
            id="gzip-cut",
        ),
        pytest.param(
            answer(zlib.compress(b"{}"), "Content-Encoding: deflate"),
            {},
            PayloadError,
            "payload",
            1,
            id="deflate",
        ),
        pytest.param(answer(b""), {}, PayloadError, "payload", 1, id="empty"),
    ],
)
def test_what_a_server_can_do_to_us(
    behaviour: Behaviour, bounds: dict[str, float], kind: type[PollError], reason: str, tries: int
) -> None:
    """Each misbehaviour ends soon, in an error of ours that shows neither key nor query."""
    error, codes, requests = asyncio.run(_fails(behaviour, **bounds))
    assert (type(error), error.reason) == (kind, Reason(reason))
    assert requests == codes.total() == tries
    assert "canary" not in str(error)
    assert KEY not in str(error)


def test_connection_refused() -> None:
    """A port that nobody listens on is tried three times."""
    error, codes = asyncio.run(_failure(f"http://127.0.0.1:{closed_port()}"))
    assert isinstance(error, UnavailableError)
    assert (error.reason, codes) == (Reason.CONNECTION, {"error": 3})


def test_host_that_does_not_exist() -> None:
    """A name that nobody knows is told in the system's own words, which a user can act upon."""
    error, codes = asyncio.run(_failure("http://canary-host.invalid"))
    assert (error.reason, codes) == (Reason.CONNECTION, {"error": 3})
    assert str(error).startswith("GET /plans: no connection (")


def test_no_tls_where_it_is_expected() -> None:
    """A server that does not speak TLS is no connection."""

    async def ask() -> PollError:
        async with serve(answer()) as origin:
            error, _ = await _failure(origin.url.replace("http:", "https:"))
            return error

    assert asyncio.run(ask()).reason is Reason.CONNECTION


@pytest.mark.parametrize("first", [then_reset(), answer(status="502 Bad Gateway")], ids=str)
def test_a_fault_that_passes_is_none(first: Behaviour) -> None:
    """When a later try succeeds, the poll does, and each request is counted."""

    async def ask() -> tuple[Plans, Counter[str]]:
        codes: Counter[str] = Counter()
        async with serve(first, first, OK) as origin, opened(origin.url) as client:
            return await api(client, codes=codes).get("/plans", Plans), codes

    plans, codes = asyncio.run(ask())
    assert plans.results[0].used_gb == 1
    assert (codes["200"], codes.total()) == (1, 3)


def _redirect(to: str, status: str = "302 Found") -> Behaviour:
    return answer(b"", f"Location: {to}", status=status)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temp", "308 Perm"])
def test_redirect_to_the_same_origin_is_followed(status: str) -> None:
    """A redirect at home is followed, with the credential."""

    async def ask() -> list[str]:
        async with serve(_redirect("/new?x=1", status), OK) as origin:
            async with opened(origin.url) as client:
                await api(client).get("/plans", Plans)
            return origin.requests

    first, second = asyncio.run(ask())
    assert first.startswith("GET /plans HTTP/1.1\r\n")
    assert second.startswith("GET /new?x=1 HTTP/1.1\r\n")
    assert f"Authorization: Bearer {KEY}\r\n" in second


def test_redirect_to_another_origin_is_refused() -> None:
    """The credential does not travel: the other server is not even asked."""

    async def ask() -> tuple[PollError, list[str]]:
        async with serve(OK) as other, serve(_redirect(f"{other.url}/plans")) as origin:
            error, _ = await _failure(origin.url)
            return error, other.requests

    error, requests = asyncio.run(ask())
    assert isinstance(error, RequestError)
    assert (error.reason, requests) == (Reason.CLIENT_ERROR, [])


@pytest.mark.parametrize("to", ["//127.0.0.2/", "https://127.0.0.1/", "ftp://x/"])
def test_redirect_to_somewhere_else_is_refused(to: str) -> None:
    """Another host and another scheme are not followed."""
    error, _, requests = asyncio.run(_fails(_redirect(to)))
    assert (error.reason, requests) == (Reason.CLIENT_ERROR, 1)


@pytest.mark.parametrize(
    "to", ["javascript:canary", "http://[", "/\x7fcanary", "http://canary\xad/"]
)
def test_redirect_to_nowhere_is_refused(to: str) -> None:
    """What is no address is no bug of ours, and is not shown."""
    error, _, _ = asyncio.run(_fails(_redirect(to)))
    assert error.reason in {Reason.CLIENT_ERROR, Reason.PAYLOAD, Reason.CONNECTION}
    assert "canary" not in str(error)


def test_redirects_without_end() -> None:
    """A provider that redirects a thousand times is left after five."""
    error, codes, requests = asyncio.run(_fails(_redirect("/plans")))
    assert isinstance(error, RequestError)
    assert (codes, requests) == ({"302": 6}, 6)


def test_nothing_is_sent_while_a_pause_lasts() -> None:
    """After a Retry-After, requests fail without being sent, and count as none."""

    async def ask() -> tuple[list[str], Counter[str]]:
        codes: Counter[str] = Counter()
        busy = answer(b"", "Retry-After: 60", status="429 Too Many Requests")
        async with serve(busy) as origin, opened(origin.url) as client:
            for _ in range(3):
                with pytest.raises(RateLimitError):
                    await api(client, codes=codes).get("/plans", Plans)
            return origin.requests, codes

    requests, codes = asyncio.run(ask())
    assert (len(requests), codes) == (1, {"429": 1})
