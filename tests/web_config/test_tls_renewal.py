"""Files of the web configuration that change while it is in use."""

import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import trustme

from exporter.web_config import WebConfigFile
from tests.web_config.stage import VERIFY, Folder, ask, hashed, hello, served, tls, trusting


def subject(address: str, context: ssl.SSLContext) -> bytes | None:
    """Shake hands; return the certificate of the server."""
    host, port = address.split(":")
    with (
        socket.create_connection((host, int(port)), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=host) as wrapped,
    ):
        return wrapped.getpeercert(binary_form=True)


def test_new_certificate(folder: Folder) -> None:
    """A certificate that was renewed is the next connection's; one that is open goes on."""
    context = trusting(folder.authority)
    with served(WebConfigFile(folder.file)) as address, httpx.Client(verify=context) as open_one:
        assert open_one.get(f"https://{address}/").status_code == 200
        before = subject(address, context)
        folder.certify()
        after = subject(address, context)
        assert open_one.get(f"https://{address}/").status_code == 200
    assert before != after


def test_new_authority_of_clients(folder: Folder) -> None:
    """With a new client CA, clients of the old one are refused and those of the new one let in."""
    old, new = trustme.CA(), trustme.CA()
    folder.write("clients.crt", old.cert_pem.bytes())
    folder.serve_tls(client_auth_type=VERIFY, client_ca_file="clients.crt")
    former = trusting(folder.authority, old.issue_cert("a.example"))
    later = trusting(folder.authority, new.issue_cert("a.example"))
    with served(WebConfigFile(folder.file)) as address:
        assert ask(address, former) == 200
        folder.write("clients.crt", new.cert_pem.bytes())
        assert ask(address, later) == 200
        with pytest.raises(httpx.TransportError):
            ask(address, former)


def _garble(folder: Folder) -> None:
    folder.write("server.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def _swap_key(folder: Folder) -> None:
    folder.write("server.key", folder.authority.issue_cert("a.example").private_key_pem.bytes())


def _drop(folder: Folder) -> None:
    (folder.path / "server.crt").unlink()


def _break_yaml(folder: Folder) -> None:
    folder.write("web.yml", "tls_server_config: [")


def _go_plain(folder: Folder) -> None:
    folder.write("web.yml", "")


@pytest.mark.parametrize("harm", [_garble, _swap_key, _drop, _break_yaml, _go_plain])
def test_wrong_new_files(
    folder: Folder, harm: Callable[[Folder], None], caplog: pytest.LogCaptureFixture
) -> None:
    """The files before stay until the new ones are right; the log says once what is wrong."""
    caplog.set_level(logging.INFO, "exporter")
    context = trusting(folder.authority)
    with served(WebConfigFile(folder.file)) as address:
        before = subject(address, context)
        harm(folder)
        assert [subject(address, context) for _ in range(3)] == [before] * 3
        folder.serve_tls()
        assert subject(address, context) != before
    ours = [one for one in caplog.records if one.name.startswith("exporter")]
    assert [(one.levelname, one.getMessage()) for one in ours] == [
        ("ERROR", "web configuration is wrong: what was right before stays"),
        ("INFO", "web configuration loaded again"),
    ]


def test_certificate_that_is_renewed_while_the_file_is_broken(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in the file keeps nobody from the certificates of the configuration that holds."""
    caplog.set_level(logging.INFO, "exporter")
    context = trusting(folder.authority)
    with served(WebConfigFile(folder.file)) as address:
        before = subject(address, context)
        _break_yaml(folder)
        assert subject(address, context) == before
        folder.certify()
        renewed = [subject(address, context) for _ in range(2)]
        assert renewed[0] == renewed[1] != before
        _garble(folder)
        assert subject(address, context) == renewed[0]
        folder.certify()
        assert subject(address, context) not in (before, renewed[0])
        folder.configure(tls_server_config=tls())
        subject(address, context)
    wrong = ("ERROR", "web configuration is wrong: what was right before stays")
    renewal = ("INFO", "web configuration loaded again in part")
    ours = [one for one in caplog.records if one.name.startswith("exporter")]
    assert [(one.levelname, one.getMessage()) for one in ours] == [
        wrong,
        renewal,
        wrong,
        renewal,
        ("INFO", "web configuration loaded again"),
    ]
    assert "server.crt: does not work" in str(vars(ours[2])["fields"])


def test_file_that_names_wrong_certificates(folder: Folder) -> None:
    """It is not taken before they are right, and those that hold are renewed meanwhile."""
    context = trusting(folder.authority)
    with served(WebConfigFile(folder.file)) as address:
        before = subject(address, context)
        folder.configure(tls_server_config=tls(cert_file="new.crt", max_version="TLS12"))
        assert (subject(address, context), hello(address, context)[0]) == (before, "TLSv1.3")
        folder.certify()
        renewed = subject(address, context)
        assert (renewed != before, hello(address, context)[0]) == (True, "TLSv1.3")
        (folder.path / "new.crt").write_bytes((folder.path / "server.crt").read_bytes())
        assert hello(address, context)[0] == "TLSv1.2"


def test_users_change_while_the_certificate_is_wrong(folder: Folder) -> None:
    """Who may log in does not depend on a certificate; the one before stays."""
    folder.configure(tls_server_config=tls(), basic_auth_users={"former": hashed("word")})
    file = WebConfigFile(folder.file)
    context = trusting(folder.authority)
    with served(file) as address:
        before = subject(address, context)
        _garble(folder)
        folder.configure(tls_server_config=tls(), basic_auth_users={"new": hashed("word")})
        assert list(file.config.users) == ["new"]
        assert subject(address, context) == before


def test_users_go_though_the_file_names_a_certificate_that_is_not_there(folder: Folder) -> None:
    """Who was taken out of the file is out, whatever else is wrong in it."""
    users = {name: hashed("word") for name in ("alice", "mallory")}
    folder.configure(tls_server_config=tls(), basic_auth_users=users)
    file = WebConfigFile(folder.file)
    del users["mallory"]
    folder.configure(tls_server_config=tls(cert_file="new.crt"), basic_auth_users=users)
    assert list(file.config.users) == ["alice"]


def test_same_mistake_again(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is written anew with the same mistake is no news."""
    file = WebConfigFile(folder.file)
    for _ in range(2):
        _break_yaml(folder)
        assert file.config.tls is not None
    assert len(caplog.records) == 1


def test_users_without_tls_stay_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """TLS that comes while the exporter runs needs a restart, which the log says."""
    folder = Folder(tmp_path)
    folder.configure()
    file = WebConfigFile(folder.file)
    assert file.tls() is None
    folder.serve_tls()
    assert file.config.tls is None
    (record,) = caplog.records
    assert "cannot come or go" in str(vars(record)["fields"])
