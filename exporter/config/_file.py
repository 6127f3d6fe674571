"""The YAML of a file of configuration."""

from pathlib import Path

from exporter.config._place import Place
from exporter.config._yaml import parse_yaml
from exporter.errors import FileError
from exporter.file import read_file


def read_yaml(path: Path, place: Place, *, or_pipe: bool = False) -> tuple[object, int]:
    """Return what the YAML in the file at *path* holds, and the file's mode.

    It holds None also when it is broken, which is noted.

    With *or_pipe* a pipe will do as well.
    """
    try:
        file = read_file(path, or_pipe=or_pipe)
        return parse_yaml(file.text, place), file.mode
    except FileError as error:
        place.mistake(str(error))
        return None, 0
