"""Answers of any shape: never a bug of ours, a counter that falls, or an invalid exposition."""

import asyncio
import math
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import structs

from exporter.errors import PollError
from exporter.exposition import Format
from exporter.providers import PROVIDERS, Provider
from exporter.state import open_state
from tests.e2e.programs import tool
from tests.faults.fuzz import KINDS, Subject, counters, parsed
from tests.faults.json_texts import Shapes, anything

EVERY_PROVIDER = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)

PHASES = (Phase.reuse, Phase.generate)
"""An example takes too long to be made smaller."""

Bodies = Mapping[str, st.SearchStrategy[str]]

TAME: Bodies = {path: Shapes(wild=False).of(kind) for path, kind in KINDS.items()}
WILD: Bodies = {path: Shapes(wild=True).of(kind) for path, kind in KINDS.items()}
ANY: Bodies = dict.fromkeys(KINDS, anything)


def _draw(data: st.DataObject, bodies: Bodies, path: str) -> str:
    return data.draw(bodies[path])


def _play(provider: Provider, data: st.DataObject, polls: tuple[Bodies, ...]) -> Subject:
    """Poll once with each of *polls* for answers, and check everything after each poll."""
    one = Subject(provider)
    with asyncio.Runner() as runner:
        before = counters({})
        for bodies in polls:
            one.answers.answer = partial(_draw, data, bodies)
            runner.run(one.poll())
            assert one.bugs == []
            shown = parsed(one.body(Format.TEXT), Format.TEXT)
            assert shown == parsed(one.body(Format.OPENMETRICS), Format.OPENMETRICS)
            assert all(map(math.isfinite, shown.values()))
            now = counters(shown)
            assert all(now.get(key, value) >= value >= 0 for key, value in before.items())
            before = {**before, **now}
        runner.run(_check_history(one))
        return one


async def _check_history(one: Subject) -> None:
    try:
        buckets = await one.history()
    except PollError:
        return
    for bucket in buckets:
        assert bucket.start <= bucket.end
        assert all(reading.total >= 0 for reading in bucket.readings)


async def _check_state(one: Subject) -> None:
    """Check that what was counted comes back from disk as it was."""
    key = one.session.account.key
    with tempfile.TemporaryDirectory() as folder:
        with closing(open_state(Path(folder) / "state.db")) as state:
            await state.commit(key, one.ledger)
        with closing(open_state(Path(folder) / "state.db")) as state:
            assert state.load(key) == structs.replace(one.ledger, fresh=frozenset())


@EVERY_PROVIDER
@settings(max_examples=30, phases=PHASES)
@given(data=st.data())
def test_answers_of_the_right_shape(provider: Provider, data: st.DataObject) -> None:
    """Whatever stands where a value is documented, the claims of this module hold."""
    _play(provider, data, (TAME, WILD, TAME))


@EVERY_PROVIDER
def test_made_answers_are_read(provider: Provider) -> None:
    """The answers that are made reach what reads them: each collector succeeds, and counts."""
    good: set[str] = set()
    shown: set[str] = set()

    @settings(max_examples=15, phases=[Phase.generate], derandomize=True, database=None)
    @given(data=st.data())
    def play(data: st.DataObject) -> None:
        one = _play(provider, data, (TAME, TAME))
        for snapshot in one.store.all():
            good.update([snapshot.collector] * snapshot.success)
            shown.update(one.family.name for one in snapshot.counters.samples)

    play()
    assert good == {one.name for one in provider.collectors}
    assert "proxy_provider_account_traffic_bytes_total" in shown


@EVERY_PROVIDER
@settings(max_examples=40, phases=PHASES)
@given(data=st.data())
def test_answers_of_any_shape(provider: Provider, data: st.DataObject) -> None:
    """Whatever JSON comes in place of an answer, or none at all, the claims hold."""
    _play(provider, data, (ANY,))


@EVERY_PROVIDER
def test_promtool_and_disk_take_it(provider: Provider) -> None:
    """Prometheus' own tool finds nothing wrong with odd answers, and the disk returns them."""
    promtool = tool("promtool")
    texts: list[str] = []

    @settings(max_examples=6, phases=[Phase.generate], derandomize=True, database=None)
    @given(data=st.data())
    def play(data: st.DataObject) -> None:
        one = _play(provider, data, (TAME, TAME))
        texts.append(one.body(Format.TEXT))
        asyncio.run(_check_state(one))

    play()
    for text in texts:
        command = (promtool, "check", "metrics")
        ran = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603 - our own arguments
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
