import os
from pathlib import Path

import pytest
import trustme

from exporter.errors import UsageError
from exporter.web_config import WebConfigFile
from tests.web_config.stage import Folder, hashed, tls

UNVERIFIED = "is not supported: Python's ssl takes no certificate without verifying it; use"
OLD = "is not supported: it is not secure; use TLS12"
FROM_FILES = "is not supported: Python's ssl reads certificates and keys from files; give"
NO_HASH = 'expected a bcrypt hash, as `htpasswd -nBC 10 "" | tr -d ":"` makes one'
CANARY = "canary-password"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.certify()
    return folder


def mistakes(folder: Folder) -> list[str]:
    """Return what the file is refused for, with paths from the folder on."""
    with pytest.raises(UsageError) as caught:
        WebConfigFile(folder.file)
    return [
        line.removeprefix("web.yml: ")
        for line in str(caught.value).replace(f"{folder.path}/", "").splitlines()
    ]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"client_auth_type": "RequestClientCert"}, f"{UNVERIFIED} VerifyClientCertIfGiven"),
        ({"client_auth_type": "RequireAnyClientCert"}, f"{UNVERIFIED} RequireAndVerifyClientCert"),
        ({"client_auth_type": "RequireClientCert"}, f"{UNVERIFIED} RequireAndVerifyClientCert"),
        ({"min_version": "TLS10"}, OLD),
        ({"max_version": "TLS11"}, OLD),
        (
            {"client_allowed_sans": ["a"]},
            "use a client CA of your own, which signs for nobody else",
        ),
        ({"curve_preferences": ["X25519"]}, "Python's ssl takes one curve, not a list"),
        ({"key": CANARY}, f"key: {FROM_FILES} key_file"),
        ({"client_ca": "x"}, f"client_ca: {FROM_FILES} client_ca_file"),
    ],
    ids=str,
)
def test_what_is_not_supported(folder: Folder, section: dict[str, object], expected: str) -> None:
    """What the toolkit has and Python's ssl cannot do is refused by name."""
    folder.write("ca.crt", trustme.CA().cert_pem.bytes())
    if "client_auth_type" in section:
        section = {**section, "client_ca_file": "ca.crt"}
    folder.configure(tls_server_config=tls(**section))
    (found,) = mistakes(folder)
    assert found.startswith(f"tls_server_config.{next(iter(section))}: ")
    assert found.endswith(expected)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"min_version": "TLS13", "max_version": "TLS12"}, "max_version: is below min_version"),
        ({"min_version": "TLS9"}, "min_version: expected one of TLS12, TLS13"),
        ({"client_auth_type": "VerifyClientCertIfGiven"}, "client_ca_file: is missing:"),
        ({"client_ca_file": "ca.crt"}, "client_ca_file: is given without a client_auth_type"),
        ({"cipher_suites": ["RC4"], "min_version": "TLS13"}, "cipher_suites[0]: is no cipher"),
        ({"cipher_suites": ["TLS_AES_128_GCM_SHA256"]}, "cipher_suites: has no suite for TLS 1.2"),
        ({"cert_fil": "x"}, "cert_fil: is not known here; did you mean cert_file?"),
        ({"prefer_server_cipher_suites": 1}, "prefer_server_cipher_suites: expected true or false"),
    ],
    ids=str,
)
def test_tls_that_makes_no_sense(folder: Folder, section: dict[str, object], expected: str) -> None:
    """A mistake is named with its place."""
    folder.write("ca.crt", trustme.CA().cert_pem.bytes())
    folder.configure(tls_server_config=tls(**section))
    (found,) = mistakes(folder)
    assert found.startswith(f"tls_server_config.{expected}")


