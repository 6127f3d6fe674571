"""Accounts: what the file says of each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import UNSET

from exporter.account import Account
from exporter.config._expand import expand
from exporter.config._intervals import read_intervals
from exporter.config._keys import key_in, key_of
from exporter.config._options import read_options, refuse_others
from exporter.config._place import Place
from exporter.config._prices import per_byte
from exporter.config._schema import AccountFields, Price
from exporter.config._section import build, fitting, items, mapping
from exporter.config._texts import check_label, find_provider
from exporter.config._urls import base_url_of
from exporter.providers import Provider
from exporter.secret import Credential


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What accounts are read with, besides their own section.

    Relative paths of key files begin in *folder*.
    """

    environ: Mapping[str, str]
    providers: Mapping[str, Provider]
    folder: Path
    prices: tuple[Price, ...] = ()


@dataclass(frozen=True, slots=True)
class _Section:
    """One account, as the file has it."""

    keys: Mapping[str, object]
    fields: AccountFields
    around: Surroundings
    place: Place


def read_accounts(value: object, around: Surroundings, place: Place) -> tuple[Account, ...]:
    """Return the accounts that are right; note what is wrong with the others."""
    sections, accounts = [], []
    for number, item in enumerate(items(value, place)):
        section = _section(item, around, place / number)
        if section is not None:
            sections.append(section)
            accounts.append(_account(section))
    _refuse_twins(sections)
    return tuple(account for account in accounts if account is not None)


def _section(item: object, around: Surroundings, place: Place) -> _Section | None:
    keys = mapping(item, place)
    if keys is None:
        return None
    fields = build(fitting(keys, AccountFields, place), AccountFields)
    return _Section(keys, fields, around, place)


def _account(section: _Section) -> Account | None:
    """Return the account; None when it has mistakes: nothing returns before all are noted."""
    provider = _provider(section)
    name = _name(section)
    credential = _credential(section)
    base_url = _base_url(section)
    place = section.place
    refuse_others(section.keys, provider, section.around.providers, place=place)
    if provider is None:
        return None
    options = read_options(section.keys, provider, place)
    intervals = read_intervals(section.fields.intervals, provider, place / "intervals")
    if name is None or credential is None:
        return None
    return Account(
        provider=provider.name,
        name=name,
        credential=credential,
        base_url=base_url or provider.base_url,
        intervals=intervals,
        options=options,
        prices=per_byte(section.around.prices, provider.name),
    )


def _refuse_twins(sections: list[_Section]) -> None:
    """Note the accounts whose name an earlier one of the same provider has."""
    first: dict[tuple[object, object], Place] = {}
    for section in sections:
        key = (section.fields.provider, section.fields.name)
        if UNSET in key:
            continue
        other = first.setdefault(key, section.place)
        if other is not section.place:
            (section.place / "name").mistake(f"is the name of {other.path} too: choose another")


def _provider(section: _Section) -> Provider | None:
    provider = section.fields.provider
    if provider is not UNSET:
        return find_provider(provider, section.around.providers, section.place / "provider")
    if "provider" not in section.keys:
        known = " or ".join(section.around.providers)
        (section.place / "provider").mistake(f"is missing; give {known}")
    return None


def _name(section: _Section) -> str | None:
    name = section.fields.name
    if name is not UNSET:
        return check_label(name, section.place / "name")
    if "name" not in section.keys:
        (section.place / "name").mistake(
            "is missing; give what the label `account` shall be, such as main"
        )
    return None


def _credential(section: _Section) -> Credential | None:
    key, file, place = section.fields.api_key, section.fields.api_key_file, section.place
    given = [name for name in ("api_key", "api_key_file") if name in section.keys]
    if not given:
        (place / "api_key").mistake("is missing; give api_key_file, or api_key: ${NAME}")
    if len(given) > 1:
        (place / "api_key").mistake("is given together with api_key_file; keep one")
    elif key is not UNSET:
        text = expand(key, section.around.environ, place / "api_key")
        return None if text is None else key_of(text, place / "api_key")
    elif file is not UNSET:
        return key_in(
            section.around.folder / file,
            place / "api_key_file",
            base="the folder of the configuration file",
        )
    return None


def _base_url(section: _Section) -> str | None:
    """Return the URL that the account gives; None when it gives none."""
    url, place = section.fields.base_url, section.place / "base_url"
    if url is UNSET:
        return None
    text = expand(url, section.around.environ, place)
    return None if text is None else base_url_of(text, place)
