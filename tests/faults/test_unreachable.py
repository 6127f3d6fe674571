"""Providers that cannot be reached, or whose certificate is not to be trusted."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from exporter.providers import PROVIDERS, Provider
from exporter.providers.evomi import EVOMI
from exporter.simulator import World, create_app
from exporter.snapshot import Snapshot
from tests.clocks import WALL
from tests.faults.origin import opened
from tests.faults.stage import HASTY, PATIENT, demo_accounts, set_up
from tests.sockets import Behaviour, closed_port, say, serve, then_hang

EVERY_PROVIDER = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)

HALF_A_HANDSHAKE = bytes.fromhex("160303007a020000760303")
"""The begin of the record that a TLS server says hello with."""

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


async def _poll(
    provider: Provider, base_url: str, limit: float = PATIENT
) -> tuple[list[Snapshot], str]:
    """Poll a victim at *base_url*; return what it shows, and the log.

    Its neighbour is polled meanwhile, and is well.
    """
    async with set_up(provider, base_url=base_url) as stage:
        log = await stage.polls(None, limit)
        assert all(one.success for one in stage.other.snapshots)
        assert not any(key in log for key in stage.keys)
        return stage.victim.snapshots, log


def _reasons(snapshots: list[Snapshot]) -> list[dict[str, int]]:
    """Return the failures that each collector has counted."""
    return [{reason: by for reason, by in one.failures.items() if by} for one in snapshots]


@EVERY_PROVIDER
def test_refused(provider: Provider) -> None:
    """A port that nobody listens on is ``connection``, and is tried three times."""
    snapshots, log = asyncio.run(_poll(provider, f"http://127.0.0.1:{closed_port()}"))
    assert _reasons(snapshots) == [{"connection": 1}] * len(snapshots)
    assert "no connection (Connection refused)" in log
    assert all(one.requests["error"] % 3 == 0 for one in snapshots)


def test_name_that_nobody_knows() -> None:
    """A host that DNS does not know is ``connection``, in the system's own words."""
    snapshots, log = asyncio.run(_poll(EVOMI, "http://canary.invalid"))
    assert _reasons(snapshots) == [{"connection": 1}] * len(snapshots)
    assert "no connection ([Errno" in log


class Authority:
    """A certificate authority, and what it has issued."""

    def __init__(self) -> None:
        self.ca = trustme.CA()

    def trust(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have it trusted as a system's authorities are."""
        file = folder / "authority.pem"
        self.ca.cert_pem.write_to_path(str(file))
        monkeypatch.setenv("SSL_CERT_FILE", str(file))

    def server(self, name: str = "localhost", *, until: datetime | None = None) -> ssl.SSLContext:
        """Return what a server called *name* needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(name, not_after=until).configure_cert(context)
        return context


async def _poll_over_tls(provider: Provider, tls: ssl.SSLContext) -> tuple[list[Snapshot], str]:
    app = create_app(World(demo_accounts(), clock=lambda: WALL, rate_limits=()))
    async with opened(app, tls=tls) as origin:
        found = await _poll(provider, origin.url)
        if not all(one.success for one in found[0]):
            assert origin.heads == [], "a request was sent to a server that is not trusted"
        return found


@EVERY_PROVIDER
def test_certificate_that_is_good(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a certificate that the system trusts, all is well: SSL_CERT_FILE names who issues it."""
    authority = Authority()
    authority.trust(tmp_path, monkeypatch)
    snapshots, _ = asyncio.run(_poll_over_tls(provider, authority.server()))
    assert all(one.success for one in snapshots)


@EVERY_PROVIDER
@pytest.mark.parametrize(
    ("name", "until", "words"),
    [
        ("localhost", YESTERDAY, "certificate has expired"),
        ("other.example", None, "Hostname mismatch"),
    ],
    ids=["expired", "wrong-name"],
)
def test_certificate_that_is_bad(  # noqa: PLR0913 - what the case is, and where it is played
    provider: Provider,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    until: datetime | None,
    words: str,
) -> None:
    """An expired certificate, or another's: ``connection``, and the log says what is wrong."""
    authority = Authority()
    authority.trust(tmp_path, monkeypatch)
    snapshots, log = asyncio.run(_poll_over_tls(provider, authority.server(name, until=until)))
    assert _reasons(snapshots) == [{"connection": 1}] * len(snapshots)
    assert words in log


@EVERY_PROVIDER
def test_certificate_of_nobody_we_know(provider: Provider) -> None:
    """A certificate that no authority of the system has issued is not trusted."""
    snapshots, log = asyncio.run(_poll_over_tls(provider, Authority().server()))
    assert _reasons(snapshots) == [{"connection": 1}] * len(snapshots)
    assert "certificate verify failed" in log


async def _poll_no_tls(
    provider: Provider, behaviour: Behaviour, limit: float
) -> tuple[list[Snapshot], list[str]]:
    async with serve(behaviour) as origin:
        snapshots, _ = await _poll(provider, origin.url.replace("http:", "https:"), limit)
        return snapshots, origin.requests


@EVERY_PROVIDER
@pytest.mark.parametrize(
    ("behaviour", "limit", "reason"),
    [
        (then_hang(HALF_A_HANDSHAKE), HASTY, "timeout"),
        (say(HALF_A_HANDSHAKE), PATIENT, "connection"),
        (say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), PATIENT, "connection"),
    ],
    ids=["half", "cut-off", "none"],
)
def test_handshake(provider: Provider, behaviour: Behaviour, limit: float, reason: str) -> None:
    """A handshake that stops half-way ends with the deadline, a broken one at once."""
    snapshots, requests = asyncio.run(_poll_no_tls(provider, behaviour, limit))
    assert _reasons(snapshots) == [{reason: 1}] * len(snapshots)
    assert requests == []


def test_handshake_that_is_cut_off_leaves_nothing_open() -> None:
    """What the deadline ends is closed: such a server cannot use up our sockets."""
    opened_, closed = [], asyncio.Event()

    async def never_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened_.append(writer)
        writer.write(HALF_A_HANDSHAKE)
        while await reader.read(2**16):
            pass
        writer.close()
        opened_.remove(writer)
        if not opened_:
            closed.set()

    async def play() -> None:
        server = await asyncio.start_server(never_ends, "127.0.0.1", 0)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with set_up(PROVIDERS["webshare"], base_url=url) as stage:
            await stage.polls(None, HASTY)
            await asyncio.wait_for(closed.wait(), PATIENT)
        server.close()
        await server.wait_closed()

    asyncio.run(play())
