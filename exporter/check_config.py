"""``check-config``: say what a configuration means, or what is wrong with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from exporter.account import Account
from exporter.config import Config, format_duration
from exporter.providers import Provider


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
