"""The schema: what the configuration file may hold, besides the options of each provider."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from exporter.config._durations import Duration

Count = Annotated[int, Meta(ge=1, le=10**9)]
Amount = Annotated[float, Meta(ge=0)]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for all accounts; the defaults are here and nowhere else."""

    poll_timeout: Duration = Duration(30)
    """Deadline of one poll, in seconds."""
    stale_after: Count = 3
    """Gauges go after so many intervals without success."""
    max_series: Count = 10_000
    """Series that one account may have."""
    hold_new_series: Duration = Duration(300)
    """How long a new counter series shows 0, in seconds."""


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """What traffic costs, in US dollars per GB of 10^9 bytes."""

    provider: str
    product: str
    usd_per_gb: Amount


class AccountFields(Struct, frozen=True, forbid_unknown_fields=True):
    """What every account may have, whatever its provider; what is missing is UNSET."""

    provider: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    api_key: str | UnsetType = UNSET
    api_key_file: str | UnsetType = UNSET
    base_url: str | UnsetType = UNSET
    intervals: object = None
    """By collector; judged by what the provider has."""
