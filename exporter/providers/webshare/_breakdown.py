"""Breakdowns: requests by error, protocol and country, as label values and counts.

Rows that land on the same label values are added.
"""

from collections.abc import Iterable, Mapping

from exporter.providers._labels import country
from exporter.providers.webshare._answers import Usage, rows

Row = tuple[tuple[str, ...], float]
"""The values of the labels that tell a row apart, and its requests."""


def errors(usage: Usage) -> Mapping[tuple[str, ...], float]:
    """Return failed requests by ``reason``, ``category`` and ``http_status``."""
    return _add(
        ((one.reason or "", one.type or "", _status(one.http_status)), one.count)
        for one in usage.error_reasons or ()
        if one.count is not None
    )


def _status(status: int | str | None) -> str:
    return "" if status is None else str(status)


def protocols(usage: Usage) -> Mapping[tuple[str, ...], float]:
    """Return requests by ``protocol``."""
    return _add(((name,), count) for name, count in rows(usage.protocols_used).items())


def countries(usage: Usage) -> Mapping[tuple[str, ...], float]:
    """Return requests by ``country``."""
    return _add(((country(code),), count) for code, count in rows(usage.countries_used).items())


def _add(found: Iterable[Row]) -> Mapping[tuple[str, ...], float]:
    sums: dict[tuple[str, ...], float] = {}
    for labels, count in found:
        sums[labels] = sums.get(labels, 0) + count
    return sums
