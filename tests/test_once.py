"""The command ``once``, of providers that the simulator plays."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.cli import main
from exporter.simulator import Fault, World, demo_world
from tests.commands import configured

pytestmark = pytest.mark.usefixtures("_logging")


@pytest.fixture(name="world")
def _world() -> World:
    return demo_world(time.time())


@pytest.fixture(name="config")
def _config(world: World, tmp_path: Path) -> Iterator[str]:
    with configured(world, tmp_path) as flag:
        yield flag


def test_once(config: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Everything is polled once and printed; the ledger is moved where one is named."""
    state = tmp_path / "state.db"
    assert main(["once", config, f"--storage.path={state}"]) == 0
    shown = capfd.readouterr().out
    assert "proxy_provider_up{" in shown
    assert "proxy_provider_exporter_state_persistent 1.0\n" in shown
    assert state.exists()


@pytest.mark.parametrize("command", ["once", "backfill"])
def test_state_that_can_be_no_file(
    command: str, config: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A folder where the state should be is wrong use, named before anything is polled."""
    flags = ["--since=2d", "--end=1d"] if command == "backfill" else []
    assert main([command, config, f"--storage.path={tmp_path}", *flags]) == 2
    said = f"--storage.path: {tmp_path}: is a directory; give the path of a file\n"
    assert capfd.readouterr() == ("", said)


def test_once_shows_what_came_first(
    world: World, config: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """However long other accounts take, nothing that was asked for just now is stale."""
    quick, slow = (one for one in world.accounts if one.provider == "evomi")
    world.faults = [Fault(kind="slow", account=slow.name, delay_seconds=2)]
    file = Path(config.partition("=")[2])
    settings = json.loads(file.read_text("utf-8"))
    for account in settings["accounts"]:
        account["intervals"] = {"usage": "1s"}
    file.write_text(json.dumps({**settings, "stale_after": 1}), "utf-8")
    assert main(["once", config]) == 0
    gauge = f'proxy_provider_account_period_traffic_bytes{{provider="evomi",account="{quick.name}"'
    assert gauge in capfd.readouterr().out


def test_once_when_a_provider_fails(world: World, config: str) -> None:
    """That a required collector fails is the program's failure."""
    world.faults = [Fault(kind="status", status=401)]
    assert main(["once", config, "--log.level=error"]) == 1
