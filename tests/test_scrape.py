import gzip
import io
import re
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_parse
from prometheus_client.parser import text_string_to_metric_families as text_parse

from exporter.exposition import END, Format
from exporter.metrics import health, realtime, usage
from exporter.scrape import Scrape
from exporter.snapshot import Snapshot
from exporter.store import Entry, Store
from tests.scrapes import Polls, account

TRAFFIC = usage.ACCOUNT_TRAFFIC_BYTES_TOTAL
SESSIONS = realtime.ACCOUNT_ACTIVE_SESSIONS
CONNECTIONS = realtime.ACCOUNT_ACTIVE_CONNECTIONS
PRODUCTS = usage.PRODUCT_TRAFFIC_BYTES_TOTAL


@pytest.fixture
def polls() -> Polls:
    """Make a store without snapshots, and without families of the process."""
    return Polls(process=CollectorRegistry())


def test_scrape_without_accounts(polls: Polls) -> None:
    """The exporter's own families are there before there is any account."""
    family = health.EXPORTER_STATE_COMMIT_FAILURES_TOTAL
    head = f"# HELP {family.name} {family.help}\n# TYPE {family.name} counter\n"
    assert polls.text() == f"{head}{family.name} 0.0\n"


def test_own_families_are_fresh_at_each_scrape(polls: Polls) -> None:
    """The cached part does not hold up what the exporter says of itself."""
    own = r"commit_failures_total (\d)"
    compressed = [polls.scrape.body(Format.TEXT, gzip=True) for _ in range(2)]
    texts = [*(gzip.decompress(body).decode() for body in compressed), polls.text(), polls.text()]
    assert [re.findall(own, text) for text in texts] == [["0"], ["1"], ["2"], ["3"]]


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("empty", [False, True], ids=["accounts", "no accounts"])
def test_gzip_is_one_member(form: Format, *, empty: bool) -> None:
    """A compressed body is one gzip member with a right checksum, and holds the same text."""
    polls, other = Polls(process=CollectorRegistry()), Polls(process=CollectorRegistry())
    for one in (polls, other):
        if not empty:
            one.put(counters=[TRAFFIC.sample(5)], realtime=[SESSIONS.sample(2)])
    body = polls.scrape.body(form, gzip=True)
    stream = zlib.decompressobj(wbits=31)
    expected = other.scrape.body(form, gzip=False)
    assert stream.decompress(body) == expected
    assert stream.eof
    assert stream.unused_data == b""
    assert gzip.decompress(body) == gzip.GzipFile(fileobj=io.BytesIO(body)).read() == expected
    assert body[4:8] == bytes(4), "no time, so that equal content gives equal bytes"


def test_own_process_is_shown() -> None:
    """The families of the process and of Python end a scrape, without ``_created`` series."""
    text = Polls().text()
    assert "process_cpu_seconds_total" in text
    assert "python_info" in text
    assert "python_gc_collections_total" in text
    assert "_created" not in text


@pytest.mark.parametrize("kind", ["text", "openmetrics"])
def test_every_family_is_one_block(kind: str) -> None:
    """A strict parser takes the scrape of several accounts, and finds each family once."""
    polls = Polls()
    for name in ("a", "b"):
        for collector in ("usage", "proxies"):
            polls.put(name, collector, counters=[TRAFFIC.sample(5)], x=[SESSIONS.sample(2)])
    if kind == "text":
        families = list(text_parse(polls.text()))
    else:
        text = polls.text(Format.OPENMETRICS)
        assert text.count(END) == 1
        assert text.endswith(END)
        families = list(openmetrics_parse(text.replace('account="b"', 'account="c"')))  # type: ignore[no-untyped-call]  # not annotated
    names = [family.name for family in families]
    assert len(set(names)) == len(names)
    assert {"proxy_provider_account_traffic_bytes", "process_cpu_seconds"} <= set(names)


def test_health_of_collectors_and_accounts(polls: Polls) -> None:
    """Each collector has its health, and each account has one."""
    polls.put(collector="usage")
    polls.put(collector="proxies")
    polls.put("other")
    text = polls.text()
    assert text.count("proxy_provider_up{") == 2
    assert text.count("proxy_provider_polls_total{") == 3


