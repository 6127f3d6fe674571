"""Keys that change on disk, or are refused, while a session polls."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx
import msgspec
import pytest
import respx

from exporter.api import Api
from exporter.errors import AuthError
from exporter.providers import Context, Report
from exporter.secret import Credential, Secret
from exporter.session import Session
from tests.clocks import Jumping
from tests.fakes import BASE, Script, make_account, make_provider, make_resources, report

ROOM = 100


class Named(msgspec.Struct):
    """Whose account an answer is of."""

    owner: str


async def _ask_owner(api: Api, _context: Context) -> Report:
    first = await api.get("/owner", Named)
    second = await api.get("/again", Named)
    assert first == second, "one poll, two accounts"
    return report(100, owner=first.owner)


def _by_key(request: httpx.Request) -> httpx.Response:
    owners = {"old": None, "new": "me", "yours": "you"}
    owner = owners[request.headers["authorization"]]
    return httpx.Response(200, json={"owner": owner}) if owner else httpx.Response(401)


def _with_file(file: Path, **scripts: Script) -> Session:
    provider = make_provider("fake", **scripts)
    account = make_account(provider, credential=Credential(Secret("old"), file))
    return Session(account, provider, make_resources(Jumping().clock()))


def test_refused_key_is_read_again_and_used_at_once(tmp_path: Path) -> None:
    """A key that changed on disk is tried in the same poll, and is the account's from then on."""
    file = tmp_path / "key"
    file.write_text("new", "utf-8")
    session = _with_file(file, usage=Script(_ask_owner))
    codes: Counter[str] = Counter()
    with respx.mock(base_url=BASE) as router:
        router.get().mock(side_effect=_by_key)
        asyncio.run(session.ask(session.provider.collectors[0], within=1.0, codes=codes))
    assert codes == {"401": 1, "200": 2}
    assert session.account.credential == Credential(Secret("new"), file)


def test_key_that_changed_on_disk_is_used_before_it_is_refused(tmp_path: Path) -> None:
    """A key is read again when its file has changed, and a file that is broken changes nothing."""
    file = tmp_path / "key"
    file.write_text("old", "utf-8")
    session = _with_file(file, usage=Script(_ask_owner))
    collector = session.provider.collectors[0]
    codes: Counter[str] = Counter()
    with respx.mock(base_url=BASE) as router:
        router.get().mock(side_effect=_by_key)
        for content in ("new\n", ""):
            file.write_text(content, "utf-8")
            asyncio.run(session.ask(collector, within=1.0, codes=codes))
    assert codes == {"200": 4}
    assert session.account.credential == Credential(Secret("new"), file)


@pytest.mark.parametrize("content", ["old", "", None], ids=["same", "empty", "gone"])
def test_refused_key_that_did_not_change(tmp_path: Path, content: str | None) -> None:
    """A key that is the same on disk is not tried twice."""
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content, "utf-8")
    session = _with_file(file, usage=Script(_ask_owner))
    codes: Counter[str] = Counter()
    with respx.mock(base_url=BASE) as router:
        router.get().mock(side_effect=_by_key)
        with pytest.raises(AuthError):
            asyncio.run(session.ask(session.provider.collectors[0], within=1.0, codes=codes))
    assert codes == {"401": 1}


def test_all_collectors_use_a_key_that_one_has_read(tmp_path: Path) -> None:
    """Collectors that are refused together all go on with the new key."""
    file = tmp_path / "key"
    file.write_text("new", "utf-8")
    session = _with_file(file, usage=Script(_ask_owner), extra=Script(_ask_owner))

    async def ask() -> list[Report]:
        asks = (
            session.ask(collector, within=1.0, codes=Counter())
            for collector in session.provider.collectors
        )
        return await asyncio.gather(*asks)

    with respx.mock(base_url=BASE) as router:
        router.get().mock(side_effect=_by_key)
        assert len(asyncio.run(ask())) == 2


def test_readings_of_a_new_key_wait(tmp_path: Path) -> None:
    """A new key that is another account's moves no counter, whichever collector reads it first."""
    file = tmp_path / "key"
    file.write_text("new", "utf-8")
    session = _with_file(file, usage=Script(_ask_owner), extra=Script(_ask_owner))
    usage_, extra = session.provider.collectors

    async def play() -> list[bool]:
        confirmed = []
        for collector, key in ((usage_, "new"), (extra, "new"), (extra, "yours")):
            file.write_text(key, "utf-8")
            answer = await session.ask(collector, within=1.0, codes=Counter())
            settled = await session.settle(collector, answer, room=lambda: ROOM)
            confirmed.append(settled.counters is not None)
        return confirmed

    with respx.mock(base_url=BASE) as router:
        router.get().mock(side_effect=_by_key)
        assert asyncio.run(play()) == [True, True, False]


def test_a_poll_has_one_key_from_begin_to_end(tmp_path: Path) -> None:
    """A key that changes in the middle of a poll is not used before the next one."""
    file = tmp_path / "key"
    file.write_text("new", "utf-8")
    session = _with_file(file, usage=Script(_ask_owner))

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "new":
            session.client.credential = Credential(Secret("yours"), file)
        return _by_key(request)

    with respx.mock(base_url=BASE) as router:
        router.get().mock(side_effect=answer)
        collector = session.provider.collectors[0]
        found = asyncio.run(session.ask(collector, within=1.0, codes=Counter()))
    assert found.statement is not None
    assert found.statement.owners == {"plan": {"me"}}
