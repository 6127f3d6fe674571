from pathlib import Path

from exporter.account import Account
from exporter.check_config import summary
from exporter.config import Config
from exporter.secret import Credential, Secret
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
