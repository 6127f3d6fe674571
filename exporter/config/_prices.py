"""Prices: what traffic costs, for dashboards of cost."""

from collections.abc import Iterable, Mapping

from exporter.config._place import Place
from exporter.config._schema import Price
from exporter.config._section import items, mapping, names, read, refuse_unknown
from exporter.config._texts import check_label, find_provider
from exporter.providers import Provider

GB = 10**9
"""Bytes in a GB as prices count it (design.md, section 5)."""


def read_prices(
    value: object, providers: Mapping[str, Provider], place: Place
) -> tuple[Price, ...]:
    """Return the prices; note what is wrong with them."""
    found: dict[tuple[str, str], Price] = {}
    for number, item in enumerate(items(value, place)):
        price = _read_price(item, providers, place / number)
        if price is None:
            continue
        key = (price.provider, price.product)
        if key in found:
            (place / number).mistake("this product of the provider has a price already")
        found[key] = price
    return tuple(found.values())


def per_byte(prices: Iterable[Price], provider: str) -> dict[str, float]:
    """Return US dollars a byte, by product of *provider*."""
    return {one.product: one.usd_per_gb / GB for one in prices if one.provider == provider}


def _read_price(item: object, providers: Mapping[str, Provider], place: Place) -> Price | None:
    section = mapping(item, place)
    if section is None:
        return None
    refuse_unknown(section, names(Price), place)
    price = read(section, Price, place)
    if price is not None:
        find_provider(price.provider, providers, place / "provider")
        check_label(price.product, place / "product")
    return price
