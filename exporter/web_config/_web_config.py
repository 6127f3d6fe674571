"""WebConfig: what a file asks of the HTTP server."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from msgspec import structs

from exporter.config import Place, mapping, names, read, read_yaml, refuse_unknown
from exporter.web_config._schema import (
    ALWAYS,
    CIPHERS,
    HEADERS,
    SECTIONS,
    UNSUPPORTED_KEYS,
    UNSUPPORTED_VALUES,
    HttpSection,
    TlsSection,
)

_HASH = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
"""What bcrypt makes: version, cost, salt and digest."""

_HEADER_VALUE = re.compile(r"[ -~]*")
"""What a header can carry: no line break, above all."""

_NO_CHOICE = "has no suite for TLS 1.2: give one, or min_version: TLS13"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """Who may ask, and by which protocol. No *tls* is HTTP; without *users* all may ask."""

    tls: TlsSection | None = None
    users: Mapping[str, bytes] = field(default_factory=dict)
    """bcrypt hashes, by name."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every answer that has no such header of its own."""


def read_web_config(path: Path, place: Place) -> WebConfig:
    """Return what is right in the file at *path*; note all that is wrong. May be empty."""
    root = read_yaml(path, place)
    section = {} if root is None else mapping(root, place) or {}
    _refuse(section, SECTIONS, place)
    return WebConfig(
        tls=_tls(section, path.parent, place),
        users=_users(section, place),
        headers=_headers(section, place),
    )


def _refuse(section: Mapping[str, object], known: tuple[str, ...], place: Place) -> None:
    """Note what of *section* is unknown, and what is known to the toolkit but not to us."""
    refuse_unknown((key for key in section if key not in UNSUPPORTED_KEYS), known, place)
    for key in section.keys() & UNSUPPORTED_KEYS:
        (place / key).mistake(UNSUPPORTED_KEYS[key])


def _supported(section: Mapping[str, object], place: Place) -> bool:
    """Note the values that the toolkit knows and we do not; tell whether there is none."""
    found = [
        (key, value)
        for key, value in section.items()
        if isinstance(value, str | bool) and value in UNSUPPORTED_VALUES.get(key, ())
    ]
    for key, value in found:
        what = UNSUPPORTED_VALUES[key][value]
        (place / key).mistake(f"{value} {what}" if isinstance(value, str) else what)
    return not found


def _tls(root: Mapping[str, object], folder: Path, place: Place) -> TlsSection | None:
    if "tls_server_config" not in root:
        return None
    place /= "tls_server_config"
    section = mapping(root["tls_server_config"], place)
    if section is None:
        return None
    _refuse(section, names(TlsSection), place)
    tls = read(section, TlsSection, place) if _supported(section, place) else None
    if tls is None:
        return None
    _check_client_auth(tls, place)
    _check_versions(tls, place)
    return _placed(tls, folder)


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


def _check_versions(tls: TlsSection, place: Place) -> None:
    if tls.max_version < tls.min_version:
        (place / "max_version").mistake("is below min_version")
    place /= "cipher_suites"
    for number, name in enumerate(tls.cipher_suites):
        if name not in (*CIPHERS, *ALWAYS):
            (place / number).mistake("is no cipher suite that Go's TLS has and holds secure")
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
    for name, hashed in (section or {}).items():
        if ":" in name or not name:
            place.of(name).mistake("has a name that cannot log in: empty, or with a colon")
        if isinstance(hashed, str) and _HASH.fullmatch(hashed):
            users[name] = hashed.encode()
        else:
            place.of(name).mistake(
                'expected a bcrypt hash, as `htpasswd -nBC 10 "" | tr -d ":"` makes one'
            )
    return users


def _headers(root: Mapping[str, object], place: Place) -> Mapping[str, str]:
    if "http_server_config" not in root:
        return {}
    place /= "http_server_config"
    section = mapping(root["http_server_config"], place)
    if section is None:
        return {}
    _refuse(section, names(HttpSection), place)
    if _supported(section, place):
        read(section, HttpSection, place)
    place /= "headers"
    found = mapping(section["headers"], place) or {} if "headers" in section else {}
    return {name: value for name, value in found.items() if _may_set(value, name, place)}


def _may_set(value: object, name: str, place: Place) -> TypeGuard[str]:
    """Note why a header may not be set; tell whether it is to be, as a blank one is not."""
    if name not in HEADERS:
        place.of(name).mistake(f"is no header that may be set; there are {', '.join(HEADERS)}")
    elif not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
        (place / name).mistake("expected a line of printable ASCII")
    elif HEADERS[name] and value not in HEADERS[name]:
        (place / name).mistake(f"expected {' or '.join(HEADERS[name])}")
    else:
        return bool(value)
    return False
