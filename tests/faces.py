"""A face: what the routes show of one account, whose last poll failed."""

from collections.abc import Awaitable, Callable, Iterator

from prometheus_client import CollectorRegistry

from exporter.account import Account
from exporter.errors import AuthError
from exporter.face import Face
from exporter.metrics import Sample, Samples, usage
from exporter.scrape import Scrape
from exporter.secret import Credential, Secret
from exporter.snapshot import Part, Snapshot
from exporter.store import Store

TRAFFIC = usage.ACCOUNT_TRAFFIC_BYTES_TOTAL
KEY = "hush-hush"


def snapshot() -> Snapshot:
    """Make a snapshot after a failure."""
    account = Account("webshare", "main", Credential(Secret(KEY)), "", {"usage": 300})
    return Snapshot(
        account=account,
        collector="usage",
        required=True,
        counters=Part(Samples.of([TRAFFIC.sample(5)])),
        polls=1,
        duration=0.5,
        error=AuthError("GET /usage", "401"),
    )


def reload_as(problem: str | None) -> Callable[[], Awaitable[str | None]]:
    """Return a reload that comes to *problem*."""

    async def reload() -> str | None:
        return problem

    return reload


def face(own: Callable[[], Iterator[Sample]] = lambda: iter(())) -> Face:
    """Make what the routes show."""
    store = Store()
    store.put(snapshot())
    return Face(
        scrape=Scrape(store, own, stale_after=3, process=CollectorRegistry()),
        telemetry_path="/metrics",
        waiting_for=lambda: (),
        config_text=lambda: "accounts: []\n",
        snapshots=store.all,
        reload=reload_as(None),
        titles={"webshare": "Webshare"},
    )
