"""Certificates, hashes, and a server that is guarded by a web configuration."""

import json
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import bcrypt
import httpx
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.guard import Guard
from exporter.listen import bind
from exporter.login import Logins
from exporter.server import Server
from exporter.web_config import WebConfigFile

COST = 4
"""The least that bcrypt knows: tests need no more."""

VERIFY = "RequireAndVerifyClientCert"
"""What lets in no client without a certificate."""


@cache
def hashed(password: str) -> str:
    """Return a bcrypt hash of *password*, of which bcrypt takes 72 bytes."""
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(COST)).decode()


@dataclass
class Folder:
    """A folder with a web configuration, and an authority that signs what it names."""

    path: Path
    authority: trustme.CA = field(default_factory=trustme.CA)
    writes: int = 0

    @property
    def file(self) -> Path:
        """The web configuration."""
        return self.path / "web.yml"

    def write(self, name: str, text: str | bytes, *, mode: int = 0o600) -> None:
        """Write a file anew, a second later than the last one by its time of change."""
        file = self.path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        file.chmod(mode)
        self.writes += 1
        os.utime(file, (1_795_000_000 + self.writes,) * 2)

    def configure(self, **sections: object) -> None:
        """Write the web configuration."""
        self.write("web.yml", json.dumps(sections))

    def certify(self, authority: trustme.CA | None = None, *hosts: str) -> trustme.LeafCert:
        """Write a certificate and its key for *hosts*, or for this one."""
        leaf = (authority or self.authority).issue_cert(*(hosts or ("127.0.0.1",)))
        self.write("server.crt", b"".join(one.bytes() for one in leaf.cert_chain_pems))
        self.write("server.key", leaf.private_key_pem.bytes())
        return leaf

    def serve_tls(self, **more: object) -> None:
        """Write a certificate, its key, and a configuration with them and with *more*."""
        self.certify()
        self.configure(tls_server_config=tls(**more))


def tls(**more: object) -> dict[str, object]:
    """Return the section for TLS."""
    return {"cert_file": "server.crt", "key_file": "server.key", **more}


def trusting(authority: trustme.CA, client: trustme.LeafCert | None = None) -> ssl.SSLContext:
    """Return what a client has that trusts *authority*, and has the certificate *client*."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    if client is not None:
        client.configure_cert(context)
    return context


async def _page(_request: Request) -> Response:
    return PlainTextResponse("page")


@contextmanager
def served(file: WebConfigFile, logins: Logins | None = None) -> Iterator[str]:
    """Serve a page at every path, guarded by *file*; give the address, as host and port."""
    app = Starlette(routes=[Route("/{path:path}", _page)])
    (listener,) = bind(["127.0.0.1:0"])
    address = "127.0.0.1:{1}".format(*listener.getsockname())
    with Server(Guard(app, lambda: file.config, logins), [listener], tls=file.tls()):
        yield address


def ask(address: str, context: ssl.SSLContext) -> int:
    """Ask for a page by HTTPS, on a connection of its own; return the status."""
    with httpx.Client(verify=context, timeout=30) as client:
        return client.get(f"https://{address}/metrics").status_code


def hello(address: str, context: ssl.SSLContext) -> tuple[str | None, str, str | None]:
    """Shake hands; return the version, the cipher suite and the application protocol."""
    host, port = address.split(":")
    with (
        socket.create_connection((host, int(port)), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=host) as wrapped,
    ):
        cipher = wrapped.cipher()
        assert cipher is not None
        return wrapped.version(), cipher[0], wrapped.selected_alpn_protocol()
