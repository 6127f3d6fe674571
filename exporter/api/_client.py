"""Client: the requests of one account, signed, spaced, and counted."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from exporter import __version__
from exporter.api._body import read_body
from exporter.api._judge import follow, http_date, judge, map_errors
from exporter.api._pool import Pool
from exporter.api._time import Clock, ProviderTime
from exporter.errors import AuthError, PollError, RequestError
from exporter.secret import Credential, Secret

AT_A_TIME = 2
"""Requests of one account under way: a customer, not a crawler."""

MAX_REDIRECTS = 5
"""Of one request, all to its own origin: more is a circle."""

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"proxy-provider-exporter/{__version__}",
}


@dataclass(frozen=True, slots=True)
class Access:
    """Where an account's API is, what opens it, and how hard it may be asked.

    *auth* makes the headers that sign a request. *spacing* is the least time between two requests,
    in seconds, by the beginning of the path: the longest that fits counts. *silence* is how long
    the provider may send nothing.
    """

    base_url: str
    credential: Credential
    auth: Callable[[Secret], Mapping[str, str]]
    spacing: Mapping[str, float]
    silence: float = 10.0


class Client:
    """One account's way to its provider. It lives as long as the account does."""

    def __init__(self, pool: Pool, access: Access, *, clock: Clock | None = None) -> None:
        self.base_url = httpx.URL(access.base_url.rstrip("/"))
        self.clock = clock or Clock()
        self.credential = access.credential
        """What polls that begin from now on are signed with."""
        self.time = ProviderTime(self.clock)
        self._paused_until = 0.0
        self._paused_by: PollError | None = None
        self._access = access
        self._transport = pool.transport(self.base_url)
        # Waiting for a connection is no silence of the provider: only the deadline ends it.
        self._timeout = httpx.Timeout(access.silence, pool=None).as_dict()
        self._slots = asyncio.Semaphore(AT_A_TIME)
        self._free_at: dict[str, float] = {}

    @property
    def pause(self) -> float:
        """Seconds for which the provider still wants to be left alone."""
        return max(0.0, self._paused_until - self.clock.monotonic())

    def serves(self, base_url: str, credential: Credential) -> bool:
        """Tell whether it asks there, and with this."""
        url = httpx.URL(base_url.rstrip("/"))
        return self.base_url == url and self.credential == credential

    async def get(
        self, url: httpx.URL, *, where: str, credential: Credential, codes: Counter[str]
    ) -> bytes:
        """Send one GET, signed with *credential*, and return the body.

        *codes* counts what it was answered with. The credential is masked in the body, so that a
        provider which repeats it does not bring it into a label.
        Raises: PollError.
        """
        headers = self._sign(credential.secret, where)
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._exchange(url, where=where, headers=headers, codes=codes)
            if isinstance(answer, bytes):
                return credential.secret.masked_in(answer)
            if not self.is_home(answer):
                raise RequestError(where, "the provider redirects to another origin: not followed")
            url = answer
        raise RequestError(where, f"the provider redirects more than {MAX_REDIRECTS} times")

    def is_home(self, url: httpx.URL) -> bool:
        """Tell whether *url* is on the account's own origin, where its credential may go."""
        home = self.base_url
        return (url.scheme, url.host, url.port) == (home.scheme, home.host, home.port)

    def _sign(self, secret: Secret, where: str) -> Mapping[str, str]:
        if secret.flaw is not None:
            raise AuthError(where, f"not sent: {secret.flaw}")
        return {**_HEADERS, **self._access.auth(secret)}

    async def _exchange(
        self, url: httpx.URL, *, where: str, headers: Mapping[str, str], codes: Counter[str]
    ) -> bytes | httpx.URL:
        """Return the body, or where the provider redirects to."""
        async with self._slots:
            await self._wait_for_turn(url.path)
            self._refuse_in_pause(where)
            request = httpx.Request(
                "GET", url, headers=headers, extensions={"timeout": self._timeout}
            )
            code = "error"
            try:
                with map_errors(where):
                    response = await self._transport.handle_async_request(request)
                    code = str(response.status_code)
                    try:
                        return await self._read(response, url, where)
                    finally:
                        await response.aclose()
            finally:
                codes[code] += 1

    async def _read(
        self, response: httpx.Response, url: httpx.URL, where: str
    ) -> bytes | httpx.URL:
        date = http_date(response.headers.get("date", ""))
        if date is not None:
            self.time.hear(date)
        if response.has_redirect_location:
            return follow(url, response.headers["location"], where)
        try:
            judge(response, where, now=self.time.now if date is None else date)
        except PollError as error:
            self._pause_for(error)
            raise
        return await read_body(response, where)

    def _pause_for(self, error: PollError) -> None:
        """Send nothing for as long as the provider asks with *error*; the longest wish counts."""
        until = self.clock.monotonic() + (error.retry_after or 0.0)
        if until > self._paused_until:
            self._paused_until, self._paused_by = until, error

    def _refuse_in_pause(self, where: str) -> None:
        """Fail for the reason of the answer that asked for a pause, while it lasts."""
        if self._paused_by is not None and self.pause:
            raise type(self._paused_by)(
                where,
                "not sent: the provider asked for a pause",
                reason=self._paused_by.reason,
                status=self._paused_by.status,
                retry_after=self.pause,
            )

    async def _wait_for_turn(self, path: str) -> None:
        """Keep the distance to the previous request under the same limit."""
        path = path.removeprefix(self.base_url.path.rstrip("/"))
        limit = max((p for p in self._access.spacing if path.startswith(p)), key=len, default=None)
        if limit is None:
            return
        now = self.clock.monotonic()
        turn = max(now, self._free_at.get(limit, now))
        self._free_at[limit] = turn + self._access.spacing[limit]
        if turn > now:
            await self.clock.sleep(turn - now)
