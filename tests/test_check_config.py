from pathlib import Path

import pytest

from exporter.account import Account
from exporter.check_config import summary, web_summary
from exporter.cli import main
from exporter.config import Config
from exporter.secret import Credential, Secret
from exporter.web_config import WebConfig
from exporter.web_config._schema import ClientAuth, TlsSection
from tests.config.fake import PROVIDERS
from tests.web_config.stage import Folder, hashed, tls

pytestmark = pytest.mark.usefixtures("_logging")


def account(name: str, intervals: dict[str, float]) -> Account:
    """Make an account of the first provider."""
    return Account("webshare", name, Credential(Secret("abc")), "https://example.org", intervals)


def test_summary() -> None:
    """The summary has every account with the intervals of its collectors, and no warning."""
    accounts = (account("main", {"usage": 60, "proxies": 3600}), account("b", {"usage": 300}))
    config = Config(accounts=accounts, warnings=("config.yml: careful",))

    assert summary(config, Path("config.yml"), PROVIDERS) == (
        "config.yml: OK, 2 accounts\n"
        "  webshare/main: usage every 1m, proxies every 1h, account off\n"
        "  webshare/b: usage every 5m, proxies off, account off"
    )


def test_summary_without_a_file() -> None:
    """Without a file the summary says where the accounts are from."""
    text = summary(Config(accounts=(account("main", {}),)), None, PROVIDERS)

    assert text.startswith("environment: OK, 1 account\n")


def _tls(clients: ClientAuth) -> TlsSection:
    return TlsSection(cert_file="a", key_file="b", client_auth_type=clients)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (WebConfig(), "HTTP, no password is asked for"),
        (WebConfig(users={"a": b"", "b": b""}), "HTTP, 2 users"),
        (WebConfig(tls=_tls("NoClientCert"), users={"a": b""}), "HTTPS, 1 user"),
        (
            WebConfig(tls=_tls("VerifyClientCertIfGiven")),
            "HTTPS, client certificates verified if given, no password is asked for",
        ),
        (
            WebConfig(tls=_tls("RequireAndVerifyClientCert")),
            "HTTPS, client certificates required, no password is asked for",
        ),
    ],
    ids=repr,
)
def test_web_summary(config: WebConfig, expected: str) -> None:
    """The summary says who may ask, and by which protocol."""
    assert web_summary(config, Path("web.yml")) == f"web.yml: OK, {expected}"


def test_check_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A right configuration is summed up on stdout."""
    path = tmp_path / "config.yml"
    path.write_text("accounts: [{provider: webshare, name: main, api_key: abc}]")

    assert main(["check-config", f"--config.file={path}"]) == 0
    assert capsys.readouterr().out == (
        f"{path}: OK, 1 account\n"
        "  webshare/main: usage every 5m, proxies every 15m, account every 15m\n"
    )


def test_check_config_with_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not wise is said on stderr; the summary alone is on stdout."""
    key = tmp_path / "key"
    key.write_text("abc")
    key.chmod(0o644)
    path = tmp_path / "config.yml"
    path.write_text("accounts: [{provider: evomi, name: main, api_key_file: key}]")

    assert main(["check-config", f"--config.file={path}"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{path}: OK, 1 account\n  evomi/main: usage every 5m, balance every 5m\n"
    assert err == (
        f"warning: {path}: accounts[0].api_key_file: {key}: its mode 0644 lets others read the key:"
        " chmod 600, unless its folder is closed to them\n"
    )


def test_check_config_with_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong configuration has its mistakes on stderr, and the code 2."""
    path = tmp_path / "config.yml"
    path.write_text("[]")

    assert main(["check-config", f"--config.file={path}"]) == 2
    assert ("", f"{path}: expected a mapping of keys to values\n") == capsys.readouterr()


def test_check_config_with_a_web_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The web configuration is checked and summed up with the other one."""
    path, folder = tmp_path / "config.yml", Folder(tmp_path)
    path.write_text("accounts: [{provider: evomi, name: main, api_key: abc}]")
    folder.certify()
    (tmp_path / "server.key").chmod(0o644)
    folder.configure(tls_server_config=tls(), basic_auth_users={"a": hashed("x")})
    flags = [f"--config.file={path}", f"--web.config.file={folder.file}"]

    assert main(["check-config", *flags]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == f"{folder.file}: OK, HTTPS, 1 user"
    assert "server.key: its mode 0644 lets others read the key" in err

    folder.configure(basic_auth_users={"a": "x", "b": "y"})
    assert main(["check-config", *flags]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": expected a bcrypt hash")[0] for line in lines] == [
        f"{folder.file}: basic_auth_users.{name}" for name in "ab"
    ]
