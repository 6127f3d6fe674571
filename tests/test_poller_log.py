"""The log lines of polls."""

import logging

import pytest

from exporter.api import Api
from exporter.errors import ADVICE, AuthError, Reason
from exporter.logs import JsonFormatter, LogfmtFormatter
from exporter.providers import Context, Report
from tests.fakes import KEY, Outcome, Script
from tests.stage import FIRST, FORBIDDEN, PAYLOAD, Stage, poll_usage


def _logged(caplog: pytest.LogCaptureFixture, name: str, *outcomes: Outcome) -> list[str]:
    caplog.set_level(logging.DEBUG, "exporter")
    told = Script(*outcomes)
    stage = Stage(usage=told) if name == "usage" else Stage(usage=Script(FIRST), extra=told)
    stage.polls(*[name] * len(outcomes))
    return [f"{record.levelname} {record.getMessage()}" for record in caplog.records]


def test_failure_is_logged_when_it_begins_and_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One warning, then silence above DEBUG, then one line that it is over."""
    outcomes = (FIRST, PAYLOAD, PAYLOAD, AuthError("", ""), FIRST, FIRST, PAYLOAD)
    assert _logged(caplog, "usage", *outcomes) == [
        "WARNING poll failed",
        "DEBUG poll failed",
        "DEBUG poll failed",
        "INFO poll recovered",
        "WARNING poll failed",
    ]


def test_unsupported_is_logged_without_alarm(caplog: pytest.LogCaptureFixture) -> None:
    """That a collector is not for this account is worth knowing once, and a failure after it is."""
    assert _logged(caplog, "extra", FORBIDDEN, FORBIDDEN, PAYLOAD, PAYLOAD, FORBIDDEN, FIRST) == [
        "INFO collector not supported",
        "DEBUG collector not supported",
        "WARNING poll failed",
        "DEBUG poll failed",
        "INFO collector not supported",
        "INFO poll recovered",
    ]


def test_log_line_names_the_poll_and_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    """A failure's line has the account, the collector, the reason, the error and advice."""
    _logged(caplog, "usage", PAYLOAD)
    assert vars(caplog.records[0])["fields"] == {
        "provider": "fake",
        "account": "main",
        "collector": "usage",
        "reason": Reason.PAYLOAD,
        "error": "GET /usage: no",
        "advice": ADVICE[Reason.PAYLOAD],
    }


def test_only_a_bug_has_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """Our own bug is logged with its traceback, once; what a provider does without."""
    levels = _logged(caplog, "usage", PAYLOAD, KeyError(), KeyError(), ValueError(), FIRST)
    assert levels == [
        "WARNING poll failed",
        "ERROR poll crashed",
        "DEBUG poll crashed",
        "ERROR poll crashed",
        "INFO poll recovered",
    ]
    assert [record.exc_info is not None for record in caplog.records] == [False, *[True] * 3, False]


def _break_failures(record: logging.LogRecord) -> bool:
    if record.getMessage() == "poll failed":
        raise LookupError
    return True


def test_log_that_cannot_be_written(caplog: pytest.LogCaptureFixture) -> None:
    """What breaks while an outcome is told does not end the polls either."""
    caplog.set_level(logging.WARNING, "exporter")
    log = logging.getLogger("exporter.poller")
    log.addFilter(_break_failures)
    try:
        failed, after = poll_usage(PAYLOAD, FIRST)
    finally:
        log.removeFilter(_break_failures)
    assert (failed.failures[Reason.PAYLOAD], failed.failures[Reason.INTERNAL]) == (1, 0)
    assert (after.success, after.polls) == (True, 2)
    assert caplog.messages == ["poll crashed"]


@pytest.mark.parametrize("form", [LogfmtFormatter(), JsonFormatter()], ids=["logfmt", "json"])
def test_traceback_has_no_key(form: logging.Formatter, caplog: pytest.LogCaptureFixture) -> None:
    """Of a bug whose text has the key, the log says all but that."""

    async def leak(api: Api, _context: Context) -> Report:
        raise ValueError(f"\ud800 not a plan: {api.credential.secret.reveal()}")

    poll_usage(leak)
    text = form.format(caplog.records[0])
    assert "not a plan: <secret>" in text
    assert KEY not in text
