"""WebConfig: what a file asks of the HTTP server."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from exporter.config import Place, build, fitting, mapping, names, read_yaml, refuse_unknown
from exporter.web_config._pem import KINDS, read_pem
from exporter.web_config._schema import (
    ALWAYS,
    CIPHERS,
    INSTEAD,
    SECTIONS,
    UNSUPPORTED_KEYS,
    WHY,
    TlsSection,
)

_HASH = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
"""What bcrypt makes: version, cost, salt and digest."""

_MOST_COST = 14
"""A second of a core for each login that is not remembered; every step doubles it."""

_NO_CHOICE = "has no suite for TLS 1.2: give one, or min_version: TLS13"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """Who may ask, and by which protocol. No *tls* is HTTP; without *users* all may ask."""

    tls: TlsSection | None = None
    users: Mapping[str, bytes] = field(default_factory=dict)
    """bcrypt hashes, by name."""


def read_web_config(path: Path, place: Place) -> WebConfig:
    """Return what is right in the file at *path*; note all that is wrong. May be empty."""
    root, _ = read_yaml(path, place)
    section = {} if root is None else mapping(root, place) or {}
    _refuse(section, SECTIONS, place)
    return WebConfig(tls=_tls(section, path.parent, place), users=_users(section, place))


def _refuse(section: Mapping[str, object], known: tuple[str, ...], place: Place) -> None:
    """Note what of *section* is unknown, and what is known to the toolkit but not to us."""
    refuse_unknown((key for key in section if key not in UNSUPPORTED_KEYS), known, place)
    for key in section:
        if key in UNSUPPORTED_KEYS:
            (place / key).mistake(UNSUPPORTED_KEYS[key])


def _supported(section: Mapping[str, object], place: Place) -> Iterator[tuple[str, object]]:
    """Yield *section*, with what to use instead of values that we do not know, which are noted."""
    for key, value in section.items():
        instead = INSTEAD.get(key, {}).get(value) if isinstance(value, str) else None
        if instead is not None:
            what = f"{value} is not supported: {WHY[key]}; use {instead}"
            (place / key).mistake(what)
        yield key, instead or value


def _tls(root: Mapping[str, object], folder: Path, place: Place) -> TlsSection | None:
    if "tls_server_config" not in root:
        return None
    place /= "tls_server_config"
    section = mapping(root["tls_server_config"], place)
    if section is None:
        return None
    _refuse(section, names(TlsSection), place)
    section = dict(_supported(section, place))
    before = len(place.notes.mistakes)
    good = fitting(section, TlsSection, place)
    is_whole = len(place.notes.mistakes) == before
    tls = _placed(build({"cert_file": "", "key_file": "", **good}, TlsSection), folder)
    _check(tls, section, section.keys() - good.keys(), place)
    if is_whole:
        return tls
    for key in KINDS:
        if good.get(key) is not None:
            read_pem(getattr(tls, key), place, key)
    return None


def _check(tls: TlsSection, section: Mapping[str, object], wrong: set[str], place: Place) -> None:
    """Note what of *tls*, made of *section*, does not go together; *wrong* is noted already."""
    if wrong.isdisjoint({"client_auth_type", "client_ca_file"}):
        _check_client_auth(tls, place)
    if tls.max_version < tls.min_version:
        (place / "max_version").mistake("is below min_version")
    _check_suites(section.get("cipher_suites"), place / "cipher_suites")
    if "min_version" not in wrong:
        _check_choice(tls, place / "cipher_suites")


def _check_client_auth(tls: TlsSection, place: Place) -> None:
    verifies = tls.client_auth_type != "NoClientCert"
    if verifies and tls.client_ca_file is None:
        (place / "client_ca_file").mistake(
            f"is missing: {tls.client_auth_type} needs to know who signs for clients"
        )
    if not verifies and tls.client_ca_file is not None:
        (place / "client_ca_file").mistake(
            "is given without a client_auth_type that verifies: give RequireAndVerifyClientCert"
        )


def _check_suites(value: object, place: Place) -> None:
    for number, name in enumerate(value if isinstance(value, list) else ()):
        if isinstance(name, str) and name not in (*CIPHERS, *ALWAYS):
            (place / number).mistake("is no cipher suite that Go's TLS has and holds secure")


def _check_choice(tls: TlsSection, place: Place) -> None:
    if (
        tls.cipher_suites
        and tls.min_version == "TLS12"
        and CIPHERS.keys().isdisjoint(tls.cipher_suites)
    ):
        place.mistake(_NO_CHOICE)


def _placed(tls: TlsSection, folder: Path) -> TlsSection:
    """Return *tls* with its relative paths below *folder*."""
    ca = tls.client_ca_file
    return structs.replace(
        tls,
        cert_file=str(folder / tls.cert_file),
        key_file=str(folder / tls.key_file),
        client_ca_file=None if ca is None else str(folder / ca),
    )


def _users(root: Mapping[str, object], place: Place) -> Mapping[str, bytes]:
    if "basic_auth_users" not in root:
        return {}
    place /= "basic_auth_users"
    section = mapping(root["basic_auth_users"], place)
    if section == {}:
        place.mistake("has no users: give one, or leave it out")
    users = {}
    for nth, (name, hashed) in enumerate((section or {}).items(), start=1):
        at = place.of(name, nth=nth)
        if ":" in name or not name:
            at.mistake("has a name that cannot log in: empty, or with a colon")
        found = _HASH.fullmatch(hashed) if isinstance(hashed, str) else None
        if found is None:
            at.mistake('expected a bcrypt hash, as `htpasswd -nBC 10 "" | tr -d ":"` makes one')
        elif int(found[1]) > _MOST_COST:
            at.mistake(f"costs too much: {_MOST_COST} at most, 10 is usual")
        else:
            users[name] = found[0].encode()
    return users
