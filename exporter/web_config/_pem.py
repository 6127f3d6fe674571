"""PEM: what certificates and keys are in."""

from collections.abc import Mapping
from pathlib import Path

from exporter.config import Place
from exporter.errors import FileError
from exporter.file import File, read_file

KINDS: Mapping[str, str] = {
    "cert_file": "CERTIFICATE",
    "key_file": "PRIVATE KEY",
    "client_ca_file": "CERTIFICATE",
}
"""What the files that ``tls_server_config`` names hold."""


def read_pem(path: str, place: Place, key: str) -> File | None:
    """Return the file at *path*, which *key* names; None if it is not as it has to be, noted."""
    place /= key
    if "-----BEGIN" in path:
        place.mistake("is PEM itself: give the path of a file that holds it")
        return None
    try:
        file = read_file(Path(path))
    except FileError as error:
        place.mistake(f"{path}: {error}")
        return None
    if f"{KINDS[key]}-----".encode() not in file.content:
        place.mistake(f"{path}: holds no {KINDS[key]} in PEM")
        return None
    return file
