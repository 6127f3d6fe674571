"""The running exporter, reloaded by signal and by HTTP, guarded by a web configuration."""

import asyncio
import json
import os
import re
import signal
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from exporter.config import Config, load
from exporter.daemon import Daemon, Serving
from exporter.polling import Polling
from exporter.providers import PROVIDERS
from exporter.simulator import SimulatorServer, World, demo_world
from exporter.state import MemoryState
from exporter.web_config import WebConfigFile
from tests.web_config.stage import Folder, hashed, tls, trusting

PREFIX = "proxy_provider_exporter_config_last_reload"
LOGIN = ("prometheus", "word")

Act = Callable[[httpx.Client], object]
"""What is done while the exporter runs."""


@dataclass
class Stage:
    """Evomi's accounts of a simulated world, and a configuration file that names some of them."""

    world: World
    simulator: str
    folder: Folder

    @property
    def names(self) -> list[str]:
        """What the accounts are called."""
        return [one.name for one in self.world.accounts if one.provider == "evomi"]

    def configure(self, *names: str, **settings: object) -> None:
        """Write the configuration."""
        accounts = [
            {
                "provider": "evomi",
                "name": name,
                "api_key": self.world.account("evomi", name).key,
                "base_url": self.simulator,
            }
            for name in names
        ]
        self.folder.write("config.yml", json.dumps({"accounts": accounts, **settings}))

    def run(self, act: Act, environ: Mapping[str, str] | None = None) -> None:
        """Run the exporter with HTTPS and a password, and *act* as soon as it answers.

        It is configured by *environ*, if given, instead of the file.
        """
        self.folder.certify()
        self.folder.configure(
            tls_server_config=tls(), basic_auth_users={LOGIN[0]: hashed(LOGIN[1])}
        )
        context = trusting(self.folder.authority)
        file = self.folder.path / "config.yml" if environ is None else None
        read = partial(load, file, environ or {}, PROVIDERS)
        asyncio.run(self._run(act, read, context))

    async def _run(self, act: Act, read: Callable[[], Config], context: ssl.SSLContext) -> None:
        serving = Serving(("127.0.0.1:0",), "/metrics", WebConfigFile(self.folder.file))
        acting: list[asyncio.Future[None]] = []

        def ready(urls: Sequence[str]) -> None:
            acting.append(
                asyncio.ensure_future(asyncio.to_thread(self._act, act, urls[0], context))
            )

        await Daemon(read(), serving, MemoryState(), read).run(ready)
        await acting[0]

    def _act(self, act: Act, url: str, context: ssl.SSLContext) -> None:
        try:
            with httpx.Client(base_url=url, verify=context, auth=LOGIN, timeout=60) as client:
                act(client)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture(name="stage")
def _stage(tmp_path: Path) -> Iterator[Stage]:
    world = demo_world(time.time())
    with SimulatorServer(world) as simulator:
        yield Stage(world, simulator.url, Folder(tmp_path))


def until(find: Callable[[], bool], what: str) -> None:
    """Ask *find* again and again, until it is so."""
    end = time.monotonic() + 60
    while not find():
        assert time.monotonic() < end, f"not within a minute: {what}"
        time.sleep(0.02)


def shown(client: httpx.Client) -> dict[str, float]:
    """Return the value of every series."""
    lines = client.get("/metrics").raise_for_status().text.splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {series: float(value) for series, value in pairs}


def accounts(client: httpx.Client) -> set[str]:
    """Return the accounts that are shown."""
    return set(re.findall(r'account="([^"]+)"', "".join(shown(client))))


def is_polled(client: httpx.Client, name: str) -> bool:
    """Tell whether an account is up, and was polled by each of its collectors."""
    found = shown(client)
    polls = 'proxy_provider_polls_total{{provider="evomi",account="{}",collector="{}"}}'
    polled = [found.get(polls.format(name, one), 0) for one in ("usage", "balance")]
    return found.get(f'proxy_provider_up{{provider="evomi",account="{name}"}}') == 1 and all(polled)


def test_reload_by_http(stage: Stage) -> None:
    """Accounts come and go; the first one's polls are not disturbed; ``/config`` is the new one."""
    one, two = stage.names[:2]
    stage.configure(one)

    def act(client: httpx.Client) -> None:
        until(lambda: is_polled(client, one), "the first account is up")
        before = shown(client)
        assert accounts(client) == {one}

        stage.configure(one, two, stale_after=7)
        assert client.post("/-/reload").text == "configuration reloaded\n"
        until(lambda: is_polled(client, two), "the second account is up")
        after = shown(client)
        polls = [series for series in before if series.startswith("proxy_provider_polls_total{")]
        assert polls
        assert [after[series] for series in polls] == [before[series] for series in polls]
        assert (
            after[f"{PREFIX}_success_timestamp_seconds"]
            > before[f"{PREFIX}_success_timestamp_seconds"]
        )
        assert "stale_after: 7" in client.get("/config").text
        assert client.get("/-/ready").status_code == 200

        stage.configure(two)
        assert client.put("/-/reload").status_code == 200
        assert accounts(client) == {two}

    stage.run(act)


