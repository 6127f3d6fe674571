"""Span: how long a run lasts, and how much it is given to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """*calm* seconds without faults, *chaos* seconds with them, *rest* seconds without again."""

    accounts: int
    calm: float
    chaos: float
    rest: float

    @property
    def seconds(self) -> float:
        """How long it lasts in all."""
        return self.calm + self.chaos + self.rest


LONG = Span(accounts=50, calm=60, chaos=450, rest=90)

SHORT = Span(accounts=20, calm=15, chaos=35, rest=15)
