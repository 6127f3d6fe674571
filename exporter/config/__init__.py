"""The configuration: YAML, or a few environment variables, to accounts.

Every mistake is found at once, and its message begins with its place in the file. No message shows
a key, or any other value that could be one by mistake.
"""

from exporter.config._config import Config, load
from exporter.config._durations import format_duration, parse_duration
from exporter.config._effective import effective
from exporter.config._schema import Price

__all__ = ["Config", "Price", "effective", "format_duration", "load", "parse_duration"]