def test_wrong_file(stage: Stage) -> None:
    """A wrong file is refused with every reason and no secret; what ran goes on."""
    one, two = stage.names[:2]
    stage.configure(one)

    def act(client: httpx.Client) -> None:
        until(lambda: is_polled(client, one), "the account is up")
        before = shown(client)[f"{PREFIX}_success_timestamp_seconds"]
        stage.configure(two, stale_after=0, max_series="many")
        answer = client.post("/-/reload")
        assert answer.status_code == 500
        assert answer.text.startswith("configuration not reloaded: ")
        assert "stale_after" in answer.text
        assert "max_series" in answer.text
        assert stage.world.account("evomi", two).key not in answer.text
        found = shown(client)
        assert found[f"{PREFIX}_successful"] == 0
        assert found[f"{PREFIX}_success_timestamp_seconds"] == before
        assert accounts(client) == {one}
        stage.configure(one)
        assert client.post("/-/reload").status_code == 200
        assert shown(client)[f"{PREFIX}_successful"] == 1

    stage.run(act)


def test_reload_without_a_file(stage: Stage) -> None:
    """Where the environment names a key file, that is what is read again."""
    one, two = (stage.world.account("evomi", name) for name in stage.names[:2])
    stage.folder.write("key", one.key)
    file = stage.folder.path / "key"
    environ = {"EVOMI_API_KEY_FILE": str(file), "EVOMI_BASE_URL": stage.simulator}

    def act(client: httpx.Client) -> None:
        until(lambda: is_polled(client, "default"), "the account is up")
        stage.folder.write("key", "")
        answer = client.post("/-/reload")
        assert answer.status_code == 500
        assert f"EVOMI_API_KEY_FILE: {file}: the key is empty" in answer.text
        assert {request.account for request in stage.world.requests} == {one.name}
        stage.folder.write("key", two.key)
        assert client.post("/-/reload").status_code == 200
        until(lambda: stage.world.requests[-1].account == two.name, "the new key is used")

    stage.run(act, environ)


def test_reload_that_cannot_be_made(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a bug keeps the accounts from being changed, nothing else changes either."""
    one, two = stage.names[:2]
    stage.configure(one)

    def act(client: httpx.Client) -> None:
        before = client.get("/config").text
        stage.configure(two)
        with monkeypatch.context() as patch:
            patch.setattr(Polling, "update", None)
            assert client.post("/-/reload").status_code == 500
        assert client.get("/config").text == before
        assert accounts(client) == {one}

    stage.run(act)


def test_reload_by_signal(stage: Stage) -> None:
    """SIGHUP does the same, right or wrong."""
    one, two = stage.names[:2]
    stage.configure(one)

    def act(client: httpx.Client) -> None:
        until(lambda: accounts(client) == {one}, "the account is shown")
        stage.configure(two)
        os.kill(os.getpid(), signal.SIGHUP)
        until(lambda: accounts(client) == {two}, "the other account is shown")
        stage.folder.write("config.yml", "")
        os.kill(os.getpid(), signal.SIGHUP)
        until(lambda: shown(client)[f"{PREFIX}_successful"] == 0, "the file is refused")
        assert accounts(client) == {two}

    stage.run(act)


def test_password_guards_the_exporter(stage: Stage) -> None:
    """Without the password nothing is told, and nothing reloaded."""
    stage.configure(stage.names[0])

    def act(client: httpx.Client) -> None:
        for path in ("/", "/metrics", "/-/healthy", "/-/ready", "/config"):
            assert client.get(path, auth=("prometheus", "guess")).status_code == 401
        assert client.post("/-/reload", auth=("prometheus", "guess")).status_code == 401
        assert client.get("/-/healthy").status_code == 200

    stage.run(act)


def test_hang_up_ends_nothing(stage: Stage) -> None:
    """A SIGHUP that comes when the exporter has ended its work does not kill it."""
    stage.configure(stage.names[0])
    stage.run(lambda client: client.get("/-/healthy").raise_for_status())
    os.kill(os.getpid(), signal.SIGHUP)
