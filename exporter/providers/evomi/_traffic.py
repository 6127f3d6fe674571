"""Traffic: what ``public/usage`` says of one product in one period, in bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from exporter.errors import PayloadError
from exporter.providers._answers import given
from exporter.providers.evomi._answers import (
    About,
    Bandwidth,
    ProductUsage,
    Split,
    Usage,
    UsageBody,
    check_success,
    to_bytes,
)

_UNIT = "MB"
_KEY = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Bucket:
    """An hour or a day by the key that the provider gives it; *start* takes that for UTC."""

    id: str
    start: float
    total: int
    components: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Traffic:
    """One product in one period.

    *stated* is the provider's own total, None when it gave none. *buckets* come oldest first.
    *granularity* is ``day`` or ``hour``, *owner* the name that the proxies know the account by.
    """

    stated: int | None
    buckets: tuple[Bucket, ...]
    granularity: str | None = None
    owner: str | None = None

    @property
    def total(self) -> int | None:
        """What was used: as stated, else the sum of the buckets; None when nothing is said."""
        if self.stated is not None or not self.buckets:
            return self.stated
        return sum(bucket.total for bucket in self.buckets)

    @property
    def hides(self) -> bool:
        """Whether there was traffic, but nothing tells when."""
        return bool(self.stated) and not self.buckets

    @property
    def components(self) -> Mapping[str, int]:
        """The components, added up over the buckets that split."""
        sums: dict[str, int] = {}
        for bucket in self.buckets:
            for component, part in bucket.components.items():
                sums[component] = sums.get(component, 0) + part
        return sums


def read_traffic(usage: Usage, code: str, where: str) -> Traffic:
    """Return what *usage* says of the product that was asked for as *code*.

    Raises: PayloadError.
    """
    check_success(where, success=usage.success)
    about = given(usage.meta) or About()
    if about.bandwidth_unit not in (None, _UNIT):
        raise PayloadError(f"{where} $.meta.bandwidth_unit", f"the unit is not {_UNIT}")
    product = _pick(_products(usage, where), code)
    megabytes = product.total_mb if about.total_bandwidth_mb is None else about.total_bandwidth_mb
    return Traffic(
        stated=None if megabytes is None else to_bytes(megabytes),
        buckets=tuple(_buckets(product, where)),
        granularity=about.granularity,
        owner=about.proxy_username,
    )


def _products(usage: Usage, where: str) -> tuple[ProductUsage, ...]:
    """Return what is listed; an error in place of the answer comes with status 200, too."""
    if usage.data is None:
        raise PayloadError(f"{where} $.data", "the answer has no data")
    body = given(usage.data) or UsageBody(bandwidth=[])
    if body.bandwidth is None:
        raise PayloadError(f"{where} $.data.bandwidth", "the answer has no bandwidth")
    return (given(body.bandwidth) or Bandwidth()).products or ()


def _pick(products: tuple[ProductUsage, ...], code: str) -> ProductUsage:
    """Return the product asked for, else the first: what ``code`` is for ``sdc`` is not known."""
    first = products[0] if products else ProductUsage()
    return next((one for one in products if one.code == code), first)


def _buckets(product: ProductUsage, where: str) -> Iterator[Bucket]:
    """Yield the buckets that say something."""
    stats = given(product.stats) or {}
    for key in sorted(stats):
        start = _start(key, where)
        value = stats[key]
        split = Split(total=value) if isinstance(value, float) else given(value) or Split()
        total = _total(split)
        if total is not None:
            yield Bucket(key, start, total, dict(_components(split)))


def _total(split: Split) -> int | None:
    if split.total is not None:
        return to_bytes(split.total)
    parts = [part for part in (split.default, split.extra) if part is not None]
    return to_bytes(sum(parts)) if parts else None


def _components(split: Split) -> Iterator[tuple[str, int]]:
    if split.default is not None:
        yield "default", to_bytes(split.default)
    if split.extra is not None:
        yield "extra", to_bytes(split.extra)


def _start(key: str, where: str) -> float:
    try:
        start = datetime.strptime(key, _KEY).replace(tzinfo=UTC)
    except ValueError:
        start = None
    if start is None or f"{start:{_KEY}}" != key:
        raise PayloadError(
            f"{where} $.data.bandwidth.products[...].stats", "a key is not YYYY-MM-DD HH:MM"
        )
    return start.timestamp()
