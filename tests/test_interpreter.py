import asyncio
import gc
import ssl
import sys
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterator
from weakref import ref

import pytest
from msgspec import Struct

from exporter import counter, exposition, ledger, metrics, snapshot, store, window
from exporter.interpreter import (
    COLLECT_SECONDS,
    MIDDLE,
    NEVER,
    SWITCH_SECONDS,
    YOUNG,
    collect_garbage,
    favour_polls,
    shrink_connections,
)
from exporter.polling import Polling
from exporter.snapshot import Snapshot
from tests.fakes import Script, gauges, make_account, make_provider, report
from tests.pollings import begun


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave Python as it was."""
    switch, thresholds = sys.getswitchinterval(), gc.get_threshold()
    tls_read = SSLProtocol.max_size
    yield
    SSLProtocol.max_size = tls_read
    sys.setswitchinterval(switch)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_polls_wait_less_than_by_default() -> None:
    """Threads take turns within a millisecond, and few objects are gone over at a time."""
    sys.setswitchinterval(0.005)
    gc.set_threshold(700, 10, 10)
    favour_polls()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
    assert SWITCH_SECONDS < 0.001
    assert gc.get_threshold() == (YOUNG, MIDDLE, NEVER)
    assert YOUNG * MIDDLE < 700 * 10 < NEVER
    assert gc.get_freeze_count() > 0


def test_connections_hold_less_than_by_default() -> None:
    """A TLS connection that is made afterwards has a smaller buffer, with room for a record."""

    async def buffer() -> int:
        loop, context = asyncio.get_running_loop(), ssl.create_default_context()
        protocol = SSLProtocol(loop, asyncio.Protocol(), context, loop.create_future())
        size = len(protocol.get_buffer(-1))
        protocol.connection_lost(None)
        return size

    SSLProtocol.max_size = 2**18
    before = asyncio.run(buffer())
    shrink_connections()
    assert 2**14 < asyncio.run(buffer()) < before


def test_what_an_account_holds_is_not_gone_over() -> None:
    """The collector knows neither ledgers nor lines: there are hundreds of thousands of them."""
    provider = make_provider(usage=Script(report(5, rest=gauges(1.0, 2.0))))

    async def play() -> Polling:
        async with begun([provider], make_account(provider)) as (clock, polling):
            await clock.advance(300)
        return polling

    polling = asyncio.run(play())
    modules = (counter, exposition, ledger, metrics, snapshot, store, window)
    seen = {type(one) for one in gc.get_objects() if isinstance(one, Struct)}
    ours = {kind for kind in seen for module in modules if kind in vars(module).values()}
    assert polling.store.all()
    assert ours == {Snapshot}


class _Ring:
    """An object that nobody but itself holds."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_is_collected_in_the_end() -> None:
    """What refers to itself goes with the next collection, and not before."""
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append((seconds, garbage() is None))
        if len(slept) == 2:
            raise asyncio.CancelledError

    gc.disable()
    garbage = ref(_Ring())
    try:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(collect_garbage(sleep))
    finally:
        gc.enable()
    assert slept == [(COLLECT_SECONDS, False), (COLLECT_SECONDS, True)]
