"""The errors, named by what the caller does about them.

::

    ExporterError
    ├── UsageError           wrong use or configuration: one line per mistake, exit 2
    ├── StartError           cannot run as asked: exit 1
    ├── FileError            a file that the user names cannot be used: say where it was named
    ├── StateError           the ledger is not on disk: go on, say so, try again
    └── PollError            one poll, or one part of it, failed: counted by its reason
        ├── AuthError            read the credential again, then back off
        ├── UnsupportedError     an optional collector is not for this account: no failure
        ├── RateLimitError       wait before the account is asked again
        ├── UnavailableError     try again within the poll
        ├── DeadlineError        too slow: the next poll will tell
        ├── RequestError         the provider does not take what we ask
        ├── PayloadError         the answer is not what the provider documents
        │   ├── AmountError      an amount is negative: nothing of the poll is believed
        │   └── SeriesError      the account has more than the configuration allows
        └── IdentityError        the credential belongs to another account

A message says where, then what. It never holds a value of an answer, a query string or a secret.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """Why a poll failed: the closed set of the ``reason`` label."""

    AUTH = "auth"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    PAYLOAD = "payload"
    IDENTITY = "identity"
    INTERNAL = "internal"


ADVICE = {
    Reason.AUTH: "check the account's key: the provider does not accept it",
    Reason.FORBIDDEN: "check what the key may do in the provider's dashboard",
    Reason.RATE_LIMITED: "poll less often (intervals), or use a key of its own for the exporter",
    Reason.TIMEOUT: "the provider is slow; raise poll_timeout if it stays so",
    Reason.CONNECTION: "check DNS, network and base_url",
    Reason.CLIENT_ERROR: "check base_url and the account's options, such as products",
    Reason.SERVER_ERROR: "the provider has a fault; the exporter goes on trying",
    Reason.PAYLOAD: "the provider's answer is not as documented; please report this line",
    Reason.IDENTITY: "this key is another account's; give that one a name of its own",
    Reason.INTERNAL: "this is a bug of the exporter; please report the traceback",
}
"""What a user can do about each reason, in one clause."""


class ExporterError(Exception):
    """Any error of ours."""


class UsageError(ExporterError):
    """Wrong use or configuration.

    *mistakes* has one line for each, with the place it was made in.
    """

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class FileError(ExporterError):
    """A file that the user names cannot be used; the text does not have its path.

    *is_there* tells whether the path leads to anything. One that does not may be a key in the wrong
    place, and is never to be shown.
    """

    def __init__(self, what: str, *, is_there: bool = True) -> None:
        self.is_there = is_there
        super().__init__(what)


class StateError(ExporterError):
    """The ledger cannot be kept."""


class StartError(ExporterError):
    """The program cannot run as asked, though it was asked rightly."""


class PollError(ExporterError):
    """A poll failed.

    *where* names the request, without its query; *what* says what was wrong with the answer.
    *status* is the answer's, 0 when there was none. *retry_after* is how many seconds the provider
    wants to be left alone, None when it did not say.
    """

    reason = Reason.INTERNAL

    def __init__(
        self,
        where: str,
        what: str,
        *,
        reason: Reason | None = None,
        status: int = 0,
        retry_after: float | None = None,
    ) -> None:
        self.where = where
        self.what = what
        self.reason = reason or type(self).reason
        self.status = status
        self.retry_after = retry_after
        super().__init__(f"{where}: {what}")

    @property
    def advice(self) -> str:
        """What a user can do about it, in one clause."""
        return ADVICE[self.reason]

    def alone(self) -> Self:
        """Return it without what it came from: frames hold whole answers, and other errors too."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


class AuthError(PollError):
    """The provider does not accept the credential."""

    reason = Reason.AUTH


class UnsupportedError(PollError):
    """The provider says that this account may not use the endpoint (403, 404 or 405)."""

    reason = Reason.CLIENT_ERROR


class RateLimitError(PollError):
    """The provider wants fewer requests."""

    reason = Reason.RATE_LIMITED


class UnavailableError(PollError):
    """No connection, or a fault at the provider: the next try may succeed."""

    reason = Reason.CONNECTION


class DeadlineError(PollError):
    """No whole answer in time."""

    reason = Reason.TIMEOUT


class RequestError(PollError):
    """The provider refuses the request as such, or wants us to go where we must not."""

    reason = Reason.CLIENT_ERROR


class PayloadError(PollError):
    """The answer does not have the documented shape."""

    reason = Reason.PAYLOAD


class AmountError(PayloadError):
    """An amount is negative."""


class SeriesError(PayloadError):
    """The account would have more series than max_series allows."""

    @property
    def advice(self) -> str:
        """What a user can do about it, in one clause."""
        return "raise max_series, or turn collectors off"


class IdentityError(PollError):
    """The credential opens another account than the one the ledger knows."""

    reason = Reason.IDENTITY


def worst(failures: Iterable[PollError]) -> PollError:
    """Return the one that is worth most words: the first but for what the account may not use.

    Raises: ValueError when there is none.
    """
    return min(failures, key=lambda error: isinstance(error, UnsupportedError))
