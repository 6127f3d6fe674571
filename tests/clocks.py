"""Clocks for tests: time passes when it is told to, never by itself."""

import asyncio
import heapq
from itertools import count

from exporter.api import Clock

WALL = 1_795_176_000.0
"""2026-11-20T12:00:00Z: where the wall clocks begin."""


class Jumping:
    """A clock that every sleep moves on at once; *naps* are the sleeps asked for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Let *seconds* pass."""
        self.naps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def clock(self) -> Clock:
        """Return it as our code has it."""
        return Clock(
            wall=lambda: WALL + self.now - 1000.0, monotonic=lambda: self.now, sleep=self.sleep
        )


class Virtual:
    """A clock for several sleepers: each wakes at its own time while a test advances it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._number = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has advanced the clock by *seconds*."""
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._number), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Let *seconds* pass, and wake the sleepers of that time one after the other."""
        end = self.now + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                self.now = max(self.now, at)
                wake.set_result(None)
                await settle()
        self.now = end

    def clock(self) -> Clock:
        """Return it as our code has it."""
        return Clock(
            wall=lambda: WALL + self.now - 1000.0, monotonic=lambda: self.now, sleep=self.sleep
        )


async def settle() -> None:
    """Let every task run until it waits for the clock or for the test."""
    for _ in range(100):
        await asyncio.sleep(0)
