"""Canaries for keys, and a search of everything that the installed program puts out."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from exporter.providers import PROVIDERS
from tests.e2e.programs import EXPORTER, process, until
from tests.faults.echo import PASSWORD, WAYS, echoing

PAGES = ("/metrics", "/config", "/", "/-/ready", "/-/healthy", "/nothing", "/config?key=x")

CANARY = re.compile(rb"canary-[a-z0-9-]+", re.IGNORECASE)
"""What every key and password begins with; no name of an account does."""


@dataclass(frozen=True)
class Told:
    """All that the program said, by what it was said in."""

    texts: Mapping[str, bytes]
    codes: Mapping[str, int]
    """The exit code of each command."""


def _accounts(url: str, folder: Path) -> tuple[list[dict[str, object]], dict[str, str]]:
    """Return an account for each provider and way, its key here, there, or in the environment."""
    accounts: list[dict[str, object]] = []
    environ: dict[str, str] = {}
    for number, (provider, way) in enumerate((one, way) for one in PROVIDERS for way in WAYS):
        key = f"canary-{provider}-{way}-{number}"
        account: dict[str, object] = {"provider": provider, "name": way}
        account["base_url"] = f"{url}/{way}"
        account["intervals"] = {one.name: "1s" for one in PROVIDERS[provider].collectors}
        if number % 3 == 0:
            account["api_key"] = key
        elif number % 3 == 1:
            environ[f"KEY_{number}"] = key
            account["api_key"] = f"${{KEY_{number}}}"
        else:
            file = folder / f"key-{number}"
            file.write_text(f"{key}\n", "utf-8")
            account["api_key_file"] = str(file)
        accounts.append(account)
    return accounts, environ


@pytest.fixture(name="told", scope="module")
def _told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("secrets")
    config = folder / "config.yml"
    with echoing() as url, ThreadPoolExecutor() as pool:
        accounts, environ = _accounts(url, folder)
        content = {"poll_timeout": "20s", "hold_new_series": "1s", "accounts": accounts}
        config.write_text(json.dumps(content), "utf-8")
        ran = {
            name: pool.submit(_command, name, f"--config.file={config}", *flags, **environ)
            for name, flags in _commands(folder).items()
        }
        forms = [pool.submit(_run, config, form, folder, environ) for form in ("logfmt", "json")]
        texts = {name: text for form in forms for name, text in form.result().items()}
        for name, one in ran.items():
            texts[f"{name} stdout"], texts[f"{name} stderr"] = (
                one.result().stdout,
                one.result().stderr,
            )
        codes = {name: one.result().returncode for name, one in ran.items()}
    for file in folder.glob("state*"):
        texts[file.name] = file.read_bytes()
    texts["history"] = (folder / "history.om").read_bytes()
    return Told(texts, codes)


def _command(*arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    everything = {**os.environ, **environ}
    return subprocess.run((EXPORTER, *arguments), env=everything, capture_output=True, check=False)  # noqa: S603 - our own arguments


def _commands(folder: Path) -> dict[str, tuple[str, ...]]:
    state, debug = f"--storage.path={folder / 'state.db'}", "--log.level=debug"
    history = ("--since=8d", "--end=1m", "--label=job=a", "--label=instance=b", "--log.format=json")
    return {
        "check-config": (),
        "once": (state, debug),
        "doctor": (debug, "--log.format=json"),
        "backfill": (debug, *history, f"--output={folder / 'history.om'}"),
    }


def _run(config: Path, form: str, folder: Path, environ: dict[str, str]) -> dict[str, bytes]:
    """Run the exporter until all was polled, and return its log, pages and command line."""
    log, flags = folder / f"{form}.log", ("--log.level=debug", f"--log.format={form}")
    state = f"--storage.path={folder / f'state-{form}.db'}"
    texts: dict[str, bytes] = {}
    command = (EXPORTER, f"--config.file={config}", "--web.listen-address=127.0.0.1:0")
    with process(*command, *flags, state, log=log, **environ) as child:
        url = until(lambda: _url(log), "the exporter listens")
        until(lambda: httpx.get(f"{url}/-/ready").is_success, "every account was polled")
        for page in PAGES:
            answer = httpx.get(f"{url}{page}", headers={"Accept": "*/*"})
            texts[f"{form} {page}"] = answer.content
        openmetrics = {"Accept": "application/openmetrics-text"}
        texts[f"{form} openmetrics"] = httpx.get(f"{url}/metrics", headers=openmetrics).content
        texts[f"{form} cmdline"] = Path(f"/proc/{child.pid}/cmdline").read_bytes()
    texts[f"{form} log"] = log.read_bytes()
    return texts


def _url(log: Path) -> str | None:
    found = re.search(r'msg"?[=:] ?"?listening"?,? "?address"?[=:] ?"?([0-9.:]+)', log.read_text())
    return found and f"http://{found[1]}"


def test_everything_was_said(told: Told) -> None:
    """The search below looks at what it should: every output is there, and tells of failures."""
    assert told.codes == {"check-config": 0, "once": 1, "doctor": 1, "backfill": 1}
    for name in ("once stderr", "doctor stdout", "logfmt /", "logfmt log", "json log"):
        assert b"the provider answered 401" in told.texts[name], name
    assert b"<secret>" in told.texts["logfmt /config"]
    assert b"/key-" in told.texts["logfmt /config"]
    for form in ("logfmt", "json"):
        assert b"proxy_provider_up" in told.texts[f"{form} openmetrics"]
        assert b"--log.level=debug" in told.texts[f"{form} cmdline"]
    assert {"state.db", "state-logfmt.db", "state-json.db"} <= told.texts.keys()


def test_no_secret_was_said(told: Told) -> None:
    """No output holds a key or a password, wherever those came from and however they came back."""
    leaks = {name: sorted(set(CANARY.findall(text))) for name, text in told.texts.items()}
    assert {name: found for name, found in leaks.items() if found} == {}


def test_what_is_searched_for_was_planted(told: Told) -> None:
    """Accounts whose provider fits its answers around the key show what is left of those."""
    assert PASSWORD.startswith("canary-")
    for provider in PROVIDERS:
        shown = rf'{{provider="{provider}",account="fitting",[^}}]*="<secret>'
        assert re.search(shown.encode(), told.texts["logfmt /metrics"], re.IGNORECASE)
