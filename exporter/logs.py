"""Logs: one line an event, in logfmt or JSON, to stderr.

A line is::

    ts=2026-11-20T12:00:00.000Z level=warn logger=poller msg="poll failed" reason=auth

What an event is about goes into fields::

    log.warning("poll failed", extra=fields(reason=reason))

Whatever they hold, an event stays one line; only a traceback follows in lines of its own, indented
so that none can be taken for an event.
"""

import json
import logging
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TextIO

LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
"""The levels in Prometheus' words."""

FORMATS = ("logfmt", "json")

_BARE = re.compile(r"""[^\s="\\]+""")
"""What logfmt may have without quotes, when it can be printed."""

_QUIET = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "uvicorn.error": logging.ERROR}
"""From which level on libraries are heard: the INFO of the first two has URLs, and the last one
warns of each request that is no HTTP, which whoever reaches the port may send without end."""


def fields(**values: object) -> dict[str, Mapping[str, object]]:
    """Return *values* as the ``extra`` of a log call; those that are None are left out."""
    return {"fields": {name: value for name, value in values.items() if value is not None}}


def masking(mask: Callable[[bytes], bytes]) -> dict[str, Callable[[bytes], bytes]]:
    """Return *mask* as the ``extra`` of a log call, for a traceback that may hold a secret."""
    return {"mask": mask}


def set_up(level: str, form: str, *, stream: TextIO | None = None) -> None:
    """Log from *level* on in *form*, to stderr unless *stream* is given, in place of before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else LogfmtFormatter())
    logging.basicConfig(level=LEVELS[level], handlers=[handler], force=True)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(least)


class LogfmtFormatter(logging.Formatter):
    """Formats an event as logfmt."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback below it if there is one."""
        pairs = (f"{name}={_logfmt(value)}" for name, value in _fields(record))
        traceback = map(_escape, _traceback(self, record).splitlines())
        return "\n  ".join((" ".join(pairs), *traceback))


class JsonFormatter(logging.Formatter):
    """Formats an event as a JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; the field ``traceback`` has the traceback if there is one."""
        event = {name: _json(value) for name, value in _fields(record)}
        traceback = _traceback(self, record)
        return json.dumps(event | ({"traceback": traceback} if traceback else {}))


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    """Yield what the event says, in order."""
    at = datetime.fromtimestamp(record.created, UTC)
    yield "ts", at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    yield "level", _level(record.levelno)
    yield "logger", record.name.removeprefix("exporter.")
    yield "msg", record.getMessage()
    own = getattr(record, "fields", {})
    yield from own.items()


def _level(number: int) -> str:
    """Return the highest of our levels that *number* reaches; ours end at error."""
    reached = [name for name, least in LEVELS.items() if number >= least]
    return reached[-1] if reached else "debug"


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    text = formatter.formatException(record.exc_info) if record.exc_info else ""
    mask: Callable[[bytes], bytes] | None = getattr(record, "mask", None)
    return text if mask is None else mask(text.encode(errors="backslashreplace")).decode()


def _json(value: object) -> object:
    """Return *value* as JSON can have it: numbers and truth as they are, all else as text."""
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)


def _logfmt(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if text.isprintable() and _BARE.fullmatch(text):
        return text
    return _escape(json.dumps(text, ensure_ascii=False))


def _escape(text: str) -> str:
    """Return *text* with what cannot be printed as JSON escapes it."""
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
