"""When to poll next: pure functions of time."""

import math
import random
import zlib
from collections.abc import Callable
from http import HTTPStatus

from exporter.errors import AuthError, PollError, RateLimitError, UnavailableError

AUTH_CEILING = 900.0
"""Seconds: a key that is refused is tried again about so often, or on every turn."""

LOAD_CEILING = 3600.0
"""Seconds: the longest back-off for a provider that is overloaded."""

RATE_LIMIT_FLOOR = 60.0
"""Seconds: Webshare asks for a minute's silence after a 429 (its API reference)."""

_STEP = 0.1
"""Seconds between the places in an interval. Polls that begin together, rather than some
milliseconds apart, take a fifth less CPU: the processor's caches still hold what they need."""

_REACHED = 1e-6
"""Of an interval: above what rounding and the event loop's timers make of a turn."""


def offset(account: tuple[str, str], interval: float) -> float:
    """Return where in the interval an account polls, so that accounts do not move in step."""
    place = zlib.crc32("/".join(account).encode()) / 2**32 * interval
    return place // _STEP * _STEP


def next_turn(now: float, interval: float, start: float) -> float:
    """Return the first moment after *now* of those that lie *interval* apart from *start* on.

    One that is as good as reached is over: a sleep may end a moment before its time.
    """
    return start + (math.floor((now - start) / interval + _REACHED) + 1) * interval


def back_off(
    error: PollError | None,
    *,
    failures: int,
    interval: float,
    jitter: Callable[[], float] = random.random,
) -> float:
    """Return for how many seconds no turn counts after *failures* polls in a row ended in *error*.

    Only a provider that refuses the key or is overloaded is spared; 0 otherwise.
    """
    if error is None:
        return 0.0
    if error.retry_after is not None:
        return error.retry_after
    doubled = interval * 2.0 ** min(failures - 1, 30)
    if isinstance(error, AuthError):
        return min(doubled, max(0.0, AUTH_CEILING - interval))  # the next turn may be one off
    if isinstance(error, RateLimitError):
        return max(RATE_LIMIT_FLOOR, min(doubled, LOAD_CEILING)) * (1 + jitter() / 4)
    if isinstance(error, UnavailableError) and error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return min(doubled, LOAD_CEILING) * (1 + jitter() / 4)
    return 0.0
