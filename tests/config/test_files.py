"""Configuration files: ``configs/invalid-<what>.yml``, its messages in ``invalid-<what>.txt``."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exporter.account import Account
from exporter.config import Config, Price, effective, load
from exporter.errors import UsageError
from exporter.providers import PROVIDERS as REAL_PROVIDERS
from exporter.providers._provider import NoOptions
from exporter.secret import Credential, Secret
from tests.config.fake import PROVIDERS, Periods, Products

CONFIGS = Path(__file__).parent.parent / "configs"
ENVIRON = {
    "EMPTY": "",
    "EVOMI_API_KEY": "evomi-key",
    "HOST": "localhost",
    "WEPROXIES_API_TOKEN": "weproxies-key",
}
INVALID = sorted(CONFIGS.glob("invalid-*.yml"))


def mistakes(path: Path) -> tuple[str, ...]:
    """Return what loading the file complains about, with paths from the folder on."""
    with pytest.raises(UsageError) as caught:
        load(path, ENVIRON, PROVIDERS)
    return tuple(line.replace(f"{CONFIGS}/", "") for line in caught.value.mistakes)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_file(path: Path) -> None:
    """A file with mistakes gives all of them, each on a line that begins with its place."""
    expected = path.with_suffix(".txt").read_text("utf-8").splitlines()

    assert tuple(f"{path.name}: {line}" for line in expected) == mistakes(path)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_messages_hide_secrets(path: Path) -> None:
    """Wherever a key may have landed by mistake, no message shows it."""
    assert "s3c" not in "\n".join(mistakes(path))


def test_messages_of_the_tables_are_there() -> None:
    """Every file has messages, and every list of messages a file."""
    assert {path.stem for path in INVALID} == {path.stem for path in CONFIGS.glob("invalid-*.txt")}


def test_configuration_from_a_pipe(tmp_path: Path) -> None:
    """A shell's ``<(command)`` is a pipe: what it brings is the configuration."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with ThreadPoolExecutor() as other:
        text = "accounts: [{provider: webshare, name: main, api_key: key}]"
        written = other.submit(pipe.write_text, text, "utf-8")
        config = load(pipe, {}, REAL_PROVIDERS)
        assert written.result()
    assert [one.name for one in config.accounts] == ["main"]


