"""Breakdowns: requests by error, protocol and country, as label values and counts.

Rows that land on the same label values are added.
"""

from collections.abc import Mapping

from exporter.providers._labels import country
from exporter.providers._samples import add_rows
from exporter.providers.webshare._answers import Usage, rows


def errors(usage: Usage) -> Mapping[tuple[str, ...], float]:
    """Return failed requests by ``reason``, ``category`` and ``http_status``."""
    return add_rows(
        ((one.reason or "", one.type or "", _status(one.http_status)), one.count)
        for one in usage.error_reasons or ()
        if one.count is not None
    )


def _status(status: int | str | None) -> str:
    return "" if status is None else str(status)


def protocols(usage: Usage) -> Mapping[tuple[str, ...], float]:
    """Return requests by ``protocol``."""
    return add_rows(((name,), count) for name, count in rows(usage.protocols_used).items())


def countries(usage: Usage) -> Mapping[tuple[str, ...], float]:
    """Return requests by ``country``."""
    return add_rows(((country(code),), count) for code, count in rows(usage.countries_used).items())
