"""``check-config``: say what a configuration means, or what is wrong with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from exporter.account import Account
from exporter.config import Config, format_duration
from exporter.providers import Provider
from exporter.web_config import WebConfig


def summary(config: Config, file: Path | None, providers: Mapping[str, Provider]) -> str:
    """Return what *config* has the exporter do; *file* is None when the environment gave it."""
    return "\n".join(_lines(config, file, providers))


def _lines(config: Config, file: Path | None, providers: Mapping[str, Provider]) -> Iterator[str]:
    count = len(config.accounts)
    accounts = "1 account" if count == 1 else f"{count} accounts"
    yield f"{file or 'environment'}: OK, {accounts}"
    for account in config.accounts:
        yield f"  {account.provider}/{account.name}: {_intervals(account, providers)}"


def _intervals(account: Account, providers: Mapping[str, Provider]) -> str:
    """Return every collector of the provider with its interval, or that it is off."""
    return ", ".join(
        f"{one.name} {_interval(account, one.name)}"
        for one in providers[account.provider].collectors
    )


def _interval(account: Account, collector: str) -> str:
    seconds = account.intervals.get(collector)
    return "off" if seconds is None else f"every {format_duration(seconds)}"


def web_summary(config: WebConfig, file: Path) -> str:
    """Return who may ask, and by which protocol, after *config* in *file*."""
    count = len(config.users)
    users = {0: "no password is asked for", 1: "1 user"}.get(count, f"{count} users")
    return f"{file}: OK, {_protocol(config)}, {users}"


def _protocol(config: WebConfig) -> str:
    if config.tls is None:
        return "HTTP"
    clients = {
        "NoClientCert": "",
        "VerifyClientCertIfGiven": ", client certificates verified if given",
        "RequireAndVerifyClientCert": ", client certificates required",
    }
    return f"HTTPS{clients[config.tls.client_auth_type]}"
