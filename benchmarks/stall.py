"""Stall: how long an event loop keeps a task waiting that wants to run every millisecond.

SIGUSR1 begins the watch; the next one ends it and tells the longest stall in milliseconds.

python -m benchmarks.stall  watches a loop that has nothing to do: what the machine alone takes.
"""

import asyncio
import signal
import time

from benchmarks.child import say

EVERY = 0.001


class Watch:
    """The watch over the running loop."""

    def __init__(self) -> None:
        self._longest = 0.0
        self._task: asyncio.Task[None] | None = None
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._turn)
        say("ready")

    def _turn(self) -> None:
        if self._task is None:
            self._longest = 0.0
            self._task = asyncio.create_task(self._sleep())
        else:
            self._task.cancel()
            self._task = None
            say(self._longest * 1e3)

    async def _sleep(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(EVERY)
            self._longest = max(self._longest, time.monotonic() - began - EVERY)


async def main() -> None:
    """Run until the parent ends."""
    Watch()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
