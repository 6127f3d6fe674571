"""The configuration: YAML, or a few environment variables, to accounts.

Every mistake is found at once, and its message begins with its place in the file. No message shows
a key, or any other value that could be one by mistake. What finds and says them, section by
section, is there for other files of configuration too.
"""

from exporter.config._config import Config, load
from exporter.config._durations import format_duration, parse_duration
from exporter.config._effective import effective
from exporter.config._file import read_yaml
from exporter.config._place import Notes, Place
from exporter.config._schema import Price
from exporter.config._section import build, fitting, mapping, names, refuse_unknown

__all__ = [
    "Config",
    "Notes",
    "Place",
    "Price",
    "build",
    "effective",
    "fitting",
    "format_duration",
    "load",
    "mapping",
    "names",
    "parse_duration",
    "read_yaml",
    "refuse_unknown",
]
