"""The installed program behind TLS, client certificates and a password, reloaded while it runs."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from exporter.simulator import SimulatorServer, demo_world
from tests.e2e.programs import EXPORTER, Prometheus, exporter, prometheus, tool, until
from tests.web_config.stage import Folder, hashed, tls, trusting

UP = "proxy_provider_up"
LOGIN = ("prometheus", "a word")


@dataclass
class Stage:
    """What runs while the tests of this module look at it."""

    folder: Folder
    process: subprocess.Popen[bytes]
    url: str
    prometheus: Prometheus
    log: Path
    accounts: list[dict[str, object]]
    client: trustme.LeafCert

    def configure(self, count: int) -> None:
        """Write a configuration with the first *count* accounts."""
        configure(self.folder, self.accounts[:count])

    def ask(self, method: str, path: str) -> httpx.Response:
        """Ask the exporter as Prometheus does."""
        context = trusting(self.folder.authority, self.client)
        with httpx.Client(verify=context, auth=LOGIN, timeout=60) as client:
            return client.request(method, f"{self.url}{path}")

    def shows(self, count: int) -> bool:
        """Tell whether Prometheus has found *count* accounts up in its latest scrape."""
        return self.prometheus.query(f"sum({UP})") == {(): count}


def configure(folder: Folder, accounts: list[dict[str, object]]) -> None:
    """Write a configuration that polls *accounts* every second."""
    folder.write("config.yml", json.dumps({"accounts": accounts}))


def secure(folder: Folder) -> trustme.LeafCert:
    """Write the web configuration and what it names; return the certificate of a client."""
    clients = trustme.CA()
    folder.write("clients.crt", clients.cert_pem.bytes())
    folder.certify()
    folder.configure(
        tls_server_config=tls(
            client_auth_type="RequireAndVerifyClientCert", client_ca_file="clients.crt"
        ),
        basic_auth_users={LOGIN[0]: hashed(LOGIN[1])},
    )
    client = clients.issue_cert("prometheus.example")
    folder.write("client.crt", b"".join(one.bytes() for one in client.cert_chain_pems))
    folder.write("client.key", client.private_key_pem.bytes())
    folder.write("ca.crt", folder.authority.cert_pem.bytes())
    return client


@pytest.fixture(name="stage", scope="module")
def _stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    tool("prometheus")
    folder = Folder(tmp_path_factory.mktemp("access"))
    client = secure(folder)
    world, log = demo_world(time.time()), folder.path / "exporter.log"
    access = {
        "scheme": "https",
        "tls_config": {
            "ca_file": str(folder.path / "ca.crt"),
            "cert_file": str(folder.path / "client.crt"),
            "key_file": str(folder.path / "client.key"),
        },
        "basic_auth": {"username": LOGIN[0], "password": LOGIN[1]},
    }
    with SimulatorServer(world) as simulator:
        accounts: list[dict[str, object]] = [
            {
                "provider": one.provider,
                "name": one.name,
                "api_key": one.key,
                "base_url": simulator.url,
            }
            for one in world.accounts
        ]
        configure(folder, accounts[:1])
        flag = f"--web.config.file={folder.file}"
        with exporter(folder.path / "config.yml", flag, log=log) as (process, url):
            address = url.removeprefix("http://")
            with prometheus(folder.path / "p", {"exporter": address}, access=access) as server:
                yield Stage(folder, process, f"https://{address}", server, log, accounts, client)


def test_prometheus_scrapes_what_is_guarded(stage: Stage) -> None:
    """A real Prometheus with a certificate and the password sees the account."""
    until(lambda: stage.shows(1), "the account is up in Prometheus")
    assert stage.prometheus.query("up") == {(): 1}


def test_reload_by_http(stage: Stage) -> None:
    """POST to ``/-/reload`` brings an account, which Prometheus sees."""
    stage.configure(2)
    assert stage.ask("POST", "/-/reload").status_code == 200
    until(lambda: stage.shows(2), "the second account is up in Prometheus")


def test_reload_by_signal(stage: Stage) -> None:
    """SIGHUP takes the account away again."""
    stage.configure(1)
    stage.process.send_signal(signal.SIGHUP)
    until(lambda: stage.shows(1), "the second account is gone from Prometheus")


def test_wrong_configuration(stage: Stage) -> None:
    """A wrong file leaves all as it was; Prometheus can tell from the metric."""
    stage.folder.write("config.yml", "accounts: [{api_key: canary}]")
    answer = stage.ask("POST", "/-/reload")
    assert answer.status_code == 500
    assert "accounts[0].provider: is missing" in answer.text
    failed = "proxy_provider_exporter_config_last_reload_successful == 0"
    until(lambda: stage.prometheus.query(failed), "Prometheus knows that the reload failed")
    assert stage.shows(1)
    assert "canary" not in answer.text + stage.log.read_text("utf-8")


def test_new_certificate(stage: Stage) -> None:
    """A renewed certificate is shown to the next who connects, without a restart."""
    before = stage.log.read_text("utf-8").count("web configuration loaded again")
    stage.folder.certify()
    assert stage.ask("GET", "/-/healthy").status_code == 200
    after = stage.log.read_text("utf-8").count("web configuration loaded again")
    assert after > before


def test_nobody_else_is_let_in(stage: Stage) -> None:
    """Without the certificate there is no connection, without the password no answer."""
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{stage.url}/-/healthy", verify=trusting(stage.folder.authority), auth=LOGIN)
    with pytest.raises(httpx.TransportError):
        httpx.get(stage.url.replace("https", "http"))
    context = trusting(stage.folder.authority, stage.client)
    assert httpx.get(f"{stage.url}/-/healthy", verify=context).status_code == 401


def test_wrong_web_configuration_at_the_start(stage: Stage) -> None:
    """The program ends at once with 2, and names every mistake."""
    wrong = stage.folder.path / "wrong.yml"
    wrong.write_text("{basic_auth_users: {a: canary}, rate_limit: {}}", "utf-8")
    stage.configure(1)
    config = stage.folder.path / "config.yml"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [EXPORTER, f"--config.file={config}", f"--web.config.file={wrong}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        "rate_limit",
        "basic_auth_users.a",
    ]
    assert "canary" not in done.stderr
