"""The providers that the exporter can read.

To add one: a package beside these with its facts at the head, an entry in ``PROVIDERS``, fixtures
of its documented answers, and its row in the README.
"""

from collections.abc import Mapping
from types import MappingProxyType

from exporter.providers._provider import (
    Collector,
    Context,
    HistoryBucket,
    Provider,
    Report,
    TimeRange,
)
from exporter.providers.evomi import EVOMI
from exporter.providers.webshare import WEBSHARE
from exporter.providers.weproxies import WEPROXIES

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {provider.name: provider for provider in (WEBSHARE, WEPROXIES, EVOMI)}
)
"""Every provider by its name, in the order in which the README lists them."""

__all__ = [
    "PROVIDERS",
    "Collector",
    "Context",
    "HistoryBucket",
    "Provider",
    "Report",
    "TimeRange",
]
