"""Keys: the credential of an account, from the configuration or from a file."""

import errno
from dataclasses import dataclass
from pathlib import Path

from exporter.config._place import Place
from exporter.secret import Credential, Secret

OTHERS = 0o007
"""The bits of a file's mode that let everyone at it.

The group may read: so it is with Kubernetes' Secrets, whose owner is root and whose group is ours.
"""

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)

_NO_FILE = "there is no such file (a relative path begins in {})"
"""Without its name: what is no file may be a key in the wrong place."""


@dataclass(frozen=True, slots=True)
class _Content:
    """What a key file holds, and who may see it."""

    text: str
    mode: int


def key_of(text: str, place: Place) -> Credential | None:
    """Return *text* as a credential; None when it cannot be one, which is noted."""
    secret = _secret(text, place)
    return None if secret is None else Credential(secret)


def key_in(file: Path, place: Place, *, base: str) -> Credential | None:
    """Return the credential that *file* holds; None when it holds none, which is noted.

    *base* says in words where a relative path begins.
    """
    content = _read(file, place, base)
    if content is None:
        return None
    if content.mode & OTHERS:
        place.warn(f"{file}: its mode {content.mode:04o} lets others read the key: chmod 600")
    secret = _secret(content.text, place, of=f"{file}: ")
    return None if secret is None else Credential(secret, file)


def _read(file: Path, place: Place, base: str) -> _Content | None:
    try:
        mode = file.stat().st_mode & 0o777
        return _Content(file.read_text("utf-8"), mode)
    except OSError as error:
        known = error.errno not in _NOT_THERE
        place.mistake(
            f"{file}: cannot be read: {error.strerror}" if known else _NO_FILE.format(base)
        )
    except UnicodeDecodeError:
        place.mistake(f"{file}: is not UTF-8 text")
    except ValueError:
        place.mistake(_NO_FILE.format(base))
    return None


def _secret(text: str, place: Place, *, of: str = "") -> Secret | None:
    secret = Secret(text.strip())
    if not secret.reveal():
        place.mistake(f"{of}the key is empty")
    elif not secret.fits_header:
        place.mistake(
            f"{of}the key has a space, a control character or one outside ASCII, which no HTTP"
            " header can carry"
        )
    else:
        return secret
    return None
