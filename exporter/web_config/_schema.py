"""The schema: what the file may hold, in the toolkit's words, and what it must not."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Version = Literal["TLS12", "TLS13"]

ClientAuth = Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]

CIPHERS: Mapping[str, str] = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
}
"""OpenSSL's names of the cipher suites of TLS 1.2 that Go holds secure, by Go's names."""

ALWAYS = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
"""The cipher suites of TLS 1.3, which cannot be chosen from, neither in Go."""


class TlsSection(Struct, frozen=True, forbid_unknown_fields=True):
    """``tls_server_config``; the defaults are the toolkit's."""

    cert_file: str
    key_file: str
    client_auth_type: ClientAuth = "NoClientCert"
    client_ca_file: str | None = None
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: tuple[str, ...] = ()
    prefer_server_cipher_suites: bool = True


SECTIONS = ("tls_server_config", "basic_auth_users")

_FILE_ONLY = "is not supported: Python's ssl reads certificates and keys from files; give"

UNSUPPORTED_KEYS: Mapping[str, str] = {
    "cert": f"{_FILE_ONLY} cert_file",
    "key": f"{_FILE_ONLY} key_file",
    "client_ca": f"{_FILE_ONLY} client_ca_file",
    "client_allowed_sans": "is not supported: use a client CA of your own, which signs for nobody"
    " else",
    "curve_preferences": "is not supported: Python's ssl takes one curve, not a list",
    "http_server_config": "is not supported: HTTP/1.1 alone is spoken, with headers of our own",
    "rate_limit": "is not supported: logins are limited anyway",
}
"""Keys of the toolkit that are refused by name."""

_OLD = {"TLS10": "TLS12", "TLS11": "TLS12"}

INSTEAD: Mapping[str, Mapping[str, str]] = {
    "client_auth_type": {
        "RequestClientCert": "VerifyClientCertIfGiven",
        "RequireAnyClientCert": "RequireAndVerifyClientCert",
        "RequireClientCert": "RequireAndVerifyClientCert",
    },
    "min_version": _OLD,
    "max_version": _OLD,
}
"""Values of the toolkit that are refused by name, by their key, with what to use instead."""

WHY: Mapping[str, str] = {
    "client_auth_type": "Python's ssl takes no certificate without verifying it",
    "min_version": "it is not secure",
    "max_version": "it is not secure",
}
"""Why they are refused."""
