import base64
import json
from pathlib import Path

import pytest

from exporter.errors import FileError
from exporter.secret import Credential, Secret, expiry

SECRET = Secret("hunter2-canary")


@pytest.mark.parametrize("show", [repr, str, "{}".format, "%s".__mod__], ids=str)
def test_secret_does_not_show_itself(show: type[str]) -> None:
    """No way to print a secret prints its text."""
    assert show(SECRET) == "<secret>"


def test_secret_stays_hidden_inside_a_value() -> None:
    """The repr of what holds a secret does not show it either."""
    assert "canary" not in repr([Credential(SECRET, Path("key"))])


def test_secret_reveals_its_text() -> None:
    """The text comes out where it is asked for."""
    assert SECRET.reveal() == "hunter2-canary"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (b'{"a": "hunter2-canary", "hunter2-canary": 1}', b'{"a": "<secret>", "<secret>": 1}'),
        (b'{"a": "hunter2"}', b'{"a": "hunter2"}'),
    ],
    ids=["repeated", "not-there"],
)
def test_secret_is_masked_in_a_text(text: bytes, masked: bytes) -> None:
    """Where a text repeats a secret, it holds the mask instead."""
    assert SECRET.masked_in(text) == masked


def test_secret_with_a_slash_is_masked_as_json_may_write_it() -> None:
    """PHP escapes slashes; the secret is there all the same."""
    assert Secret("hunter2/canary").masked_in(rb'{"a": "hunter2\/canary"}') == b'{"a": "<secret>"}'


def test_short_secret_is_not_looked_for() -> None:
    """What may be in a text by chance is not taken for a secret: it would break the text."""
    assert Secret("null").masked_in(b'{"a": null}') == b'{"a": null}'


def test_secrets_are_values() -> None:
    """Secrets of one text are equal and hash alike, and equal nothing else."""
    assert {SECRET, Secret("hunter2-canary")} == {SECRET}
    assert Secret("other") != SECRET
    assert SECRET.reveal() != SECRET


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("key", None),
        ("", "the key is empty"),
        ("a key", "the key has a space,"),
        ("clé", "the key has a space,"),
        ("a\nb", "the key has a space,"),
        ("\x7f", "the key has a space,"),
    ],
)
def test_flaw(text: str, flaw: str | None) -> None:
    """A key is printable ASCII, which a header can carry, has no space, and is not empty."""
    found = Secret(text).flaw
    assert (found and found[: len(flaw or "")]) == flaw


def _token(claims: str) -> Secret:
    middle = base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")
    return Secret(f"head.{middle}.signature")


@pytest.mark.parametrize("padding", ["", "a", "ab", "abc"])
def test_expiry_of_a_jwt(padding: str) -> None:
    """A JSON Web Token says when it expires, whatever its length."""
    token = _token(json.dumps({"exp": 1_800_000_000, "sub": padding}))
    assert expiry(token) == 1_800_000_000


@pytest.mark.parametrize(
    "secret",
    [
        SECRET,
        Secret("a.b"),
        Secret("a.é.c"),
        Secret("a.x.c"),
        Secret("a.////.c"),
        _token("[]"),
        _token("{}"),
        _token('{"exp": null}'),
        _token('{"exp": "soon"}'),
        _token('{"exp": 1e999}'),
        _token('{"exp": NaN}'),
        _token('{"exp": 1900000000000}'),
        _token('{"exp": -1}'),
        _token('{"exp": 1, "sub": ' + "[" * 100_000),
        _token('{"exp": '),
    ],
    ids=range(15),
)
def test_expiry_is_none_without_a_claim(secret: Secret) -> None:
    """What is no token with an expiry has none, and does no harm."""
    assert expiry(secret) is None


def test_reread_without_a_file() -> None:
    """A credential of the configuration stays as it is."""
    credential = Credential(SECRET)
    assert credential.reread() is credential


def test_reread_a_file(tmp_path: Path) -> None:
    """A credential's file is read again, without the space around the key."""
    file = tmp_path / "key"
    file.write_text(" new-key\n", "utf-8")
    assert Credential(SECRET, file).reread() == Credential(Secret("new-key"), file)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", "clé".encode(), b"two\nlines"])
def test_reread_a_file_without_a_credential(tmp_path: Path, content: bytes) -> None:
    """A file that holds nothing a header could carry is no credential."""
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(FileError, match=r"^the key |^is not UTF-8 text"):
        Credential(SECRET, file).reread()
