"""The environment instead of a file: an account called ``default`` for every key that is set."""

from collections.abc import Mapping
from pathlib import Path

from exporter.account import Account
from exporter.config._intervals import default_intervals
from exporter.config._keys import key_in, key_of
from exporter.config._place import Place
from exporter.config._section import build
from exporter.config._urls import base_url_of
from exporter.providers import Provider
from exporter.secret import Credential

NAME = "default"
"""The ``account`` label of an account that no file names."""


def accounts_of(
    environ: Mapping[str, str], providers: Mapping[str, Provider], place: Place
) -> tuple[Account, ...]:
    """Return an account for every provider that has a key in *environ*; note what is wrong."""
    asked = [one for one in providers.values() if _variables(one) & environ.keys()]
    if not asked:
        variables = " or ".join(one.key_variable for one in providers.values())
        place.notes.mistakes.append(
            "no account is configured: give a file with --config.file, or set the environment"
            f" variable {variables} (each also as ..._FILE); to see the exporter without a key,"
            " run `proxy-provider-exporter demo`"
        )
    accounts = [_account(environ, provider, place) for provider in asked]
    return tuple(account for account in accounts if account is not None)


def _variables(provider: Provider) -> set[str]:
    return {provider.key_variable, f"{provider.key_variable}_FILE"}


def _account(environ: Mapping[str, str], provider: Provider, place: Place) -> Account | None:
    credential = _credential(environ, provider.key_variable, place)
    variable = f"{provider.name.upper()}_BASE_URL"
    given = environ.get(variable)
    base_url = provider.base_url if given is None else base_url_of(given, place / variable)
    if credential is None or base_url is None:
        return None
    return Account(
        provider=provider.name,
        name=NAME,
        credential=credential,
        base_url=base_url,
        intervals=default_intervals(provider),
        options=build({}, provider.options),
    )


def _credential(environ: Mapping[str, str], variable: str, place: Place) -> Credential | None:
    file = f"{variable}_FILE"
    if variable not in environ:
        return key_in(Path(environ[file]), place / file, base="the working directory")
    if file in environ:
        (place / variable).mistake(f"is set together with {file}: keep one")
        return None
    return key_of(environ[variable], place / variable)
