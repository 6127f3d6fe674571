"""Providers that have a name, collectors and options, and nothing behind them."""

from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Meta, Struct

from exporter.api import Api
from exporter.providers._provider import Collector, Context, NoOptions, Provider, Report


class Periods(Struct, frozen=True, forbid_unknown_fields=True):
    """The options of the second one."""

    periods: tuple[Literal["today", "week", "month", "all"], ...] = ("today", "month")


class Products(Struct, frozen=True, forbid_unknown_fields=True):
    """The options of the third one."""

    products: Annotated[tuple[str, ...], Meta(min_length=1)] | None = None
    periods: tuple[Literal["24h", "3d", "7d"], ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what no type can: a product that is there twice."""
        if self.products and len(set(self.products)) < len(self.products):
            raise ValueError("products: each may be there once")


async def _poll(_api: Api, _context: Context) -> Report:
    raise NotImplementedError


def _collectors(**intervals: float) -> tuple[Collector, ...]:
    return tuple(
        Collector(name, interval, _poll, (), required=name == "usage")
        for name, interval in intervals.items()
    )


def provider(
    name: str, variable: str, options: type[Struct] = NoOptions, **intervals: float
) -> Provider:
    """Make a provider with *intervals* by collector; ``usage`` is required."""
    return Provider(
        name=name,
        title=name.title(),
        base_url=f"https://api.{name}.example",
        key_variable=variable,
        auth=lambda secret: {"Authorization": secret.reveal()},
        spacing={},
        collectors=_collectors(**intervals),
        options=options,
    )


PROVIDERS = MappingProxyType(
    {
        one.name: one
        for one in (
            provider("webshare", "WEBSHARE_API_KEY", usage=300, proxies=900, account=900),
            provider("weproxies", "WEPROXIES_API_TOKEN", Periods, usage=300, realtime=30),
            provider("evomi", "EVOMI_API_KEY", Products, usage=300, balance=300),
        )
    }
)
