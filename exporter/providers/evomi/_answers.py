"""Evomi's answers, as far as we use them. Passwords are never decoded."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from exporter.api import Api
from exporter.errors import PayloadError
from exporter.providers._answers import MOST, Nothing, Rows, Text
from exporter.providers._units import MB

Megabytes = Annotated[float, Meta(ge=0, le=MOST / MB)]

CODES = {"dcp": "sdc"}
"""Codes that ``public`` has in place of those of ``usage``, which we show."""


def to_bytes(megabytes: float) -> int:
    """Return whole bytes."""
    return round(megabytes * MB)


def shown_code(code: str) -> str:
    """Return the ``product`` label of a product code."""
    return CODES.get(code, code)


def check_success(where: str, *, success: bool | None) -> None:
    """Raise PayloadError when the provider says that its answer is none."""
    if success is False:
        raise PayloadError(where, "the provider says success: false")


class IpInfo(Struct, frozen=True):
    """Where a static address is."""

    country: str | None = None


class StaticIp(Struct, frozen=True):
    """One static address."""

    ip_info: IpInfo | Nothing = field(name="ipInfo", default=None)


class Package(Struct, frozen=True):
    """Static addresses that were bought together."""

    expires_at: datetime | None = field(name="expiryDate", default=None)
    ips: Annotated[tuple[StaticIp, ...], Rows] | None = None


class Product(Struct, frozen=True):
    """One product of ``public``: a balance, or packages of static addresses."""

    balance_mb: Megabytes | None = None
    packages: Annotated[tuple[Package, ...], Rows] | None = None


class Public(Struct, frozen=True):
    """``GET /public``."""

    products: Annotated[dict[Text, Product | Nothing], Rows] | Nothing = None
    success: bool | None = None


async def ask_public(api: Api) -> Public:
    """Return what the account holds.

    Raises: PollError.
    """
    answer = await api.get("/public", Public)
    check_success("GET /public", success=answer.success)
    return answer


class Split(Struct, frozen=True):
    """An hour or a day that splits into its components."""

    default: Megabytes | None = None
    extra: Megabytes | None = None
    total: Megabytes | None = None


class ProductUsage(Struct, frozen=True):
    """One product of ``public/usage``, in MB."""

    code: str | None = None
    total_mb: Megabytes | None = field(name="totalBandwidth", default=None)
    stats: Annotated[dict[str, Split | Megabytes | Nothing], Rows] | Nothing = None


class Bandwidth(Struct, frozen=True):
    """The part of the answer that is about traffic."""

    products: Annotated[tuple[ProductUsage, ...], Rows] | None = None


class UsageBody(Struct, frozen=True):
    """The answer proper; ``requests`` beside it has no documented shape."""

    bandwidth: Bandwidth | Nothing = None


class About(Struct, frozen=True):
    """What the answer says of itself."""

    total_bandwidth_mb: Megabytes | None = None
    bandwidth_unit: str | None = None
    granularity: str | None = None
    proxy_username: str | None = None


class Usage(Struct, frozen=True):
    """``GET /public/usage``."""

    data: UsageBody | Nothing = None
    meta: About | Nothing = None
    success: bool | None = None
