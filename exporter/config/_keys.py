"""Keys: the credential of an account, from the configuration or from a file."""

from pathlib import Path

from exporter.config._place import Place
from exporter.errors import FileError
from exporter.file import exposure, read_file
from exporter.secret import Credential, Secret


def key_of(text: str, place: Place) -> Credential | None:
    """Return *text* as a credential; None when it cannot be one, which is noted."""
    secret = _secret(text, place)
    return None if secret is None else Credential(secret)


def key_in(file: Path, place: Place, *, base: str) -> Credential | None:
    """Return the credential that *file* holds; None when it holds none, which is noted.

    *base* says in words where a relative path begins.
    """
    try:
        content = read_file(file)
        text = content.text
    except FileError as error:
        begins = f" (a relative path begins in {base})"
        place.mistake(f"{file}: {error}" if error.is_there else f"{error}{begins}")
        return None
    exposed = exposure(content.mode, "the key")
    if exposed:
        place.warn(f"{file}: {exposed}")
    secret = _secret(text, place, of=f"{file}: ")
    return None if secret is None else Credential(secret, file)


def _secret(text: str, place: Place, *, of: str = "") -> Secret | None:
    secret = Secret(text.strip())
    if secret.flaw is None:
        return secret
    place.mistake(f"{of}{secret.flaw}")
    return None
