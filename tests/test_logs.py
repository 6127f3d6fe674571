import io
import json
import logging
import sys
from collections.abc import Mapping
from enum import StrEnum

import pytest

from exporter.logs import JsonFormatter, LogfmtFormatter, fields, set_up


class Why(StrEnum):
    """A reason, as fields hold them."""

    AUTH = "auth"


def record(
    message: str = "poll failed",
    *,
    level: int = logging.WARNING,
    extra: Mapping[str, object] | None = None,
    error: Exception | None = None,
) -> logging.LogRecord:
    """Make an event of 2026-11-20 at noon."""
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    made = logging.LogRecord("exporter.poller", level, "poller.py", 1, message, (), exc_info)
    made.created = 1_795_176_000.0
    if extra is not None:
        made.__dict__.update(fields(**extra))
    return made


EXTRA = {"reason": Why.AUTH, "account": "my main", "last": None, "ok": True, "seconds": 1.5}


def test_logfmt() -> None:
    """A line has time, level, logger, message and the fields, quoted where they need it."""
    expected = (
        'ts=2026-11-20T12:00:00.000Z level=warn logger=poller msg="poll failed" reason=auth'
        ' account="my main" ok=true seconds=1.5'
    )
    assert expected == LogfmtFormatter().format(record(extra=EXTRA))


def test_json() -> None:
    """An object has the same, with numbers and truth as JSON has them."""
    assert json.loads(JsonFormatter().format(record(extra=EXTRA))) == {
        "ts": "2026-11-20T12:00:00.000Z",
        "level": "warn",
        "logger": "poller",
        "msg": "poll failed",
        "reason": "auth",
        "account": "my main",
        "ok": True,
        "seconds": 1.5,
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", '""'),
        ("a=b", '"a=b"'),
        ('say "a"', r'"say \"a\""'),
        ("a\\b", r'"a\\b"'),
        ("a\nts=1", r'"a\nts=1"'),
        ("a\x1b[31m", r'"a\u001b[31m"'),
        ("a\u2028b\x85\x7f", r'"a\u2028b\u0085\u007f"'),
        ("\ud800", r'"\ud800"'),
        ("größe", "größe"),
    ],
)
def test_logfmt_quoting(value: str, written: str) -> None:
    """Whatever a field holds, the event stays one line that can be printed."""
    line = LogfmtFormatter().format(record(extra={"value": value}))

    assert written == line.partition("value=")[2]


def test_json_without_numbers() -> None:
    """A number that JSON does not have is written as a text."""
    event = JsonFormatter().format(record(extra={"value": float("nan")}))

    assert json.loads(event)["value"] == "nan"


@pytest.mark.parametrize(
    ("number", "level"),
    [(5, "debug"), (10, "debug"), (20, "info"), (30, "warn"), (40, "error"), (50, "error")],
)
def test_levels(number: int, level: str) -> None:
    """Levels have Prometheus' words."""
    assert f" level={level} " in LogfmtFormatter().format(record(level=number))


@pytest.fixture
def error() -> Exception:
    """Give an error with a traceback, whose message would be an event of its own."""
    with pytest.raises(ValueError, match="no") as caught:
        _fail()
    return caught.value


def _fail() -> None:
    raise ValueError("no\nts=2026 level=info")


def test_logfmt_traceback(error: Exception) -> None:
    """A traceback follows its event, indented so that none of it looks like one."""
    first, *traceback = LogfmtFormatter().format(record(error=error)).splitlines()

    assert first.endswith('msg="poll failed"')
    assert [*traceback[:1], *traceback[-2:]] == [
        "  Traceback (most recent call last):",
        "  ValueError: no",
        "  ts=2026 level=info",
    ]


def test_json_traceback(error: Exception) -> None:
    """A traceback is a field of its event."""
    line = JsonFormatter().format(record(error=error))

    assert "\n" not in line
    assert json.loads(line)["traceback"].endswith("ValueError: no\nts=2026 level=info")


@pytest.mark.usefixtures("_logging")
def test_set_up() -> None:
    """Events from the level on go to the stream, and to no other when it is set up again."""
    before, now = io.StringIO(), io.StringIO()
    set_up("debug", "json", stream=before)
    set_up("warn", "logfmt", stream=now)

    logging.getLogger("exporter.poller").info("polled")
    logging.getLogger("exporter.poller").warning("poll failed", extra=fields(reason="auth"))

    assert now.getvalue().endswith('level=warn logger=poller msg="poll failed" reason=auth\n')
    assert (len(before.getvalue()), now.getvalue().count("\n")) == (0, 1)


@pytest.mark.usefixtures("_logging")
def test_set_up_without_a_stream() -> None:
    """Logs go to stderr, and libraries that log URLs are held at WARNING also at debug."""
    set_up("debug", "json")

    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stderr
    assert logging.getLogger("httpx").getEffectiveLevel() == logging.WARNING
    assert logging.getLogger("httpcore").getEffectiveLevel() == logging.WARNING
