"""How long gauges are shown."""

import gzip

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from exporter.exposition import Format
from exporter.metrics import Samples, realtime, usage
from exporter.snapshot import Part
from tests.scrapes import Polls

TRAFFIC = usage.ACCOUNT_TRAFFIC_BYTES_TOTAL
SESSIONS = realtime.ACCOUNT_ACTIVE_SESSIONS
CONNECTIONS = realtime.ACCOUNT_ACTIVE_CONNECTIONS


@pytest.fixture
def polls() -> Polls:
    """Make a store without snapshots, and without families of the process."""
    return Polls(process=CollectorRegistry())


def test_stale_after_may_change(polls: Polls) -> None:
    """Another ``stale_after`` counts from the next scrape on, both ways."""
    polls.put(realtime=[SESSIONS.sample(2)])
    found = []
    polls.now += 20
    for stale_after in (3, 1, 2):
        polls.scrape.stale_after = stale_after
        found.append(SESSIONS.name in polls.text())
        ready = polls.scrape.ready_body(Format.TEXT, gzip=False)
        assert ready is not None
        assert (SESSIONS.name in ready.decode()) == found[-1]
    assert found == [True, False, True]


def test_gauges_go_when_they_are_stale(polls: Polls) -> None:
    """Gauges stay for three intervals, and come back; counters and health stay."""
    polls.put(counters=[TRAFFIC.sample(5)], realtime=[SESSIONS.sample(2)])
    polls.now += 30
    assert SESSIONS.name in polls.text()
    polls.now += 0.001
    text = polls.text()
    assert SESSIONS.name not in text
    assert TRAFFIC.name in text
    assert "proxy_provider_up" in text
    assert gzip.decompress(polls.scrape.body(Format.TEXT, gzip=True)).count(b"sessions") == 0
    polls.put(realtime=[SESSIONS.sample(3)])
    assert f'{SESSIONS.name}{{provider="webshare",account="main"}} 3.0' in polls.text()


def test_gauges_stay_while_polls_are_slow(polls: Polls) -> None:
    """Where a poll takes longer than its interval, that is what staleness counts by."""
    slow = Part(Samples.of([SESSIONS.sample(1)]), polls.now, 15.0)
    polls.put()
    snapshot = polls.store.of(("webshare", "main"))["usage"]
    polls.store.put(replace(snapshot, parts={"slow": slow}))
    polls.now += 45
    assert SESSIONS.name in polls.text()
    polls.now += 0.001
    assert SESSIONS.name not in polls.text()


def test_parts_go_stale_on_their_own(polls: Polls) -> None:
    """A product that is no longer answered goes, while the others stay."""
    old = Part(Samples.of([SESSIONS.sample(1)]), polls.now - 25)
    polls.put(realtime=[CONNECTIONS.sample(2)])
    snapshot = polls.store.of(("webshare", "main"))["usage"]
    polls.store.put(replace(snapshot, parts={**snapshot.parts, "old": old}))
    assert SESSIONS.name in polls.text()
    polls.now += 6
    text = polls.text()
    assert SESSIONS.name not in text
    assert CONNECTIONS.name in text
