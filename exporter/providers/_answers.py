"""What answers of several providers have in common."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from msgspec import Meta

T = TypeVar("T")

Text = Annotated[str, Meta(max_length=200)]
"""What becomes a label: a provider must not fill our memory, nor Prometheus'."""

Nothing = Annotated[list[object], Meta(max_length=0)] | None
"""What may stand where an object is usual: ``[]`` is PHP's way to write an empty one.

Not ``tuple[()]``: in a union with a bounded number that crashes the process (msgspec 0.22).
"""


def given(value: T | Nothing) -> T | None:
    """Return *value*, None when the provider wrote an empty list in its place."""
    return None if isinstance(value, list) else value


def unix(time: datetime) -> float:
    """Return *time* in Unix seconds; one without an offset is UTC."""
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
