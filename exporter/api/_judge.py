"""What a response or a failed exchange means: the one place where httpx's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

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

MAX_RETRY_AFTER = 3600.0
"""Seconds. A provider that asks for more is asked again after an hour."""

_CLIENT_ERRORS: dict[int, type[PollError]] = {
    HTTPStatus.UNAUTHORIZED: AuthError,
    HTTPStatus.FORBIDDEN: UnsupportedError,
    HTTPStatus.NOT_FOUND: UnsupportedError,
    HTTPStatus.METHOD_NOT_ALLOWED: UnsupportedError,
    HTTPStatus.REQUEST_TIMEOUT: DeadlineError,
}


_MAY_WAIT = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
"""Whose ``Retry-After`` is obeyed; any other fault is tried again at once."""


@contextmanager
def map_errors(where: str) -> Iterator[None]:
    """Turn every error that httpx raises within into one of ours, without its text."""
    try:
        yield
    except (httpx.TimeoutException, TimeoutError) as error:
        raise DeadlineError(where, "no whole answer in time") from error
    except httpx.TransportError as error:
        raise UnavailableError(where, _no_connection(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict) as error:
        raise PayloadError(where, "the answer breaks the HTTP protocol") from error


def _no_connection(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({error})" if str(error) else "no connection"
    return "the connection broke before the answer was whole"


def judge(response: httpx.Response, where: str, *, now: float) -> None:
    """Raise the error that the status of *response* stands for, if it stands for one.

    *now* is the wall clock's time, for a ``Retry-After`` that is a date.
    """
    status = response.status_code
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    what = f"the provider answered {status}"
    wait = retry_after(response, now=now) if status in _MAY_WAIT else None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise UnavailableError(
            where, what, reason=Reason.SERVER_ERROR, status=status, retry_after=wait
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimitError(where, what, status=status, retry_after=wait)
    reason = Reason.FORBIDDEN if status == HTTPStatus.FORBIDDEN else None
    raise _CLIENT_ERRORS.get(status, RequestError)(where, what, reason=reason, status=status)


def retry_after(response: httpx.Response, *, now: float) -> float | None:
    """Return how many seconds the provider wants to be left alone; None when it does not say."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return min(float(text), MAX_RETRY_AFTER)
    at = http_date(text)
    return None if at is None else min(max(0.0, at - now), MAX_RETRY_AFTER)


def follow(url: httpx.URL, step: str, where: str) -> httpx.URL:
    """Return where *step* leads from *url*. Raises: PayloadError when that is no URL."""
    try:
        return _checked(url.join(step))
    except (httpx.InvalidURL, ValueError):
        raise PayloadError(where, "what is to follow is no URL") from None


def is_url(text: str) -> bool:
    """Tell whether *text* is a URL that can be asked."""
    try:
        _checked(httpx.URL(text))
    except (httpx.InvalidURL, ValueError):
        return False
    return True


def _checked(url: httpx.URL) -> httpx.URL:
    _ = url.host  # not looked at before
    return url


def http_date(text: str) -> float | None:
    """Return an HTTP date in Unix seconds; None when *text* is none. One without a zone is UTC."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
