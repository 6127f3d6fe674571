"""What answers of several providers have in common."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Annotated, TypeVar

from msgspec import Meta, UnsetType

T = TypeVar("T")

MOST = 2**53
"""Bytes or requests: above it a float is not exact, and no account is so large."""

Amount = Annotated[float, Meta(ge=0, le=MOST)]
"""Bytes, requests, dollars: never negative."""

Text = Annotated[str, Meta(max_length=200)]
"""What becomes a label: a provider must not fill our memory, nor Prometheus'."""

Rows = Meta(max_length=10_000)
"""Of a list: no account has more, and reading more would hold up all polls."""

Nothing = Annotated[list[object], Meta(max_length=0)] | None
"""What may stand where an object is usual: ``[]`` is PHP's way to write an empty one.

Not ``tuple[()]``: in a union with a bounded number that crashes the process (msgspec 0.22).
"""


def given(value: T | Nothing | UnsetType) -> T | None:
    """Return *value*, None when the provider wrote an empty list in its place, or nothing."""
    return None if isinstance(value, list | UnsetType) else value


def unix(at: datetime | None) -> float | None:
    """Return *at* in Unix seconds; one without an offset is in UTC.

    None when it is not said, or so far off that no calendar could hold it in every zone.
    """
    if at is None or not MINYEAR < at.year < MAXYEAR:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
