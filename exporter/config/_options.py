"""Options: the keys of an account that only its provider has."""

from collections.abc import Mapping

from msgspec import Struct

from exporter.config._place import Place
from exporter.config._schema import AccountFields
from exporter.config._section import names, not_known, read
from exporter.providers import Provider

_COMMON = names(AccountFields)


def read_options(section: Mapping[str, object], provider: Provider, place: Place) -> Struct | None:
    """Return the options of *provider*; None when they have mistakes, which are noted."""
    return read(section, provider.options, place)


def refuse_others(
    section: Mapping[str, object],
    provider: Provider | None,
    providers: Mapping[str, Provider],
    *,
    place: Place,
) -> None:
    """Note the keys of an account that are neither common nor an option of its *provider*.

    Where the provider is not known, every provider's options are right.
    """
    judges = list(providers.values()) if provider is None else [provider]
    known = (*_COMMON, *(name for one in judges for name in names(one.options)))
    for key in section:
        if key not in known:
            place.of(key, known).mistake(_why(key, known, providers))


def _why(key: str, known: tuple[str, ...], providers: Mapping[str, Provider]) -> str:
    owners = [one.name for one in providers.values() if key in names(one.options)]
    if owners:
        return f"is an option of {' and '.join(owners)}"
    return not_known(key, known)
