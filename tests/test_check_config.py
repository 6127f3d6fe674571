from pathlib import Path

import pytest

from exporter.account import Account
from exporter.check_config import summary, web_summary
from exporter.config import Config
from exporter.secret import Credential, Secret
from exporter.web_config import WebConfig
from exporter.web_config._schema import ClientAuth, TlsSection
from tests.config.fake import PROVIDERS


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
