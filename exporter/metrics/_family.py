"""Families and samples: the exposition's terms as values."""

import sys
from typing import Literal

from msgspec import Struct

PREFIX = "proxy_provider_"
"""What every name of ours begins with."""

ACCOUNT_LABELS = ("provider", "account")
"""What tells accounts apart; the first labels of their families."""

_LARGEST = sys.float_info.max


class Sample(Struct, frozen=True, eq=False, gc=False):
    """One value of one series, without the labels that the account sets.

    A struct, since a poll makes many: a tenth of the time that a frozen dataclass takes.
    """

    family: "Family"
    labels: tuple[str, ...]
    value: float


class Family(Struct, frozen=True, eq=False, gc=False):
    """One metric family: a constant of the catalogue.

    *labels* leaves out ``provider`` and ``account``: every family has them unless *per_account* is
    False.
    """

    name: str
    type: Literal["counter", "gauge"]
    help: str
    labels: tuple[str, ...] = ()
    per_account: bool = True

    def sample(self, value: float, **labels: str) -> Sample:
        """Make a sample of this family.

        Raises: ValueError when the labels are not the family's, or the value is not finite.
        """
        if tuple(labels) == self.labels:
            values = tuple(labels.values())
        elif labels.keys() == set(self.labels):
            values = tuple([labels[name] for name in self.labels])
        else:
            raise ValueError(f"{self.name}: labels {sorted(labels)} for {sorted(self.labels)}")
        if not -_LARGEST <= value <= _LARGEST:
            raise ValueError(f"{self.name}: the value is not finite")
        return Sample(self, values, value)

    @property
    def all_labels(self) -> tuple[str, ...]:
        """The label names as they are exposed, in order."""
        return (*ACCOUNT_LABELS, *self.labels) if self.per_account else self.labels


def counter(name: str, help_text: str, *labels: str) -> Family:
    """Define a counter; *name* is without the prefix."""
    return Family(PREFIX + name, "counter", help_text, labels)


def gauge(name: str, help_text: str, *labels: str) -> Family:
    """Define a gauge; *name* is without the prefix."""
    return Family(PREFIX + name, "gauge", help_text, labels)
