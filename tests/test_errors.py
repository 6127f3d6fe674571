import pytest

from exporter import errors
from exporter.errors import ADVICE, ExporterError, PollError, Reason, UsageError


def _tree(root: type[ExporterError]) -> set[type[ExporterError]]:
    return {root}.union(*(_tree(child) for child in root.__subclasses__()))


POLL_ERRORS = sorted(_tree(PollError), key=lambda kind: kind.__name__)


def test_every_error_is_drawn() -> None:
    """The tree at the head of the module shows every class, and each is ours."""
    drawn = {line.split("── ")[-1].split()[0] for line in _drawing()}
    assert {kind.__name__ for kind in _tree(ExporterError)} == drawn


def _drawing() -> list[str]:
    lines = (errors.__doc__ or "").splitlines()
    return [line for line in lines if "── " in line or line.strip() == "ExporterError"]


def test_reasons_are_the_contract() -> None:
    """The reasons are those of the catalogue, in its order."""
    assert list(Reason) == [
        "auth",
        "forbidden",
        "rate_limited",
        "timeout",
        "connection",
        "client_error",
        "server_error",
        "payload",
        "identity",
        "internal",
    ]


def test_every_reason_has_advice() -> None:
    """A user is told what to do about each reason."""
    assert set(Reason) == set(ADVICE)


@pytest.mark.parametrize("kind", POLL_ERRORS, ids=lambda kind: kind.__name__)
def test_poll_error_says_where_and_what(kind: type[PollError]) -> None:
    """A message is where, then what, and the class knows the reason."""
    error = kind("GET /usage", "no")
    assert str(error) == "GET /usage: no"
    assert (error.where, error.what, error.reason) == ("GET /usage", "no", kind.reason)
    assert (error.status, error.retry_after) == (0, None)


def test_poll_error_may_have_a_reason_of_its_own() -> None:
    """What the caller does and what is counted can differ."""
    assert PollError("here", "no", reason=Reason.FORBIDDEN).reason is Reason.FORBIDDEN


def test_usage_error_has_a_line_for_each_mistake() -> None:
    """All mistakes are told at once."""
    error = UsageError(line for line in ("a: x", "b: y"))
    assert error.mistakes == ("a: x", "b: y")
    assert str(error) == "a: x\nb: y"
