import asyncio
import gc
import sys
from collections.abc import Iterator
from weakref import ref

import pytest

from exporter.interpreter import COLLECT_SECONDS, collect_garbage, favour_polls


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave Python as it was."""
    switch, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(switch)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_polls_wait_less_than_by_default() -> None:
    """Threads take turns within a millisecond, and what is there is not gone over again."""
    young, middle, _ = gc.get_threshold()
    favour_polls()
    assert sys.getswitchinterval() == pytest.approx(0.001)
    assert gc.get_threshold()[:2] == (young, middle)
    assert gc.get_threshold()[2] > 10_000
    assert gc.get_freeze_count() > 0


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
