"""Requests that are wrong, odd or huge: each has its answer, and nobody else hears of it."""

from collections.abc import Iterator

import pytest

from tests.attack.client import head, header, say, statuses
from tests.attack.stage import Stage, attacked

MIB = 2**20

CHUNKED = "Transfer-Encoding: chunked"

NOT_HTTP = (
    pytest.param(b"SSH-2.0-x\r\n\r\n", id="ssh"),
    pytest.param(bytes.fromhex("16030100a5010000a10303") + bytes(100), id="tls"),
    pytest.param(b"\r\n\r\n", id="empty-lines"),
    pytest.param(b"GET /metrics\r\n\r\n", id="http-0.9"),
    pytest.param(b"GET /metrics HTTP/1.1\r\n\r\n", id="no-host"),
    pytest.param(head("GET /metrics\rX HTTP/1.1"), id="carriage-return-in-the-path"),
    pytest.param(head("GET /metrics\nX: y HTTP/1.1"), id="line-feed-in-the-path"),
    pytest.param(head("GET /metrics HTTP/1.1", "X: a\0b"), id="nul-in-a-header"),
    pytest.param(head("GET /metrics HTTP/1.1", "X y"), id="header-without-colon"),
    pytest.param(head("GET /metrics HTTP/1.1", "Content-Length: -1"), id="negative-length"),
    pytest.param(
        head("GET /metrics HTTP/1.1", "Content-Length: 1", "Content-Length: 2"), id="two-lengths"
    ),
    pytest.param(
        head("POST /metrics HTTP/1.1", "Transfer-Encoding: gzip, chunked"), id="unknown-coding"
    ),
)
"""Requests that end with a 400."""