def test_removed_account_is_gone(polls: Polls) -> None:
    """An account that is withdrawn leaves nothing behind."""
    polls.put("a")
    polls.put("b")
    assert 'account="a"' in polls.text()
    polls.store.replace({("webshare", "b"): polls.store.of(("webshare", "b"))})
    assert 'account="a"' not in polls.text()


def test_body_is_ready_only_when_it_was_made(polls: Polls) -> None:
    """What was made once is ready, in that format and encoding."""
    polls.put()
    assert polls.scrape.ready_body(Format.TEXT, gzip=True) is None
    polls.scrape.body(Format.TEXT, gzip=True)
    assert polls.scrape.ready_body(Format.TEXT, gzip=True) is not None
    assert polls.scrape.ready_body(Format.TEXT, gzip=False) is None
    assert polls.scrape.ready_body(Format.OPENMETRICS, gzip=True) is None


def test_body_is_not_ready_after_a_change(polls: Polls) -> None:
    """A poll, or a gauge that goes stale, ends what was ready."""
    polls.put(realtime=[SESSIONS.sample(2)])
    polls.text()
    polls.now += 31
    assert polls.scrape.ready_body(Format.TEXT, gzip=False) is None
    polls.text()
    assert polls.scrape.ready_body(Format.TEXT, gzip=False) is not None
    polls.put(realtime=[SESSIONS.sample(3)])
    assert polls.scrape.ready_body(Format.TEXT, gzip=False) is None


def test_parts_are_rendered_once(polls: Polls) -> None:
    """Many scrapes, and polls of others, show the lines that were made at the poll."""
    polls.put(realtime=[SESSIONS.sample(2)])
    (made,) = polls.store.entries()["webshare", "main"].gauges

    def scrape(number: int) -> str:
        return polls.text(list(Format)[number % 2])

    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(scrape, range(50)))
    polls.put("other")
    polls.put(collector="proxies")
    assert all(SESSIONS.name in text for text in (*texts, polls.text()))
    (shown,) = polls.store.entries()["webshare", "main"].gauges
    assert shown.chunks is made.chunks


class Changing(Store):
    """A store with another answer each time it is asked."""

    def entries(self) -> Mapping[tuple[str, str], Entry]:
        """Show one account more than the last time."""
        self.asked += 1
        self.put(Snapshot(account=account(str(self.asked)), collector="usage", required=True))
        return super().entries()

    asked = 0


def test_scrape_sees_one_moment() -> None:
    """A scrape that has to be made asks for the entries once."""
    scrape = Scrape(Changing(), lambda: (), stale_after=3, process=CollectorRegistry())
    counts = [scrape.body(Format.TEXT, gzip=False).count(b"_up{") for _ in range(3)]
    assert counts == [1, 2, 3]


def put_numbered(polls: Polls, name: str, number: int) -> None:
    """Publish a poll that has *number* in all its samples."""
    polls.put(
        name,
        counters=[PRODUCTS.sample(number, product="rp", plan=str(plan)) for plan in range(20)],
        realtime=[SESSIONS.sample(number)],
        more=[CONNECTIONS.sample(number)],
    )


def numbers(text: str, account_name: str) -> set[str]:
    """Return the values that an account shows, those of its health left out."""
    names = (PRODUCTS.name, SESSIONS.name, CONNECTIONS.name)
    return {
        line.rpartition(" ")[2]
        for line in text.splitlines()
        if f'account="{account_name}"' in line and line.startswith(names)
    }


def test_scrapes_show_whole_polls(polls: Polls) -> None:
    """A thousand scrapes beside a writer each show one poll of each account."""
    names = ("a", "b")
    stopped = Event()

    def write() -> None:
        for number in count(1):
            put_numbered(polls, names[number % 2], number)
            if stopped.is_set():
                return

    def scrape(number: int) -> str:
        form, compressed = list(Format)[number % 2], number % 3 == 0
        body = polls.scrape.ready_body(form, gzip=compressed)
        body = body or polls.scrape.body(form, gzip=compressed)
        return (gzip.decompress(body) if compressed else body).decode()

    for name in names:
        put_numbered(polls, name, 0)
    with ThreadPoolExecutor(9) as pool:
        writer = pool.submit(write)
        texts = list(pool.map(scrape, range(1000)))
        stopped.set()
        writer.result()
    shown = [numbers(text, name) for text in texts for name in names]
    assert {len(values) for values in shown} == {1}
    assert len(set.union(*shown)) > len(names), "the writer did write meanwhile"
