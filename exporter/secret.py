"""Secret: a credential that does not show itself."""

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from exporter.errors import FileError
from exporter.file import read_file

_MASK = "<secret>"

_HEADER_TEXT = re.compile(r"[!-~]+")

_LATEST = 253_402_300_799
"""The last second of the year 9999: what is above is no time in seconds."""

_SHORTEST = 8
"""Characters of a key that can be looked for: a shorter one may be in a text by chance."""


class Secret:
    """A credential. Its text comes out of ``reveal`` alone, never out of repr, str or format."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text: only where a request is signed."""
        return self._text

    @property
    def flaw(self) -> str | None:
        """Why it cannot be a key (RFC 9110, section 5.5); None when it can."""
        if not self._text:
            return "the key is empty"
        if not _HEADER_TEXT.fullmatch(self._text):
            return (
                "the key has a space, a control character or one outside ASCII, which no HTTP"
                " header can carry"
            )
        return None

    def masked_in(self, text: bytes) -> bytes:
        """Return *text* with a mask wherever it repeats the secret."""
        if len(self._text) < _SHORTEST:
            return text
        # JSON may write a slash as \\/, as PHP does.
        forms = (self._text, self._text.replace("/", "\\/"))
        for form in forms:
            text = text.replace(form.encode(), _MASK.encode())
        return text

    def __repr__(self) -> str:
        return _MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


class _Claims(msgspec.Struct):
    """The one claim of a JSON Web Token that we read (RFC 7519, section 4.1.4)."""

    exp: float


def expiry(secret: Secret) -> float | None:
    """Return when *secret* expires, in Unix seconds; None unless it is a JWT that says so.

    Read locally and not verified: the provider alone decides whether the token is good.
    """
    parts = secret.reveal().split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return None
    try:
        claims = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        expires = msgspec.json.decode(claims, type=_Claims).exp
    except (binascii.Error, ValueError, RecursionError):
        return None
    return expires if 0 <= expires <= _LATEST else None


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret and the file it was read from; *file* is None when the configuration holds it."""

    secret: Secret
    file: Path | None = None

    def reread(self) -> "Credential":
        """Return the credential as its file has it now.

        Raises: FileError when the file cannot be read, or holds no credential.
        """
        if self.file is None:
            return self
        secret = Secret(read_file(self.file).text.strip())
        if secret.flaw is not None:
            raise FileError(secret.flaw)
        return Credential(secret, self.file)
