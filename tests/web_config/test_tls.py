import socket
import ssl

import httpx
import pytest
import trustme

from exporter.web_config import WebConfigFile
from tests.web_config.stage import VERIFY, Folder, ask, hello, served, trusting


def test_https(folder: Folder) -> None:
    """A client that trusts the authority is answered, by HTTP/1.1."""
    context = trusting(folder.authority)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with served(WebConfigFile(folder.file)) as address:
        assert ask(address, context) == 200
        assert hello(address, context)[2] == "http/1.1"


def test_http_where_https_is_spoken(folder: Folder) -> None:
    """Who speaks plain HTTP is not answered."""
    with served(WebConfigFile(folder.file)) as address, pytest.raises(httpx.TransportError):
        httpx.get(f"http://{address}/metrics")


def test_end_waits_for_no_farewell(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    """A client that keeps its connection, and does not read, is no reason to wait or complain."""
    context = trusting(folder.authority)
    with served(WebConfigFile(folder.file)) as address:
        host, port = address.split(":")
        plain = socket.create_connection((host, int(port)), timeout=30)
        kept = context.wrap_socket(plain, server_hostname=host)
        kept.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(15) == b"HTTP/1.1 200 OK"
    kept.close()
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


@pytest.mark.parametrize(
    ("least", "most", "spoken"),
    [("TLS12", "TLS13", "TLSv1.3"), ("TLS12", "TLS12", "TLSv1.2"), ("TLS13", "TLS13", "TLSv1.3")],
)
def test_versions(folder: Folder, least: str, most: str, spoken: str) -> None:
    """The highest version between the two is spoken."""
    folder.serve_tls(min_version=least, max_version=most)
    with served(WebConfigFile(folder.file)) as address:
        assert hello(address, trusting(folder.authority))[0] == spoken


def test_version_that_is_too_low(folder: Folder) -> None:
    """A client that speaks no version that is asked for gets no connection."""
    folder.serve_tls(min_version="TLS13")
    context = trusting(folder.authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with served(WebConfigFile(folder.file)) as address, pytest.raises(ssl.SSLError):
        hello(address, context)


@pytest.mark.parametrize(
    ("servers", "chosen"),
    [(True, "ECDHE-ECDSA-AES128-GCM-SHA256"), (False, "ECDHE-ECDSA-CHACHA20-POLY1305")],
    ids=["the server's order", "the client's order"],
)
def test_cipher_suites(folder: Folder, *, servers: bool, chosen: str) -> None:
    """Of the suites that are asked for, the order decides that is to."""
    folder.serve_tls(
        max_version="TLS12",
        cipher_suites=[
            "TLS_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        ],
        prefer_server_cipher_suites=servers,
    )
    context = trusting(folder.authority)
    context.set_ciphers(
        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256"
    )
    with served(WebConfigFile(folder.file)) as address:
        assert hello(address, context)[1] == chosen


def test_client_certificate_is_required(folder: Folder) -> None:
    """A client is answered only with a certificate of the client CA."""
    ours, theirs = trustme.CA(), trustme.CA()
    folder.write("clients.crt", ours.cert_pem.bytes())
    folder.serve_tls(client_auth_type=VERIFY, client_ca_file="clients.crt")
    with served(WebConfigFile(folder.file)) as address:
        client = ours.issue_cert("prometheus.example")
        assert ask(address, trusting(folder.authority, client)) == 200
        with pytest.raises(httpx.TransportError):
            ask(address, trusting(folder.authority))
        with pytest.raises(httpx.TransportError):
            ask(address, trusting(folder.authority, theirs.issue_cert("prometheus.example")))


def test_client_certificate_if_given(folder: Folder) -> None:
    """A client may have no certificate, but none of a stranger."""
    ours, theirs = trustme.CA(), trustme.CA()
    folder.write("clients.crt", ours.cert_pem.bytes())
    folder.serve_tls(client_auth_type="VerifyClientCertIfGiven", client_ca_file="clients.crt")
    with served(WebConfigFile(folder.file)) as address:
        assert ask(address, trusting(folder.authority, ours.issue_cert("a.example"))) == 200
        assert ask(address, trusting(folder.authority)) == 200
        with pytest.raises(httpx.TransportError):
            ask(address, trusting(folder.authority, theirs.issue_cert("a.example")))


def test_client_ca_that_is_an_intermediate(folder: Folder) -> None:
    """What the file of client CAs holds is trusted, whoever signed that."""
    root = trustme.CA()
    below = root.create_child_ca()
    folder.write("clients.crt", below.cert_pem.bytes())
    folder.serve_tls(client_auth_type=VERIFY, client_ca_file="clients.crt")
    with served(WebConfigFile(folder.file)) as address:
        assert ask(address, trusting(folder.authority, below.issue_cert("a.example"))) == 200
        with pytest.raises(httpx.TransportError):
            ask(address, trusting(folder.authority, root.issue_cert("a.example")))


def test_connection_without_a_handshake(folder: Folder) -> None:
    """A client that connects and says nothing keeps nobody else from being answered."""
    context = trusting(folder.authority)
    with served(WebConfigFile(folder.file)) as address:
        host, port = address.split(":")
        with socket.create_connection((host, int(port))):
            assert ask(address, context) == 200


def test_relative_paths_begin_in_the_folder_of_the_file(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It does not matter where the exporter was started."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    file = WebConfigFile(folder.file)
    assert file.config.tls is not None
    assert file.config.tls.cert_file == str(folder.path / "server.crt")
