import threading
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from exporter.account import Account
from exporter.metrics import Samples
from exporter.snapshot import Part, Snapshot, Timing, after_answer
from exporter.store import Store
from tests.fakes import Script, gauges, make_account, make_provider, report

PROVIDER = make_provider(usage=Script(report()), extra=Script(report()))


def snapshot(account: Account | None = None, collector: str = "usage") -> Snapshot:
    """Make a collector that was not polled yet."""
    return Snapshot(
        account=account or make_account(PROVIDER),
        collector=collector,
        required=collector == "usage",
    )


def test_store_has_the_latest() -> None:
    """A snapshot takes the place of its predecessor, in the order of the first ones."""
    store = Store()
    for collector in ("usage", "extra", "usage"):
        store.put(snapshot(collector=collector))
    latest = replace(snapshot(), success=True)
    store.put(latest)
    assert [one.collector for one in store.all()] == ["usage", "extra"]
    assert store.of(("fake", "main"))["usage"] is latest


def test_store_shows_what_it_is_given() -> None:
    """What takes the place of everything is shown in its own order, and nothing else."""
    store = Store()
    snapshots = {name: snapshot(make_account(PROVIDER, name)) for name in ("a", "b", "c")}
    for one in snapshots.values():
        store.put(one)
    store.replace({snapshots[name].account.key: {"usage": snapshots[name]} for name in ("c", "a")})
    assert [one.account.name for one in store.all()] == ["c", "a"]


def test_store_may_be_read_while_it_is_written() -> None:
    """A reader in another thread sees all snapshots of one moment, though accounts come."""
    store = Store()
    accounts = [make_account(PROVIDER, f"{number:04}") for number in range(2000)]
    seen: list[list[str]] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.append([one.account.name for one in store.all()])

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(look)
        for account in accounts:
            store.put(snapshot(account))
        done.set()
        reader.result()
    names = [account.name for account in accounts]
    assert len({len(some) for some in seen}) > 1
    assert all(some == names[: len(some)] for some in seen)


def test_entries_are_of_one_moment() -> None:
    """What was read does not change when a snapshot comes."""
    store = Store()
    store.put(snapshot())
    before = store.entries()
    shown = dict(before)
    store.put(replace(snapshot(), success=True))
    store.put(snapshot(make_account(PROVIDER, "new")))
    assert before == shown


def test_lines_of_what_did_not_change_stay() -> None:
    """A poll of one collector renders nothing of another one's, nor parts that it kept."""
    store = Store()
    kept = Part(Samples.of(gauges(1.0)), at=1.0)
    usage = replace(snapshot(), parts={"kept": kept})
    store.put(usage)
    store.put(replace(snapshot(collector="extra"), parts={"x": Part(Samples.of(gauges(2.0)))}))
    before = store.entries()["fake", "main"]
    store.put(replace(usage, polls=1, parts={"kept": kept, "new": Part(Samples.of(gauges(3.0)))}))
    after = store.entries()["fake", "main"]
    old = {id(one.part): one.chunks for one in before.gauges}
    assert [old.get(id(one.part)) is one.chunks for one in after.gauges] == [True, False, True]


def test_layouts_stay_with_their_series() -> None:
    """A poll that brings new values alone lays nothing out."""
    store, timing = Store(), Timing(wall=1.0, monotonic=1.0, duration=1.0)
    layouts, now = [], snapshot()
    for number in (1.0, 2.0):
        parts = {"x": gauges(number)}
        now = after_answer(now, parts, failures={}, counters=gauges(number), timing=timing)
        store.put(now)
        kept = store.entries()["fake", "main"].renderings
        layouts.append({key: one.rendering.layout for key, one in kept.items()})
    first, second = layouts
    assert len(first) == 5
    assert all(second[key] is layout for key, layout in first.items())


def test_version_tells_every_change() -> None:
    """Whoever keeps what came of the entries can see that they are others now."""
    store = Store()
    versions = [store.version]
    store.put(snapshot())
    versions.append(store.version)
    store.replace({})
    versions.append(store.version)
    assert len(set(versions)) == 3
