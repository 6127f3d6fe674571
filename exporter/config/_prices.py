"""Prices: what traffic costs, for dashboards of cost."""

from collections.abc import Iterable, Mapping

from exporter.config._place import Place
from exporter.config._schema import Price
from exporter.config._section import build, fitting, items, mapping, names, refuse_unknown
from exporter.config._texts import check_label, find_provider
from exporter.providers import Provider

_KEYS = names(Price)

GB = 10**9
"""Bytes in a GB of a price, which is the decimal one whatever the provider counts in."""


def read_prices(
    value: object, providers: Mapping[str, Provider], place: Place
) -> tuple[Price, ...]:
    """Return the prices that are whole; note what is wrong with them and with the others."""
    found: list[dict[str, object]] = []
    products: set[tuple[object, object]] = set()
    for number, item in enumerate(items(value, place)):
        price = _fitting(item, providers, place / number)
        product = (price.get("provider"), price.get("product"))
        if product in products:
            (place / number).mistake("this product of the provider has a price already")
        if None not in product:
            products.add(product)
        found.append(price)
    return tuple(build(one, Price) for one in found if set(_KEYS) == one.keys())


def per_byte(prices: Iterable[Price], provider: str) -> dict[str, float]:
    """Return US dollars a byte, by product of *provider*."""
    return {one.product: one.usd_per_gb / GB for one in prices if one.provider == provider}


def _fitting(item: object, providers: Mapping[str, Provider], place: Place) -> dict[str, object]:
    """Return the keys of one price whose values fit; note what is wrong with any."""
    section = mapping(item, place)
    if section is None:
        return {}
    refuse_unknown(section, _KEYS, place)
    price = fitting(section, Price, place)
    provider, product = price.get("provider"), price.get("product")
    if isinstance(provider, str):
        find_provider(provider, providers, place / "provider")
    if isinstance(product, str):
        check_label(product, place / "product")
    return price
