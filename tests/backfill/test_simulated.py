import asyncio
import io
from pathlib import Path

from exporter.account import Account
from exporter.api import Clock
from exporter.backfill import Outside, Task, run
from exporter.config import Config
from exporter.providers import PROVIDERS
from exporter.secret import Credential, Secret
from exporter.simulator import demo_world
from tests.clocks import WALL as NOW
from tests.simulation.stage import AppPool, Now

DAY = 86_400.0

LABELS = ("job=proxies", "instance=here:10190")


def test_simulated_accounts_are_written_whole(tmp_path: Path) -> None:
    """With the real providers, each series ends with what was used; only GET is sent."""
    world = demo_world(NOW, clock=Now(NOW))
    accounts = tuple(
        Account(
            provider=one.provider,
            name=one.name,
            credential=Credential(Secret(one.key)),
            base_url="http://simulator",
            intervals={},
            options=PROVIDERS[one.provider].options(),
        )
        for one in world.accounts
    )
    clock = Clock(wall=Now(NOW), monotonic=Now(0.0), sleep=Now(0.0).sleep)
    outside = Outside(AppPool(world), clock, stderr=io.StringIO())
    task = Task(output=tmp_path / "out.om", end="0", labels=LABELS, step=DAY)
    assert asyncio.run(run(Config(accounts=accounts), task, outside)) == 0
    text = (tmp_path / "out.om").read_text("utf-8")
    # A plan that was cancelled long ago; its history is moved back by what Date leaves open.
    ended = [one for one in world.account("webshare", "main").lines if one.end and one.end < NOW]
    plan = max(ended, key=lambda one: one.end or 0.0).id
    lines = [one for one in text.splitlines() if "traffic_bytes_total" in one and plan in one]
    began = float(lines[0].split()[-1]) + 1
    truth = world.truth("webshare", "main", plan, began, NOW)
    assert int(lines[-1].split()[-2]) == truth.traffic_bytes > 10**11
    assert {one.method for one in world.requests} == {"GET"}
    assert {one.path for one in world.requests} == {
        "/api/v1/usage",
        "/api/v1/usage/history",
        "/api/v2/stats/",
        "/api/v2/subscription/",
        "/api/v2/subscription/plan/",
        "/public",
        "/public/usage",
    }
    assert not [one for one in world.accounts if one.key in text]
