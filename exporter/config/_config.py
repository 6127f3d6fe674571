"""Config: what the exporter is asked to do, from a file or from the environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from exporter.account import Account
from exporter.config._accounts import Surroundings, read_accounts
from exporter.config._durations import format_duration
from exporter.config._environment import accounts_of
from exporter.config._file import read_yaml
from exporter.config._place import Notes, Place
from exporter.config._prices import read_prices
from exporter.config._schema import Price, Settings
from exporter.config._section import build, fitting, mapping, names, refuse_unknown
from exporter.config._unused import warn_of_prices, warn_of_products
from exporter.file import exposure
from exporter.providers import Provider

_DEFAULTS = Settings()

_SHORTEST_TIMEOUT = 1.0
"""Seconds; less than that is a typing mistake (``30ms``), and no poll would succeed."""

_LISTS = ("prices", "accounts")

_EXAMPLE = (
    "write, for example,"
    ' `accounts: [{provider: webshare, name: main, api_key: "${WEBSHARE_API_KEY}"}]`'
)
"""The shortest file that works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration. Durations are in seconds."""

    accounts: tuple[Account, ...]
    prices: tuple[Price, ...] = ()
    """As the file has them; each account holds those of its provider by the byte."""
    poll_timeout: float = _DEFAULTS.poll_timeout
    stale_after: int = _DEFAULTS.stale_after
    max_series: int = _DEFAULTS.max_series
    hold_new_series: float = _DEFAULTS.hold_new_series
    warnings: tuple[str, ...] = ()
    """What is allowed, but not wise; one line each."""


def load(
    path: Path | None,
    environ: Mapping[str, str],
    providers: Mapping[str, Provider],
    *,
    or_pipe: bool = True,
) -> Config:
    """Return the configuration in the file at *path*, or without one that of *environ*.

    A relative ``api_key_file`` begins in the folder of the file, as paths do in Prometheus'
    configuration; that of a variable begins in the working directory. With *or_pipe*, the file may
    be a pipe, as a shell makes one of ``<(command)``: whoever reads it may have to wait.

    Raises: UsageError, with all mistakes.
    """
    notes = Notes()
    if path is None:
        accounts = accounts_of(environ, providers, Place(notes))
        notes.check()
        return Config(accounts=accounts, warnings=tuple(notes.warnings))
    place = Place(notes, str(path))
    root, mode = read_yaml(path, place, or_pipe=or_pipe)
    section = _section(root, place)
    _warn_of_others(mode, section, place)
    config = _config(section, Surroundings(environ, providers, path.parent), place)
    notes.check()
    return config


def _warn_of_others(mode: int, section: Mapping[str, object], place: Place) -> None:
    """Warn of a file with keys in it that everyone can read."""
    accounts = section.get("accounts")
    keys = [
        str(one["api_key"])
        for one in (accounts if isinstance(accounts, list) else ())
        if isinstance(one, dict) and "api_key" in one
    ]
    exposed = exposure(mode, "the keys in it")
    if exposed and any("${" not in key for key in keys):
        place.warn(exposed)


def _section(root: object, place: Place) -> dict[str, object]:
    """Return the keys of the file, which holds *root*.

    Raises: UsageError when there are none.
    """
    if root is None and not place.notes.mistakes:
        place.mistake(f"is empty: {_EXAMPLE}")
    section = {} if root is None else mapping(root, place)
    if not section:
        place.notes.check()
    return section or {}


def _warn_of_unused(
    accounts: Sequence[Account], prices: Sequence[Price], around: Surroundings, place: Place
) -> None:
    for number, account in enumerate(accounts):
        provider = around.providers[account.provider]
        warn_of_products(account, provider, place / "accounts" / number / "products")
    warn_of_prices(prices, accounts, around.providers, place / "prices")


def _config(section: Mapping[str, object], around: Surroundings, place: Place) -> Config:
    refuse_unknown(section, (*names(Settings), *_LISTS), place)
    settings = build(fitting(section, Settings, place), Settings)
    if settings.poll_timeout < _SHORTEST_TIMEOUT:
        (place / "poll_timeout").mistake(f"has to be at least {format_duration(_SHORTEST_TIMEOUT)}")
    prices = read_prices(section.get("prices"), around.providers, place / "prices")
    around = replace(around, prices=prices)
    accounts = read_accounts(section.get("accounts"), around, place / "accounts")
    if section.get("accounts") in (None, []):
        (place / "accounts").mistake(f"there are none: {_EXAMPLE}")
    if not place.notes.mistakes:
        _warn_of_unused(accounts, prices, around, place)
    return Config(
        accounts=accounts,
        prices=prices,
        poll_timeout=settings.poll_timeout,
        stale_after=settings.stale_after,
        max_series=settings.max_series,
        hold_new_series=settings.hold_new_series,
        warnings=tuple(place.notes.warnings),
    )
