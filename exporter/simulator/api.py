"""What an API of a provider is: answers by path, computed purely from what was asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic

from exporter.simulator.account import AnyAccount
from exporter.simulator.traffic import Line
from exporter.simulator.usage import Usage


class Refusal(Exception):  # noqa: N818 - it is an answer, no mistake of ours
    """The provider answers with an error."""

    def __init__(
        self, status: HTTPStatus, body: object, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Ask(Generic[AnyAccount]):
    """What was asked, by whom and when.

    *params* are those of the query and of the path; *url* is the absolute one of the request,
    without the query. ``usage(line, since, until)`` is what the provider shows at *now*, ``truth``
    what was really used by then.
    """

    account: AnyAccount
    now: float
    params: Mapping[str, str]
    url: str
    usage: Callable[[Line, float, float], Usage]
    truth: Callable[[Line, float, float], Usage]


@dataclass(frozen=True, slots=True)
class Api(Generic[AnyAccount]):
    """The API of a provider: *answers* by path, and how it says no.

    *credential* picks the key out of headers and query; *error* wraps a message. *unauthorized* is
    the message for a wrong key.
    """

    provider: str
    account: type[AnyAccount]
    prefixes: tuple[str, ...]
    credential: Callable[[Mapping[str, str], Mapping[str, str]], str | None]
    error: Callable[[str], dict[str, object]]
    unauthorized: str
    answers: Mapping[str, Callable[[Ask[AnyAccount]], object]]
    needs_user_agent: bool = False

    def refuse(
        self, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None
    ) -> Refusal:
        """Make a refusal in the provider's words."""
        return Refusal(status, self.error(message), headers)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, *number* from 1."""

    number: int
    size: int

    def pick(self, rows: Sequence[object]) -> Sequence[object]:
        """Pick the rows of this page."""
        return rows[(self.number - 1) * self.size : self.number * self.size]

    def count(self, rows: Sequence[object]) -> int:
        """Count the pages of all rows; an empty list has one."""
        return max(1, -(-len(rows) // self.size))


def scheme_credential(scheme: str, headers: Mapping[str, str]) -> str | None:
    """Read the key from an ``Authorization`` header of that *scheme*."""
    given, _, key = headers.get("authorization", "").partition(" ")
    return key if given == scheme else None


def read_page(params: Mapping[str, str], size_name: str, *, default: int, most: int) -> Page:
    """Read page number and size; too large a size is cut to *most*.

    Raises: ValueError, when one is no positive number.
    """
    number, size = int(params.get("page", 1)), int(params.get(size_name, default))
    if number < 1 or size < 1:
        raise ValueError(size_name)
    return Page(number, min(size, most))