GARBLED = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
ENCRYPTED = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("server.crt", None, "cert_file: server.crt: there is no such file"),
        ("server.crt", "", "cert_file: server.crt: holds no CERTIFICATE in PEM"),
        ("server.crt", b"\xff", "cert_file: server.crt: holds no CERTIFICATE in PEM"),
        ("server.crt", GARBLED, "cert_file: server.crt: does not work with server.key: "),
        ("server.key", GARBLED, "key_file: server.key: holds no PRIVATE KEY in PEM"),
        ("server.key", ENCRYPTED, "key_file: server.key: is encrypted"),
        ("ca.crt", None, "client_ca_file: ca.crt: there is no such file"),
        ("ca.crt", GARBLED, "client_ca_file: ca.crt: "),
    ],
)
def test_wrong_files(folder: Folder, file: str, text: str | bytes | None, expected: str) -> None:
    """A file that is not what it has to be is named, with its place."""
    folder.write("ca.crt", trustme.CA().cert_pem.bytes())
    folder.configure(
        tls_server_config=tls(client_auth_type="VerifyClientCertIfGiven", client_ca_file="ca.crt")
    )
    if text is None:
        (folder.path / file).unlink()
    else:
        folder.write(file, text)
    (found,) = mistakes(folder)
    assert found.startswith(f"tls_server_config.{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", "expected a mapping of keys to values"),
        ("tls_server_config:", "tls_server_config: expected a mapping of keys to values"),
        ("basic_auth_users:", "basic_auth_users: expected a mapping of keys to values"),
        ("basic_auth_users: {}", "basic_auth_users: has no users: give one, or leave it out"),
        (f"basic_auth_users: {{prometheus: {CANARY}}}", f"basic_auth_users.prometheus: {NO_HASH}"),
        ("basic_auth_users: {prometheus: 1}", f"basic_auth_users.prometheus: {NO_HASH}"),
        ("tls_config: {}", "tls_config: is not known here"),
        ("rate_limit: {}", "rate_limit: is not supported: logins are limited anyway"),
        (
            "http_server_config: {}",
            "http_server_config: is not supported: HTTP/1.1 alone is spoken",
        ),
    ],
)
def test_wrong_sections(folder: Folder, text: str, expected: str) -> None:
    """A section that is not what it has to be is named, and no password is shown."""
    folder.write("web.yml", text)
    (found,) = mistakes(folder)
    assert found.startswith(expected)


@pytest.mark.parametrize("name", ["", "a:b"])
def test_names_that_cannot_log_in(folder: Folder, name: str) -> None:
    """A name has to be one that HTTP can carry."""
    folder.configure(basic_auth_users={name: hashed("x")})
    (found,) = mistakes(folder)
    assert found.endswith("has a name that cannot log in: empty, or with a colon")


def test_all_mistakes_at_once(folder: Folder) -> None:
    """One mistake hides no other, and no secret is shown."""
    folder.configure(
        tls_server_config=tls(key=CANARY, min_version="TLS10", cert_file="none.crt"),
        basic_auth_users={"prometheus": CANARY},
        rate_limit={},
    )
    found = mistakes(folder)
    assert [line.partition(": ")[0] for line in found] == [
        "rate_limit",
        "tls_server_config.key",
        "tls_server_config.min_version",
        "basic_auth_users.prometheus",
        "tls_server_config.cert_file",
    ]
    assert CANARY not in "".join(found)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (
            {
                "cert_file": 1,
                "key_file": "none.key",
                "min_version": "TLS13",
                "max_version": "TLS12",
                "client_auth_type": "RequireAndVerifyClientCert",
            },
            ["cert_file: expected", "client_ca_file: is missing", "max_version", "key_file: none"],
        ),
        (
            {
                "cert_file": "server.key",
                "cipher_suites": [1, "RC4", None],
                "client_ca_file": "none.crt",
            },
            [
                "key_file: is missing",
                "cipher_suites[0]: expected a string",
                "cipher_suites[2]: expected a string",
                "client_ca_file: is given without",
                "cipher_suites[1]: is no cipher suite",
                "cert_file: server.key: holds no CERTIFICATE",
                "client_ca_file: none.crt: there is no such file",
            ],
        ),
        (
            tls(client_auth_type=1, client_ca_file="ca.crt"),
            ["client_auth_type: expected", "client_ca_file: ca.crt: there is no such file"],
        ),
        (
            tls(min_version=1, cipher_suites=["TLS_AES_128_GCM_SHA256"], client_ca_file=None),
            ["min_version: expected"],
        ),
        (tls(cipher_suites="RC4"), ["cipher_suites: expected a list"]),
    ],
    ids=["file", "list", "choice", "version", "text"],
)
def test_wrong_type_hides_no_other_mistake(
    folder: Folder, section: dict[str, object], expected: list[str]
) -> None:
    """Of a section with a value of the wrong type all else is judged, and nothing made up."""
    folder.configure(tls_server_config=section)
    found = [line.removeprefix("tls_server_config.") for line in mistakes(folder)]
    assert [line[: len(begin)] for line, begin in zip(found, expected, strict=True)] == expected


