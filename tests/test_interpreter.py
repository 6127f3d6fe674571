import gc
import sys
from collections.abc import Iterator

import pytest

from exporter.interpreter import favour_polls


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave Python as it was."""
    switch, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(switch)
    gc.set_threshold(*thresholds)


def test_polls_wait_less_than_by_default() -> None:
    """Threads take turns within a millisecond, and whole collections are rare."""
    young, middle, _ = gc.get_threshold()
    favour_polls()
    assert sys.getswitchinterval() == pytest.approx(0.001)
    assert gc.get_threshold() == (young, middle, 1_000)
