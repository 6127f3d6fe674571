"""TLS: the contexts that connections are made with."""

import ssl
from collections.abc import Callable
from typing import Self

from exporter.config import Place
from exporter.file import exposure
from exporter.web_config._pem import read_pem
from exporter.web_config._schema import CIPHERS, TlsSection

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}

_VERIFY = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


class FreshContext(ssl.SSLContext):
    """Stands for the context that *current* returns, which each new connection asks anew.

    So certificates, client CAs and versions change without a socket that is closed and opened.
    """

    _current: Callable[[], ssl.SSLContext]

    def __new__(cls, current: Callable[[], ssl.SSLContext]) -> Self:
        """Make a context that has nothing of its own."""
        fresh = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        fresh._current = current
        return fresh

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002 - the signature is ssl's
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begin a connection, as asyncio does."""
        return self._current().wrap_bio(incoming, outgoing, server_side, server_hostname, session)


def make_context(tls: TlsSection, place: Place) -> ssl.SSLContext:
    """Return the context that *tls* asks for, of use only if no mistake was noted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[tls.min_version]
    context.maximum_version = _VERSIONS[tls.max_version]
    context.set_alpn_protocols(["http/1.1"])
    ciphers = [CIPHERS[name] for name in tls.cipher_suites if name in CIPHERS]
    if ciphers:
        context.set_ciphers(":".join(ciphers))
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.verify_mode = _VERIFY[tls.client_auth_type]
    # As in Go, what the client CA's file holds is trusted, be it an intermediate certificate.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _load_chain(context, tls, place)
    _load_client_ca(context, tls, place)
    return context


def _load_chain(context: ssl.SSLContext, tls: TlsSection, place: Place) -> None:
    certificate = read_pem(tls.cert_file, place, "cert_file")
    key = read_pem(tls.key_file, place, "key_file")
    exposed = exposure(key.mode, "the key") if key else None
    if exposed:
        (place / "key_file").warn(f"{tls.key_file}: {exposed}")
    if key is not None and b"ENCRYPTED" in key.content:
        (place / "key_file").mistake(f"{tls.key_file}: is encrypted; nobody can type a passphrase")
    elif certificate is not None and key is not None:
        try:
            context.load_cert_chain(tls.cert_file, tls.key_file)
        except OSError as error:
            what = f"{tls.cert_file}: does not work with {tls.key_file}: {_reason(error)}"
            (place / "cert_file").mistake(what)


def _load_client_ca(context: ssl.SSLContext, tls: TlsSection, place: Place) -> None:
    if tls.client_ca_file is None or read_pem(tls.client_ca_file, place, "client_ca_file") is None:
        return
    try:
        context.load_verify_locations(tls.client_ca_file)
    except OSError as error:
        (place / "client_ca_file").mistake(f"{tls.client_ca_file}: {_reason(error)}")


def _reason(error: Exception) -> str:
    """Return OpenSSL's word for what is wrong, such as KEY_VALUES_MISMATCH."""
    return getattr(error, "reason", None) or "not PEM that OpenSSL can read"
