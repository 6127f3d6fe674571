"""The installed program, told to read its configuration again while it runs."""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from exporter.simulator import SimulatorServer, World, demo_world
from tests.e2e.programs import exporter, until

BEGIN = 1_795_000_000.0

LOADED = "proxy_provider_exporter_config_last_reload_success_timestamp_seconds"
RIGHT = "proxy_provider_exporter_config_last_reload_successful"


@dataclass
class Stage:
    """The exporter, and the file that it reads."""

    world: World
    simulator: str
    file: Path
    url: str = ""
    pid: int = 0

    def write(self, *names: str) -> None:
        """Write a configuration with these accounts of WeProxies, each with a key of its own."""
        accounts = [
            {
                "provider": "weproxies",
                "name": name,
                "api_key_file": f"{name}.key",
                "base_url": self.simulator,
                "intervals": {"countries": 0, "realtime": 0, "subscriptions": 0, "usage": "1s"},
            }
            for name in names
        ]
        self.file.write_text(json.dumps({"accounts": accounts}), "utf-8")

    def key(self, name: str, text: str) -> None:
        """Write the key of an account."""
        file = self.file.with_name(f"{name}.key")
        file.write_text(text, "utf-8")
        file.chmod(0o600)

    def value(self, line: str) -> float | None:
        """Return the value at the end of the line that begins so; None when there is none."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        found = [one.rpartition(" ")[2] for one in lines if one.startswith(f"{line} ")]
        return float(found[0]) if found else None

    def up(self, name: str) -> float | None:
        """Return whether an account is up; None when it is not shown."""
        return self.value(f'proxy_provider_up{{provider="weproxies",account="{name}"}}')

    def signal_and_wait(self, outcome: float) -> None:
        """Send SIGHUP, and wait until the metrics tell of that outcome."""
        os.kill(self.pid, signal.SIGHUP)
        until(lambda: self.value(RIGHT) == outcome, f"the outcome is {outcome}")

    def polls(self, name: str) -> float:
        """Return how often an account was polled."""
        labels = f'provider="weproxies",account="{name}",collector="usage"'
        return self.value(f"proxy_provider_polls_total{{{labels}}}") or 0


@pytest.fixture(name="stage")
def _stage(tmp_path: Path) -> Iterator[Stage]:
    world = demo_world(BEGIN)
    with SimulatorServer(world) as simulator:
        stage = Stage(world, simulator.url, tmp_path / "config.yml")
        for name in ("scraping", "research"):
            stage.key(name, world.account("weproxies", name).key)
        stage.write("scraping")
        with exporter(stage.file, log=tmp_path / "log") as (child, url):
            stage.url, stage.pid = url, child.pid
            until(lambda: stage.up("scraping"), "the account is up")
            yield stage
            child.send_signal(signal.SIGTERM)
            assert child.wait(5) == 0


def test_account_comes_and_goes(stage: Stage) -> None:
    """POST brings an account and takes one away; the one that stays is polled on."""
    before, polls = stage.value(LOADED), stage.polls("scraping")
    stage.write("scraping", "research")
    assert httpx.post(f"{stage.url}/-/reload").text == "configuration reloaded\n"
    until(lambda: stage.up("research"), "the new account is up")
    assert (stage.value(LOADED) or 0) > (before or 0)
    assert stage.polls("scraping") >= polls
    stage.write("research")
    assert httpx.put(f"{stage.url}/-/reload").status_code == httpx.codes.OK
    assert (stage.up("scraping"), stage.up("research")) == (None, 1)


def test_wrong_file_changes_nothing(stage: Stage) -> None:
    """SIGHUP with a wrong file is told by the metrics; all goes on, and a right file mends it."""
    before = stage.value(LOADED)
    stage.file.write_text("accounts: [{provider: weproxies, api_key: hush-hush}]", "utf-8")
    stage.signal_and_wait(0)
    answer = httpx.post(f"{stage.url}/-/reload")
    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert answer.text.startswith("configuration not reloaded: ")
    assert "accounts[0].name: is missing" in answer.text
    assert "hush-hush" not in answer.text
    assert (stage.up("scraping"), stage.value(LOADED)) == (1, before)
    stage.write("scraping")
    stage.signal_and_wait(1)


def test_key_that_changes_is_taken_without_a_reload(stage: Stage) -> None:
    """A key file that is written anew counts from the next poll on."""
    key = stage.world.account("weproxies", "scraping").key
    stage.key("scraping", "wrong")
    until(lambda: stage.up("scraping") == 0, "the wrong key is refused")
    stage.key("scraping", key)
    until(lambda: stage.up("scraping") == 1, "the right key is taken")