HUGE = (
    pytest.param(head(f"GET /{'a' * MIB} HTTP/1.1"), id="path"),
    pytest.param(head(f"{'A' * MIB} / HTTP/1.1"), id="method"),
    pytest.param(head("GET /metrics HTTP/1.1", f"X: {'y' * MIB}"), id="header"),
    pytest.param(head("GET /metrics HTTP/1.1", *["X: y"] * (MIB // 6)), id="many-headers"),
    pytest.param(b"\r\n" + b"a" * MIB, id="nothing"),
)
"""Heads of a mebibyte."""

PATHS = (
    "/nothing",
    "/metrics/",
    "//config",
    "/metrics/../config",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2fconfig",
    "/metrics%00",
    "/%ff%fe",
    "/x%0d%0aSet-Cookie:%20a=b",
    "/{{7*7}}",
    "http://elsewhere.example/metrics",
    "*",
)
"""Paths that lead nowhere."""


@pytest.fixture(scope="module", name="stage")
def _stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with attacked(tmp_path_factory.mktemp("requests")) as stage:
        yield stage


@pytest.fixture(autouse=True)
def _nobody_else_hears_of_it(stage: Stage) -> Iterator[None]:
    """After each test an ordinary scrape succeeds, and the log has nothing to say."""
    yield
    assert stage.scrape().values
    assert stage.lines() == []


@pytest.mark.parametrize("request_", NOT_HTTP)
def test_not_http(stage: Stage, request_: bytes) -> None:
    """What is not HTTP, or not clearly, is refused, and the server hangs up."""
    heard = say(stage.address, request_)
    assert statuses(heard) == [400]
    assert header(heard, "connection") == "close"


@pytest.mark.parametrize("request_", HUGE)
def test_huge_head(stage: Stage, request_: bytes) -> None:
    """A head without end is refused before its end; the refusal may be lost when we go on."""
    assert statuses(say(stage.address, request_)) in ([400], [])


@pytest.mark.parametrize("method", ["BREW", "POST", "DELETE", "OPTIONS", "TRACE", "get"])
def test_unknown_method(stage: Stage, method: str) -> None:
    """A method that the page does not know is refused, with those that it knows."""
    heard = say(stage.address, head(f"{method} /metrics HTTP/1.1"))
    assert statuses(heard) == [405]
    assert set((header(heard, "allow") or "").split(", ")) == {"GET", "HEAD"}


def test_connect_goes_nowhere(stage: Stage) -> None:
    """The exporter is no proxy."""
    assert statuses(say(stage.address, head("CONNECT provider.example:443 HTTP/1.1"))) == [404]


@pytest.mark.parametrize("method", ["GET", "HEAD", "BREW"])
@pytest.mark.parametrize("path", PATHS)
def test_path_that_leads_nowhere(stage: Stage, path: str, method: str) -> None:
    """Any other path is not found, whatever it tries, and nothing of it comes back."""
    heard = say(stage.address, head(f"{method} {path} HTTP/1.1"))
    assert statuses(heard) == [404]
    assert header(heard, "set-cookie") is None
    assert b"49" not in heard.partition(b"\r\n\r\n")[2]


def test_head_has_no_body(stage: Stage) -> None:
    """HEAD is answered with headers alone, also where the body is large."""
    heard = say(stage.address, head("HEAD /metrics HTTP/1.1"))
    assert statuses(heard) == [200]
    assert heard.endswith(b"\r\n\r\n")
    assert int(header(heard, "content-length") or 0) > 1000


@pytest.mark.parametrize("upgrade", ["websocket", "h2c", "TLS/1.0"])
def test_upgrade_is_not_taken(stage: Stage, upgrade: str) -> None:
    """A wish for another protocol is passed over."""
    request = head("GET /-/healthy HTTP/1.1", "Connection: upgrade, close", f"Upgrade: {upgrade}")
    assert statuses(say(stage.address, request)) == [200]


def test_preface_of_http_2(stage: Stage) -> None:
    """What HTTP/2 begins with is a request for nothing."""
    assert statuses(say(stage.address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))[0] == 404


def test_body_that_nobody_wants(stage: Stage) -> None:
    """A body of 64 MiB is no part of a scrape; the answer does not wait for it."""
    length = 64 * MIB
    request = head("POST /metrics HTTP/1.1", f"Content-Length: {length}")
    before = stage.scrape().values["process_resident_memory_bytes"]
    assert statuses(say(stage.address, request, bytes(length))) == [405]
    assert stage.scrape().values["process_resident_memory_bytes"] < before + 16 * MIB


@pytest.mark.parametrize("chunk", [b"ZZZ\r\n", b"-1\r\n", b"5\r\nabcdefg", b"1" * 100_000])
def test_broken_chunk_after_the_answer(stage: Stage, chunk: bytes) -> None:
    """A body that turns out to be none ends the connection; it was answered already."""
    request = f"POST /metrics HTTP/1.1\r\nHost: x\r\n{CHUNKED}\r\n\r\n"
    assert statuses(say(stage.address, request.encode(), chunk)) == [405]


def test_expectation(stage: Stage) -> None:
    """Who asks whether to send a body is told to go away."""
    request = head("POST /metrics HTTP/1.1", "Expect: 100-continue", "Content-Length: 5")
    assert statuses(say(stage.address, request)) == [405]


def test_pipelining(stage: Stage) -> None:
    """A hundred requests at once have a hundred answers, in order."""
    turns = ["/-/healthy", "/nothing"] * 50
    requests = (f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" for path in turns)
    last = head("GET /-/ready HTTP/1.1")
    heard = say(stage.address, "".join(requests).encode() + last)
    assert statuses(heard) == [200, 404] * 50 + [200]


def test_many_queries(stage: Stage) -> None:
    """Nothing is kept of a query: two thousand of them cost no memory."""
    before = stage.scrape().values["process_resident_memory_bytes"]
    for turn in range(20):
        queries = (
            f"GET /metrics?{turn}={one:0500} HTTP/1.1\r\nHost: x\r\n\r\n" for one in range(99)
        )
        last = head(f"GET /-/healthy?{turn} HTTP/1.1")
        assert statuses(say(stage.address, "".join(queries).encode() + last)) == [200] * 100
    assert stage.scrape().values["process_resident_memory_bytes"] < before + 16 * MIB


@pytest.mark.parametrize(
    "accept", ["a/b;q=0.1," * 1400, 'a/b;x="\\' * 1400, "," * 15_000, ";" * 15_000, "=" * 15_000]
)
@pytest.mark.parametrize("name", ["Accept", "Accept-Encoding"])
def test_odd_negotiation(stage: Stage, name: str, accept: str) -> None:
    """A header of many wishes is read in time, and whoever has none that we know gets text."""
    heard = say(stage.address, head("GET /metrics HTTP/1.1", f"{name}: {accept}"))
    assert statuses(heard) == [200]
    assert header(heard, "content-type") == "text/plain; version=0.0.4; charset=utf-8"
