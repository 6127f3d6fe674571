"""What a provider states of usage, in the terms of the ledger.

A **scope** is what a provider is asked for: a plan, a subscription, a product, a list of countries.
A **window** is a span that it gives a total for. Ids of windows sort as text in the order of time.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from exporter.metrics import Family

Series = tuple[Family, tuple[str, ...]]
"""A family and the values of its labels."""

Place = tuple[str, str]
"""The labels ``product`` and ``plan``."""


class Reading(Struct, frozen=True, gc=False):
    """The total of one series in one window, in whole bytes or requests.

    *source* tells the keys of one family and scope apart: a country, a reason. Unlike the labels
    it never changes its name.
    """

    family: Family
    labels: tuple[str, ...]
    total: int
    source: tuple[str, ...] = ()


class WindowReading(Struct, frozen=True, gc=False):
    """One window of an answer.

    *start* is its begin in Unix seconds, None when unknown. A *partial* window shows less than it
    once did because the provider trims it: that is no correction.
    """

    id: str
    start: float | None
    readings: tuple[Reading, ...]
    partial: bool = False


class ScopeReading(Struct, frozen=True, kw_only=True, gc=False):
    """All that one answer says of one scope."""

    scope: str
    windows: tuple[WindowReading, ...]
    place: Place | None = None
    """Where corrections and gaps are shown; None when the scope repeats what others prove."""
    slack: float = 0.0
    """A window that began up to so many seconds before the scope's birth still counts from 0."""
    floor: str | None = None
    """Windows below this id are settled."""
    keep: int | None = None
    """So many of the newest windows are not settled; instead of *floor*."""
    covered: tuple[str, str] | None = None
    """The ids asked for, the second one excluded: a window missing between them holds nothing."""
    offered_since: float | None = None
    """The begin of the oldest span that this answer covers, in Unix seconds."""
    complete_until: float | None = None
    """Up to when usage is settled, in Unix seconds."""
    term: str | None = None
    """The id of the first window of the term whose sum is to be compared with the provider's."""


class WindowSpan(Struct, frozen=True, gc=False):
    """Windows from *since* up to *until*, itself excluded; None stands for all scopes."""

    scopes: frozenset[str] | None
    since: str = ""
    until: str = "~"


class StatedTotal(Struct, frozen=True, gc=False):
    """Traffic in bytes that the provider itself states for a span.

    Where it is not known which of several *spans* the provider means, the nearest one is meant.
    """

    part: str
    place: Place
    total: int
    spans: tuple[WindowSpan, ...]


class Statement(Struct, frozen=True, kw_only=True, gc=False):
    """What one poll says to the ledger."""

    at: float
    """When the provider said it, by the provider's own clock."""
    scopes: tuple[ScopeReading, ...] = ()
    failed: frozenset[str] = frozenset()
    """Scopes that were asked for in vain."""
    listed: Mapping[str, float | None] | None = None
    """The provider's complete list of plans with their ``created_at``; None when it gave none."""
    ended: frozenset[str] = frozenset()
    """Scopes that the provider lists as over."""
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Ids that belong to this account alone, by what they are ids of."""
    totals: tuple[StatedTotal, ...] = ()
