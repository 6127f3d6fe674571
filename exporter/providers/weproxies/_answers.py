"""WeProxies' answers, as far as we use them. Credentials are never decoded."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, field

from exporter.api import Api
from exporter.errors import PayloadError
from exporter.providers._answers import MOST, Amount, Nothing, Rows, Text, given, unix
from exporter.providers._units import GIB

T = TypeVar("T")

Gigabytes = Annotated[float, Meta(ge=0, le=MOST / GIB)]

Id = Text | int
"""Documented as text; a number would do as well."""


def unix_of(text: str | UnsetType | None) -> float | None:
    """Return *text* in Unix seconds; None when it is not said, empty, or no ISO 8601."""
    try:
        return unix(datetime.fromisoformat(text)) if text else None
    except ValueError:
        return None


class Pagination(Struct, frozen=True):
    """Where in a list a page is."""

    page: int | None = None
    total_pages: int | None = None


class Envelope(Struct, Generic[T], frozen=True):
    """What every answer comes in."""

    data: T | UnsetType | None = UNSET
    success: bool | None = None
    pagination: Pagination | Nothing = None


def unwrap(envelope: Envelope[T], where: str) -> T:
    """Return what is in *envelope*.

    Raises: PayloadError when the provider says that this is no answer, or says nothing.
    """
    if envelope.success is False:
        raise PayloadError(where, "the provider says success: false")
    if envelope.data is None or envelope.data is UNSET:
        raise PayloadError(f"{where} $.data", "the answer has no data")
    return envelope.data


def rows(envelope: Envelope[list[T]], where: str) -> list[T]:
    """Return what is listed in *envelope*; an account without any may have null there.

    Raises: PayloadError when the provider says that this is no answer.
    """
    return [] if envelope.success and envelope.data is None else unwrap(envelope, where)


async def ask(
    api: Api, path: str, kind: type[Envelope[T]], params: Mapping[str, str | int] | None = None
) -> T:
    """GET *path* and return what is in its envelope, a *kind*.

    Raises: PollError.
    """
    return unwrap(await api.get(path, kind, params), f"GET {path}")


class Period(Struct, frozen=True):
    """The span that a summary is about."""

    start: str | None = None
    end: str | None = None


class Total(Struct, frozen=True):
    """The account's own total."""

    bytes_used: Amount | None = None
    requests: Amount | None = None
    success_rate: float | None = None
    """Percent."""


class SubscriptionUsage(Struct, frozen=True):
    """What one subscription used."""

    subscription_id: Id
    product_name: Text | None = None
    bytes_used: Amount | None = None
    requests: Amount | None = None

    @property
    def product(self) -> str:
        """The ``product`` label."""
        return self.product_name or ""

    @property
    def plan(self) -> str:
        """The ``plan`` label."""
        return str(self.subscription_id)


class Summary(Struct, frozen=True):
    """``GET /api/v1/usage``."""

    period: Period | Nothing = None
    total: Total | Nothing = None
    by_subscription: Annotated[tuple[SubscriptionUsage, ...], Rows] | UnsetType | None = UNSET


class CountryUsage(Struct, frozen=True):
    """What was used in one country; the summary's list calls it ``country``."""

    country_code: str | None = None
    country: str | None = None
    requests: Amount | None = None
    traffic_bytes: Amount | None = field(name="bytes", default=None)


class Countries(Struct, frozen=True):
    """``GET /api/v1/usage/by-country``."""

    countries: Annotated[tuple[CountryUsage, ...], Rows] | UnsetType | None = UNSET


class Point(Struct, frozen=True):
    """What was used in the hour that begins at *timestamp*."""

    timestamp: datetime
    requests: Amount | None = None
    traffic_bytes: Amount | None = field(name="bytes", default=None)


class History(Struct, frozen=True):
    """``GET /api/v1/usage/history``."""

    granularity: str | None = None
    data_points: Annotated[tuple[Point, ...], Rows] | None = None


class Minute(Struct, frozen=True):
    """A minute that is still filling."""

    requests: Amount | None = None
    traffic_bytes: Amount | None = field(name="bytes", default=None)
    active_sessions: Amount | None = None


class Hour(Struct, frozen=True):
    """A sliding hour."""

    requests: Amount | None = None
    traffic_bytes: Amount | None = field(name="bytes", default=None)
    avg_response_time_ms: Amount | None = None


class Connections(Struct, frozen=True):
    """Open connections."""

    total: Amount | None = None
    by_country: Annotated[dict[str, Amount | None], Rows] | Nothing = None


class Realtime(Struct, frozen=True):
    """``GET /api/v1/usage/realtime``."""

    timestamp: str | UnsetType | None = UNSET
    current_minute: Minute | UnsetType | Nothing = UNSET
    last_hour: Hour | UnsetType | Nothing = UNSET
    active_connections: Connections | UnsetType | Nothing = UNSET


class Product(Struct, frozen=True):
    """What a subscription is of."""

    name: Text | None = None


class Subscription(Struct, frozen=True):
    """One row of ``GET /api/v1/subscriptions``, whose credentials we leave out."""

    id: Id
    product: Product | Nothing = None
    status: str | None = None
    traffic_limit_gb: Gigabytes | UnsetType | None = UNSET
    """0 and null are no limit; a missing key says nothing of it."""
    traffic_used_gb: Gigabytes | None = None
    traffic_remaining_gb: Gigabytes | None = None
    expires_at: str | None = None
    created_at: str | None = None

    @property
    def plan(self) -> str:
        """The ``plan`` label."""
        return str(self.id)

    @property
    def product_name(self) -> str:
        """The ``product`` label."""
        product = given(self.product)
        return (product and product.name) or ""


Subscriptions = Annotated[list[Subscription], Rows]
"""One page of them."""