def test_key_in_the_place_of_its_file(folder: Folder) -> None:
    """A key that stands where its file is asked for is not told to anyone."""
    key = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"
    folder.configure(tls_server_config={"cert_file": "server.crt", "key_file": key})
    (found,) = mistakes(folder)
    expected = "tls_server_config.key_file: is PEM itself: give the path of a file that holds it"
    assert found == expected


def test_users_who_have_no_hash(folder: Folder) -> None:
    """Each is named, if only by its number: a name that looks like a key may be one."""
    folder.configure(basic_auth_users={"ops-team": "x", "prometheus": "y", "u_1": "z"})
    hidden = "(key {} that is not shown, as it may be a secret)"
    names = (hidden.format(1), "prometheus", hidden.format(3))
    assert mistakes(folder) == [f"basic_auth_users.{name}: {NO_HASH}" for name in names]


@pytest.mark.parametrize(
    ("hashed", "expected"),
    [
        (f"$2b$04${'z' * 53}", "expected a bcrypt hash"),
        (f"$2b$15${'.' * 53}", "costs too much: 14 at most, 10 is usual"),
    ],
    ids=["salt", "cost"],
)
def test_hash_that_no_login_can_be_checked_by(folder: Folder, hashed: str, expected: str) -> None:
    """What bcrypt would refuse, or take seconds for, is a mistake."""
    folder.configure(basic_auth_users={"prometheus": hashed})
    (found,) = mistakes(folder)
    assert found.startswith(f"basic_auth_users.prometheus: {expected}")


def test_users_do_not_go(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is cut off while the exporter runs does not open the port to all."""
    folder.configure(basic_auth_users={"prometheus": hashed("word")})
    file = WebConfigFile(folder.file)
    folder.write("web.yml", "")
    assert "prometheus" in file.config.users
    assert caplog.messages == ["web configuration is wrong: what was right before stays"]


def test_no_such_file(tmp_path: Path) -> None:
    """A file that is not there is a mistake that names it."""
    (found,) = mistakes(Folder(tmp_path))
    assert found == "there is no such file"


@pytest.mark.parametrize(
    ("pipe", "place"),
    [("web.yml", ""), ("server.key", "tls_server_config.key_file: server.key: ")],
)
def test_pipe_in_the_place_of_a_file(folder: Folder, pipe: str, place: str) -> None:
    """A pipe holds nobody up: it is refused by its name."""
    folder.configure(tls_server_config=tls())
    (folder.path / pipe).unlink()
    os.mkfifo(folder.path / pipe)
    assert mistakes(folder) == [f"{place}is a pipe; give the path of a file"]


def test_key_that_others_can_read(folder: Folder) -> None:
    """A private key that everyone can read is worth a warning that names it."""
    folder.configure(tls_server_config=tls())
    assert WebConfigFile(folder.file).warnings == ()
    (folder.path / "server.key").chmod(0o644)
    (warning,) = WebConfigFile(folder.file).warnings
    assert warning.endswith(
        "server.key: its mode 0644 lets others read the key:"
        " chmod 600, unless its folder is closed to them"
    )


def test_empty_file(folder: Folder) -> None:
    """An empty file asks for nothing: HTTP that is open to all."""
    folder.write("web.yml", "")
    found = WebConfigFile(folder.file)
    assert (found.config.tls, found.config.users) == (None, {})