def test_pipe_that_nobody_may_wait_for(tmp_path: Path) -> None:
    """Where reading must not wait, a pipe is refused."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="is a pipe; give the path of a file"):
        load(pipe, {}, PROVIDERS, or_pipe=False)


def test_no_such_file(tmp_path: Path) -> None:
    """A configuration file that is not there is a mistake that names it."""
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "none.yml", {}, PROVIDERS)

    expected = f"{tmp_path}/none.yml: there is no such file"
    assert (expected,) == caught.value.mistakes


def test_pipe_in_the_place_of_a_key_file(tmp_path: Path) -> None:
    """A key file is read again and again: a pipe is refused, and holds nobody up."""
    path, pipe = tmp_path / "config.yml", tmp_path / "key"
    os.mkfifo(pipe)
    path.write_text("accounts: [{provider: webshare, name: main, api_key_file: key}]")
    with pytest.raises(UsageError) as caught:
        load(path, {}, PROVIDERS)
    expected = f"{path}: accounts[0].api_key_file: {pipe}: is a pipe; give the path of a file"
    assert caught.value.mistakes == (expected,)


def test_full_file() -> None:
    """Every key of the file ends where it belongs."""
    key_file = CONFIGS / "keys" / "webshare"
    config = load(CONFIGS / "valid-full.yml", ENVIRON, PROVIDERS)

    assert (
        config.poll_timeout,
        config.stale_after,
        config.max_series,
        config.hold_new_series,
    ) == (20.0, 4, 500, 0.0)
    assert (Price("evomi", "rpc", 0.49), Price("evomi", "mp", 2.0)) == config.prices
    assert config.accounts == (
        Account(
            provider="webshare",
            name="main",
            credential=Credential(Secret("key-in-a-file"), key_file),
            base_url="https://api.webshare.example",
            intervals={"usage": 60, "proxies": 3600},
            options=NoOptions(),
        ),
        Account(
            provider="weproxies",
            name="scraping",
            credential=Credential(Secret("weproxies-key")),
            base_url="https://api.weproxies.example",
            intervals={"usage": 300, "realtime": 30},
            options=Periods(periods=("week", "all")),
        ),
        Account(
            provider="evomi",
            name="team",
            credential=Credential(Secret("prefix-evomi-key")),
            base_url="http://localhost:8080/evomi",
            intervals={"usage": 300, "balance": 300},
            options=Products(products=("rpc", "mp")),
            prices={"rpc": 0.49e-9, "mp": 2e-9},
        ),
    )


def test_least_file() -> None:
    """One account with a name and a key is a configuration; all else has a default."""
    config = load(CONFIGS / "valid-least.yml", {}, PROVIDERS)

    assert Config(accounts=config.accounts, warnings=config.warnings) == config
    assert config.accounts[0].intervals == {"usage": 300, "proxies": 900, "account": 900}
    assert (
        config.poll_timeout,
        config.stale_after,
        config.max_series,
        config.hold_new_series,
    ) == (30.0, 3, 10_000, 300.0)


@pytest.mark.parametrize(
    ("key", "mode", "warned"),
    [
        ("abc", 0o644, True),
        ("abc", 0o640, False),
        ("${KEY}", 0o644, False),
    ],
)
def test_keys_that_others_can_read(tmp_path: Path, key: str, mode: int, warned: bool) -> None:  # noqa: FBT001 - a column of the table
    """A file with keys in it that everyone can read is worth a warning that names it."""
    path = tmp_path / "config.yml"
    path.write_text(f'accounts: [{{provider: webshare, name: main, api_key: "{key}"}}]', "utf-8")
    path.chmod(mode)
    warnings = load(path, {"KEY": "abc"}, PROVIDERS).warnings
    expected = (
        f"{path}: its mode 0644 lets others read the keys in it:"
        " chmod 600, unless its folder is closed to them"
    )
    assert warnings == ((expected,) if warned else ())


def test_options_of_the_real_providers() -> None:
    """Every provider that there is takes its documented options and collectors."""
    config = load(CONFIGS / "valid-options.yml", {}, REAL_PROVIDERS)

    assert [account.provider for account in config.accounts] == list(REAL_PROVIDERS)
    assert "products:\n  - rpc\n  - mp\n" in effective(config, REAL_PROVIDERS)


def test_anchors() -> None:
    """YAML's merge keys work, a key may override them, and a date is a name."""
    config = load(CONFIGS / "valid-anchors.yml", {}, PROVIDERS)

    assert [account.name for account in config.accounts] == ["main", "other", "2026-11-20"]
    assert config.accounts[0].intervals == config.accounts[1].intervals


def test_variables_without_a_mention() -> None:
    """With a file, the variables that stand in for one make no account."""
    config = load(CONFIGS / "valid-least.yml", {"EVOMI_API_KEY": "abc"}, PROVIDERS)

    assert [account.provider for account in config.accounts] == ["webshare"]


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o604, True)])
def test_key_file_that_others_can_read(tmp_path: Path, mode: int, *, warned: bool) -> None:
    """A key file that everyone can read is worth a warning that names it; a group may be meant."""
    key_file = tmp_path / "key"
    key_file.write_text("abc\n")
    key_file.chmod(mode)
    path = tmp_path / "config.yml"
    path.write_text("accounts: [{provider: webshare, name: main, api_key_file: key}]")

    warning = (
        f"{path}: accounts[0].api_key_file: {key_file}: its mode {mode:04o} lets others read the"
        " key: chmod 600, unless its folder is closed to them"
    )
    assert ((warning,) if warned else ()) == load(path, {}, PROVIDERS).warnings
