"""The collector ``balance``: what is left of each product, and the static addresses."""

from collections import Counter
from collections.abc import Iterable, Iterator
from types import MappingProxyType

from exporter.api import Api
from exporter.errors import PayloadError
from exporter.metrics import Sample, plans
from exporter.providers._answers import given, unix
from exporter.providers._labels import country
from exporter.providers._provider import Collector, Context, Report, reads
from exporter.providers.evomi._answers import (
    IpInfo,
    Package,
    Product,
    Public,
    ask_public,
    shown_code,
    to_bytes,
)

NAMES = MappingProxyType(
    {
        "rp": "Premium Residential",
        "rpc": "Core Residential",
        "mp": "Mobile",
        "sdc": "Shared Datacenter",
        "static_residential": "Static Residential",
    }
)
"""What people call the products; the API's own ``Residential`` is the Core one."""


async def fetch(api: Api, _context: Context) -> Public:
    """One request a poll.

    Raises: PollError.
    """
    answer = await ask_public(api)
    if answer.products is None:
        raise PayloadError("GET /public $.products", "the answer has no products")
    return answer


def parse(answer: Public) -> Report:
    """Return all products as one part."""
    products: dict[str, list[Product]] = {}
    for code, product in (given(answer.products) or {}).items():
        products.setdefault(shown_code(code), []).append(given(product) or Product())
    gauges = (sample for code, found in products.items() for sample in _gauges(code, found))
    return Report({"": tuple(gauges)})


def _gauges(product: str, found: list[Product]) -> Iterator[Sample]:
    """Yield what is left of the product, by what name, and its packages of static addresses."""
    labels = {"product": product, "plan": ""}
    yield plans.PLAN_INFO.sample(1, **labels, name=NAMES.get(product, product))
    balances = [one.balance_mb for one in found if one.balance_mb is not None]
    if balances:
        yield plans.PRODUCT_TRAFFIC_REMAINING_BYTES.sample(to_bytes(sum(balances)), **labels)
    packages = [package for one in found for package in one.packages or ()]
    ends = [end for one in packages if (end := unix(one.expires_at)) is not None]
    if ends:
        yield plans.PLAN_EXPIRY_TIMESTAMP_SECONDS.sample(min(ends), **labels)
    for code, count in _countries(packages).items():
        yield plans.PLAN_PROXIES.sample(count, **labels, country=code)


def _countries(packages: Iterable[Package]) -> Counter[str]:
    return Counter(
        country((given(ip.ip_info) or IpInfo()).country)
        for package in packages
        for ip in package.ips or ()
    )


BALANCE = Collector(
    name="balance",
    interval=300.0,
    poll=reads(fetch, parse),
    families=(
        plans.PRODUCT_TRAFFIC_REMAINING_BYTES,
        plans.PLAN_INFO,
        plans.PLAN_EXPIRY_TIMESTAMP_SECONDS,
        plans.PLAN_PROXIES,
    ),
)
"""What is left."""
