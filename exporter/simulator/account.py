"""Accounts: what a customer has at each provider, and how it changes in time.

Frozen: renewals, cancellations, expiries and top-ups follow from the time that is asked about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from exporter.simulator.traffic import HOUR, Line

TERM_SECONDS = 30 * 24 * HOUR
_MB = 10**6


@dataclass(frozen=True, slots=True)
class Plan:
    """A Webshare plan: cancelled from its line's end on. *limit_gb* is of 2**30, 0 is unlimited."""

    line: Line
    limit_gb: float = 0.0
    proxy_type: str = "shared"
    proxy_subtype: str = "default"
    proxy_countries: Mapping[str, int] = field(default_factory=lambda: {"US": 60, "GB": 40})
    unallocated: Mapping[str, int] = field(default_factory=dict)
    monthly_price: float = 29.0
    refreshes_used: int = 1
    replacements_used: int = 3

    @property
    def proxy_count(self) -> int:
        """Count the proxies bought."""
        return sum(self.proxy_countries.values()) + sum(self.unallocated.values())


@dataclass(frozen=True, slots=True)
class Notification:
    """A notice by Webshare; open until *dismissed_at*, for ever if that is None."""

    id: int
    type: str
    created_at: float
    dismissed_at: float | None = None
    context: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class WebshareAccount:
    """A Webshare account.

    Its first term begins at *anchor*; *renewals* more follow, for ever if that is None.
    *utc_offset_hours* is the zone of the profile, in which timestamps are written.
    """

    provider: ClassVar[str] = "webshare"
    name: str
    key: str
    anchor: float
    plans: Sequence[Plan] = ()
    renewals: int | None = None
    term: str = "monthly"
    renewals_paid: int = 0
    free_credits: float = 0.0
    throttled: bool = False
    failed_payment_times: int = 0
    proxy_state: str = "active"
    notifications: Sequence[Notification] = ()
    utc_offset_hours: int = -7

    @property
    def lines(self) -> tuple[Line, ...]:
        """Give the lines of all plans."""
        return tuple(plan.line for plan in self.plans)

    def term_at(self, now: float) -> tuple[float, float]:
        """Tell start and end of the term that runs at *now*, or of the last one."""
        number = self._term_number(now)
        # Whole microseconds, as timestamps are written, so that what was read compares equal.
        start = round(self.anchor + number * TERM_SECONDS, 6)
        return start, round(start + TERM_SECONDS, 6)

    def renews_at(self, now: float) -> bool:
        """Tell whether another term follows the one at *now*."""
        return self.renewals is None or self._term_number(now) < self.renewals

    def _term_number(self, now: float) -> int:
        number = max(0, int((now - self.anchor) // TERM_SECONDS))
        return number if self.renewals is None else min(number, self.renewals)

    def plans_at(self, now: float) -> list[Plan]:
        """List the plans bought until *now*, cancelled ones too."""
        return [plan for plan in self.plans if plan.line.start <= now]

    def default_plan(self, now: float) -> Plan | None:
        """Pick the plan that is meant when none is named: the first active one, else the last."""
        plans = self.plans_at(now)
        active = [plan for plan in plans if plan.line.is_running(now)]
        return next(iter(active + plans[::-1]), None)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A WeProxies subscription. *limit_gb* is of 2**30.

    It expires at *valid_until*, or with its line; a line may end earlier, with traffic left over.
    """

    line: Line
    limit_gb: float
    name: str
    type: str = "residential"
    suspended: bool = False
    valid_until: float | None = None

    @property
    def expires_at(self) -> float | None:
        """Tell when it expires; never, if None."""
        return self.line.end if self.valid_until is None else self.valid_until

    def status_at(self, now: float) -> str:
        """Tell the status in the provider's words."""
        if now < self.line.start or (self.expires_at is not None and now >= self.expires_at):
            return "expired"
        return "suspended" if self.suspended else "active"


@dataclass(frozen=True, slots=True)
class WeProxiesAccount:
    """A WeProxies account; *key* is its API token."""

    provider: ClassVar[str] = "weproxies"
    name: str
    key: str
    subscriptions: Sequence[Subscription] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """Give the lines of all subscriptions."""
        return tuple(subscription.line for subscription in self.subscriptions)


@dataclass(frozen=True, slots=True)
class Purchase:
    """Traffic bought at Evomi, in MB of 10**6 bytes."""

    at: float
    traffic_mb: float


@dataclass(frozen=True, slots=True)
class Product:
    """An Evomi product; the line's id is its code in ``usage`` (``sdc``, not ``dcp``).

    Every *refill_seconds*, counted from the epoch, what was used by then is bought again.
    """

    line: Line
    purchases: Sequence[Purchase]
    refill_seconds: int | None = None

    def bought_mb(self, now: float) -> float:
        """Sum what was bought until *now*."""
        bought = sum(buy.traffic_mb for buy in self.purchases if buy.at <= now)
        if self.refill_seconds is None:
            return bought
        refilled_at = now // self.refill_seconds * self.refill_seconds
        return bought + self.line.usage(self.line.start, refilled_at).traffic_bytes / _MB


@dataclass(frozen=True, slots=True)
class StaticPackage:
    """Static residential addresses at Evomi, by country code, until *expires_at*."""

    expires_at: float
    countries: Mapping[str, int]
    bought_at: float = 0.0

    def is_held(self, now: float) -> bool:
        """Tell whether it was bought and has not expired."""
        return self.bought_at <= now < self.expires_at


@dataclass(frozen=True, slots=True)
class EvomiAccount:
    """An Evomi account.

    *cut_oldest*: the window of ``3d`` and ``7d`` begins at this time of day so many days ago, and
    its oldest bucket is cut; otherwise it begins at a midnight. The documentation allows both.
    """

    provider: ClassVar[str] = "evomi"
    name: str
    key: str
    products: Sequence[Product] = ()
    packages: Sequence[StaticPackage] = ()
    scope: str = "personal"
    cut_oldest: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        """Give the lines of all products."""
        return tuple(product.line for product in self.products)


Account = WebshareAccount | WeProxiesAccount | EvomiAccount
AnyAccount = TypeVar("AnyAccount", WebshareAccount, WeProxiesAccount, EvomiAccount)
