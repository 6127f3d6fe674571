"""Time: where ours comes from, and what a provider's is."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

NEAR_SECONDS = 3600.0
"""A ``Date`` that is so near to what we expect is believed at once."""

POSSIBLE = (1_577_836_800.0, 4_102_444_800.0)
"""The begins of 2020 and of 2100: a ``Date`` outside is of a clock that was never set."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time comes from: the wall clock, the monotonic one, and sleep."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class ProviderTime:
    """The provider's time, as the ``Date`` of its answers tells it.

    Counted on from there by the monotonic clock, so that a wrong or stepping clock here does no
    harm. Nor does an odd ``Date``, of a cache say: one that is far from ours and from those before
    it is believed only when the next one agrees with it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: tuple[float, float] | None = None
        self._doubted: tuple[float, float] | None = None

    @property
    def now(self) -> float:
        """Unix seconds by the provider's clock; by ours before its first ``Date``."""
        return self._clock.wall() if self._told is None else self._count_on(self._told)

    @property
    def skew(self) -> float | None:
        """The provider's clock less ours, in seconds; None before its first ``Date``."""
        return None if self._told is None else self.now - self._clock.wall()

    def hear(self, date: float) -> None:
        """Take a ``Date``, in Unix seconds."""
        if not POSSIBLE[0] <= date < POSSIBLE[1]:
            return
        expected = (self._clock.wall(), self.now)
        is_near = any(abs(date - one) <= NEAR_SECONDS for one in expected)
        if is_near or self._told is None or self._is_confirmed(date):
            self._told = (date, self._clock.monotonic())
            self._doubted = None

    def _is_confirmed(self, date: float) -> bool:
        """Tell whether an odd *date* agrees with the one before it, which was odd as well."""
        doubted, self._doubted = self._doubted, (date, self._clock.monotonic())
        return doubted is not None and abs(date - self._count_on(doubted)) <= NEAR_SECONDS

    def _count_on(self, told: tuple[float, float]) -> float:
        date, at = told
        return date + self._clock.monotonic() - at
