"""Interpreter: Python's own settings, for a process that polls while it answers."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable

COLLECT_SECONDS = 300.0
"""Between two collections of all garbage. One takes 100 ms where a thousand ledgers are in memory;
left to itself, Python begins one every few seconds."""

_NEVER = 1_000_000
"""More collections of young objects than are ever between two of ours."""

_SWITCH_SECONDS = 0.001
"""How long a thread may go on while another one waits, 5 ms by default. A poll waits after each of
its system calls, several times in a row, while a scrape is put together.
"""


def favour_polls() -> None:
    """Keep the polling loop from waiting for more than some milliseconds.

    What is there now is taken to stay: no collection goes over it.
    """
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    gc.freeze()
    sys.setswitchinterval(_SWITCH_SECONDS)


async def collect_garbage(sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Collect all garbage now and then, for ever: errors and their tracebacks hold each other."""
    while True:
        await sleep(COLLECT_SECONDS)
        gc.collect()
