"""Usage: what was used in a span of time, in exact integers that add up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self, TypeVar

Key = TypeVar("Key")


class RequestError(NamedTuple):
    """A kind of failed request, as Webshare names it."""

    reason: str
    type: str
    http_status: int | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Traffic of a span; every figure is a sum over requests, and keys without a count are absent.

    *requests* is the sum of *countries* and of *protocols*, *failures* of *errors*,
    *traffic_bytes* of *country_bytes*. *extra_bytes* (Evomi's surcharge) is part of
    *traffic_bytes*.
    """

    traffic_bytes: int = 0
    requests: int = 0
    failures: int = 0
    extra_bytes: int = 0
    countries: Mapping[str, int] = field(default_factory=dict)
    country_bytes: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[RequestError, int] = field(default_factory=dict)
    protocols: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.requests > 0 or self.traffic_bytes > 0

    def __add__(self, other: Self) -> Self:
        return self._combine(other, sign=1)

    def __sub__(self, other: Self) -> Self:
        return self._combine(other, sign=-1)

    def _combine(self, other: Self, *, sign: int) -> Self:
        return type(self)(
            traffic_bytes=self.traffic_bytes + sign * other.traffic_bytes,
            requests=self.requests + sign * other.requests,
            failures=self.failures + sign * other.failures,
            extra_bytes=self.extra_bytes + sign * other.extra_bytes,
            countries=_merge(self.countries, other.countries, sign),
            country_bytes=_merge(self.country_bytes, other.country_bytes, sign),
            errors=_merge(self.errors, other.errors, sign),
            protocols=_merge(self.protocols, other.protocols, sign),
        )

    def part(self, *, traffic_bytes: int, requests: int) -> "Usage":
        """Cut out so much, or as much as there is, largest countries and protocols first.

        Failures and *extra_bytes* stay in the rest, so that it is sound as well.
        """
        traffic_bytes = min(traffic_bytes, self.traffic_bytes - self.extra_bytes)
        requests = min(requests, self.requests - self.failures)
        return Usage(
            traffic_bytes=traffic_bytes,
            requests=requests,
            countries=_take(self.countries, requests),
            country_bytes=_take(self.country_bytes, traffic_bytes),
            protocols=_take(self.protocols, requests),
        )


def _merge(left: Mapping[Key, int], right: Mapping[Key, int], sign: int) -> dict[Key, int]:
    merged = dict(left)
    for key, count in right.items():
        merged[key] = merged.get(key, 0) + sign * count
    return {key: count for key, count in merged.items() if count}


def _take(counts: Mapping[str, int], amount: int) -> dict[str, int]:
    taken = {}
    for key in sorted(counts, key=lambda key: (-counts[key], key)):
        taken[key] = min(counts[key], amount)
        amount -= taken[key]
    return {key: count for key, count in taken.items() if count}
