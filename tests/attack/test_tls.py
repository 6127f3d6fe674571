"""The same bounds where the connection is encrypted: asyncio keeps what is unsent elsewhere."""

import ssl
from contextlib import ExitStack

import trustme

from exporter.connection import Limits
from tests.attack.client import eventually, is_reset
from tests.attack.encrypted import PAGE, SOON, asking, served

CROWDED = Limits(exchange_seconds=3600, unsent_bytes=2 * len(PAGE))


def test_who_does_not_read_is_cut(authority: trustme.CA, context: ssl.SSLContext) -> None:
    """An answer that is not read in time ends the connection."""
    with served(authority, SOON) as address, asking(address, context) as one:
        assert eventually(lambda: is_reset(one))


def test_unread_answers_are_not_kept_without_end(
    authority: trustme.CA, context: ssl.SSLContext
) -> None:
    """When clients leave more unread than is allowed, the oldest of them end."""
    with served(authority, CROWDED) as address, ExitStack() as stack:
        crowd = [stack.enter_context(asking(address, context)) for _ in range(8)]
        assert eventually(lambda: all(map(is_reset, crowd[:2])))
        assert not any(map(is_reset, crowd[-2:]))
