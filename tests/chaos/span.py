"""Span: how long a run lasts, and how much it is given to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """*calm* seconds without faults, *chaos* seconds with them, *rest* seconds without again.

    Every collector of the *accounts* is polled each *interval* seconds.
    """

    accounts: int
    interval: int
    calm: int
    chaos: int
    rest: int

    @property
    def seconds(self) -> int:
        """How long it lasts in all."""
        return self.calm + self.chaos + self.rest


LONG = Span(accounts=50, interval=10, calm=60, chaos=450, rest=90)

SHORT = Span(accounts=20, interval=5, calm=15, chaos=35, rest=15)
