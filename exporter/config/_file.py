"""The text of a file of configuration."""

from pathlib import Path

from exporter.config._place import Place
from exporter.config._yaml import parse_yaml


def read_yaml(path: Path, place: Place) -> object:
    """Return what the YAML in the file at *path* holds; None also when it is broken, noted."""
    return parse_yaml(_read(path, place), place)


def _read(path: Path, place: Place) -> str:
    """Return the text of the file, an empty one when it cannot be read, which is noted."""
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        place.mistake(f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        place.mistake("is not UTF-8 text")
    return ""
