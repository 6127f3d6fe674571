"""Account: which account of which provider, how often, with what options."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exporter.secret import Credential

AccountKey = tuple[str, str]
"""What no other account has: provider and name."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account, as the configuration asks for it."""

    provider: str
    name: str
    credential: Credential
    base_url: str
    intervals: Mapping[str, float]
    """Seconds between two polls, by collector; a collector that is not in it is off."""
    options: object = None
    """The provider's own options, of the type that it declares."""
    prices: Mapping[str, float] = field(default_factory=dict)
    """US dollars a byte, by product."""

    @property
    def key(self) -> AccountKey:
        """What no other account has."""
        return self.provider, self.name
