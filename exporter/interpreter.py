"""Interpreter: Python's own settings, for a process that polls while it answers.

Ledgers, samples and lines are structs that the garbage collector does not know (``gc=False``): they
are values, made of values, so none is part of a cycle; and there are hundreds of thousands.
"""

import asyncio
import gc
import sys
from asyncio.sslproto import SSLProtocol
from collections.abc import Awaitable, Callable

COLLECT_SECONDS = 300.0
"""Between two collections of all garbage. One takes 70 ms where a thousand ledgers are in memory;
left to itself, Python begins one every few seconds."""

YOUNG, MIDDLE, NEVER = 400, 3, 1_000_000
"""Thresholds of the garbage collector, by default 700, 10 and 10. A thousand accounts renew so much
that a collection of the middle objects took 20 ms; of fewer, more often, it takes 4 ms. Those of
the old are left to us."""

SWITCH_SECONDS = 0.0002
"""How long a thread may go on while another one waits, 5 ms by default. A poll waits after each of
its system calls, several times in a row, while a scrape is put together.
"""

TLS_READ_BYTES = 64 * 2**10
"""What asyncio reads of a TLS connection at a time, by default 256 KiB. Each connection holds a
buffer of that size, and what OpenSSL hands out at a time is a record, of 16 KiB at most."""


def favour_polls() -> None:
    """Keep the polling loop from waiting for more than some milliseconds.

    What is there now is taken to stay: no collection goes over it.
    """
    gc.set_threshold(YOUNG, MIDDLE, NEVER)
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)


def shrink_connections() -> None:
    """Give the TLS connections that are made from now on smaller buffers."""
    SSLProtocol.max_size = TLS_READ_BYTES


async def collect_garbage(sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Collect all garbage now and then, for ever: errors and their tracebacks hold each other."""
    while True:
        await sleep(COLLECT_SECONDS)
        gc.collect()
