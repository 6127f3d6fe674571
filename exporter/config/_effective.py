"""The effective configuration: what holds, defaults filled in, as the file could have it."""

from collections.abc import Mapping

import msgspec
import yaml

from exporter.account import Account
from exporter.config._config import Config
from exporter.config._durations import format_duration
from exporter.providers import Provider


def effective(config: Config, providers: Mapping[str, Provider]) -> str:
    """Return *config* as YAML, with the names of key files and no key."""
    shown = {
        "poll_timeout": format_duration(config.poll_timeout),
        "stale_after": config.stale_after,
        "max_series": config.max_series,
        "hold_new_series": format_duration(config.hold_new_series),
        "prices": msgspec.to_builtins(config.prices, builtin_types=()),
        "accounts": [_account(one, providers[one.provider]) for one in config.accounts],
    }
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True)


def _account(account: Account, provider: Provider) -> dict[str, object]:
    credential = account.credential
    key: dict[str, object] = (
        {"api_key": str(credential.secret)}
        if credential.file is None
        else {"api_key_file": str(credential.file)}
    )
    intervals = {
        collector.name: format_duration(account.intervals.get(collector.name, 0))
        for collector in provider.collectors
    }
    return {
        "provider": account.provider,
        "name": account.name,
        **key,
        "base_url": account.base_url,
        "intervals": intervals,
        **msgspec.to_builtins(account.options),
    }
