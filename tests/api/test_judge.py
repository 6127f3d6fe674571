import os
import time
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.api._judge import http_date, judge, map_errors, retry_after
from exporter.errors import (
    AuthError,
    DeadlineError,
    PayloadError,
    PollError,
    RateLimitError,
    Reason,
    RequestError,
    UnavailableError,
    UnsupportedError,
)
from tests.clocks import WALL

WHERE = "GET /usage"


def _judged(status: int, **headers: str) -> PollError:
    response = httpx.Response(status, headers=headers, content=b"canary")
    with pytest.raises(PollError) as caught:
        judge(response, WHERE, now=WALL)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (300, RequestError, "client_error"),
        (304, RequestError, "client_error"),
        (400, RequestError, "client_error"),
        (401, AuthError, "auth"),
        (402, RequestError, "client_error"),
        (403, UnsupportedError, "forbidden"),
        (404, UnsupportedError, "client_error"),
        (405, UnsupportedError, "client_error"),
        (406, RequestError, "client_error"),
        (408, DeadlineError, "timeout"),
        (409, RequestError, "client_error"),
        (410, RequestError, "client_error"),
        (418, RequestError, "client_error"),
        (422, RequestError, "client_error"),
        (429, RateLimitError, "rate_limited"),
        (451, RequestError, "client_error"),
        (499, RequestError, "client_error"),
        (500, UnavailableError, "server_error"),
        (501, UnavailableError, "server_error"),
        (502, UnavailableError, "server_error"),
        (503, UnavailableError, "server_error"),
        (504, UnavailableError, "server_error"),
        (505, UnavailableError, "server_error"),
        (520, UnavailableError, "server_error"),
        (599, UnavailableError, "server_error"),
    ],
)
def test_status_tells_what_to_do(status: int, kind: type[PollError], reason: str) -> None:
    """Each status is the error that a caller acts upon, under the reason it is counted by."""
    error = _judged(status)
    assert (type(error), error.reason, error.status) == (kind, Reason(reason), status)
    assert str(error) == f"{WHERE}: the provider answered {status}"


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_success_is_no_error(status: int) -> None:
    """What begins with a 2 is an answer."""
    judge(httpx.Response(status), WHERE, now=WALL)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("3600", 3600.0),
        ("3601", 3600.0),
        ("9" * 400, 3600.0),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90.0),
        ("Fri, 20 Nov 2026 12:01:30", 90.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2027 12:00:00 GMT", 3600.0),
        ("-7", None),
        ("7.5", None),
        ("soon", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after(status: int, text: str, seconds: float | None) -> None:
    """A pause comes in seconds or as a date, and lasts an hour at most; nonsense is none."""
    headers = [(b"retry-after", text.encode("latin-1"))]
    response = httpx.Response(status, headers=headers)
    assert retry_after(response, now=WALL) == seconds


@pytest.mark.parametrize(
    ("status", "seconds"), [(429, 7.0), (503, 7.0), (401, None), (404, None)], ids=str
)
def test_pause_is_for_those_who_ask_too_much(status: int, seconds: float | None) -> None:
    """Only a provider that is overloaded can ask for a pause."""
    assert _judged(status, **{"Retry-After": "7"}).retry_after == seconds


@pytest.fixture(name="_zone", params=["America/Los_Angeles", "Asia/Kolkata"])
def _in_a_zone(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = str(request.param)
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    "text",
    [
        "Fri, 20 Nov 2026 12:00:00 GMT",
        "Fri, 20 Nov 2026 13:00:00 +0100",
        "Fri, 20 Nov 2026 12:00:00 -0000",
        "Fri, 20 Nov 2026 12:00:00",
        "Friday, 20-Nov-26 12:00:00 GMT",
        "Fri Nov 20 12:00:00 2026",
    ],
)
def test_http_date_does_not_know_our_zone(text: str) -> None:
    """A date without a zone is UTC, wherever the exporter runs."""
    assert http_date(text) == WALL


@given(st.text() | st.text("0123456789:,+- FriNovGMT"))
@example("0 Nov 99999999999 12:00:00 GMT")
@example("Fri, 20 Nov 2026 12:00:00 +9999")
@example("Fri, 20 Nov 0000 12:00:00 GMT")
def test_http_date_of_anything(text: str) -> None:
    """Whatever stands in a header, it is a date or none."""
    assert isinstance(http_date(text), float | None)


def _kinds() -> list[type[Exception]]:
    values = (getattr(httpx, name) for name in httpx.__all__)
    return [one for one in values if isinstance(one, type) and issubclass(one, Exception)]


SPEECHLESS = (
    httpx.RequestNotRead,
    httpx.ResponseNotRead,
    httpx.StreamClosed,
    httpx.StreamConsumed,
)
"""Errors that have one text only."""


def _make(kind: type[Exception]) -> Exception:
    request = httpx.Request("GET", "https://canary.example/?key=canary")
    if issubclass(kind, httpx.HTTPStatusError):
        return kind("canary", request=request, response=httpx.Response(500))
    return kind() if kind in SPEECHLESS else kind("canary")


@pytest.mark.parametrize("kind", _kinds(), ids=lambda kind: kind.__name__)
def test_every_error_of_httpx_is_mapped(kind: type[Exception]) -> None:
    """Whatever httpx raises becomes one of ours, and its text stays inside."""
    with pytest.raises(PollError) as caught, map_errors(WHERE):
        raise _make(kind)
    told = str(caught.value).replace("no connection (canary)", "")
    assert "canary" not in told
    assert caught.value.reason is not Reason.INTERNAL


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (httpx.ReadTimeout(""), DeadlineError, "no whole answer in time"),
        (TimeoutError(), DeadlineError, "no whole answer in time"),
        (httpx.ConnectError(""), UnavailableError, "no connection"),
        (httpx.ConnectError("refused"), UnavailableError, "no connection (refused)"),
        (
            httpx.ReadError("x"),
            UnavailableError,
            "the connection broke before the answer was whole",
        ),
        (httpx.DecodingError("x"), PayloadError, "the answer breaks the HTTP protocol"),
        (httpx.InvalidURL("x"), PayloadError, "the answer breaks the HTTP protocol"),
    ],
)
def test_errors_of_the_connection(error: Exception, kind: type[PollError], message: str) -> None:
    """What broke is told apart by what to do about it, and keeps its cause."""
    with pytest.raises(kind) as caught, map_errors(WHERE):
        raise error
    assert str(caught.value) == f"{WHERE}: {message}"
    assert caught.value.__cause__ is error


def test_other_errors_pass() -> None:
    """A bug of ours is not taken for the provider's fault."""
    with pytest.raises(KeyError), map_errors(WHERE):
        raise KeyError
