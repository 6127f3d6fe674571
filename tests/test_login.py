import asyncio
import threading
from collections.abc import Callable

import bcrypt
import pytest

from exporter.login import QUEUE, Logins, Verdict
from tests.web_config.stage import hashed

USERS = {"a": hashed("right").encode(), "b": hashed("other").encode()}


class Counting:
    """bcrypt, which tells what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, bytes]] = []

    def __call__(self, password: bytes, hashed_one: bytes) -> bool:
        """Check."""
        self.asked.append((password, hashed_one))
        return bcrypt.checkpw(password, hashed_one)


def judged(logins: Logins, *pairs: tuple[str, bytes]) -> list[Verdict]:
    """Judge logins one after the other."""

    async def play() -> list[Verdict]:
        return [await logins.judge(USERS, name, password) for name, password in pairs]

    return asyncio.run(play())


def test_outcomes_are_remembered() -> None:
    """However often a login comes, right or wrong, bcrypt is asked once."""
    check = Counting()
    pairs = [("a", b"right"), ("a", b"wrong"), ("nobody", b"right")]
    found = judged(Logins(check), *pairs, *pairs)
    assert found == [Verdict.RIGHT, Verdict.WRONG, Verdict.WRONG] * 2
    assert len(check.asked) == 3


def test_name_that_nobody_has_costs_the_same() -> None:
    """An unknown name is checked against a hash of the same cost as the users' own."""
    check = Counting()
    judged(Logins(check), ("a", b"x"), ("nobody", b"x"))
    known, unknown = (one.split(b"$") for _, one in check.asked)
    assert known[2] == unknown[2]
    assert unknown[3] not in [one.split(b"$")[3] for one in USERS.values()]


def test_password_of_the_decoy_opens_nothing() -> None:
    """An unknown name is never let in, whatever its password."""
    logins = Logins(lambda _password, _hashed: True)
    assert judged(logins, ("nobody", b"x"), ("nobody", b"x")) == [Verdict.WRONG] * 2


def test_password_of_another() -> None:
    """What is remembered of one user says nothing of another."""
    found = judged(Logins(), ("a", b"right"), ("b", b"right"), ("b", b"other"))
    assert found == [Verdict.RIGHT, Verdict.WRONG, Verdict.RIGHT]


def test_guesses_drive_out_no_right_password() -> None:
    """However many guesses come, what was right is still remembered, and what is oldest is not."""
    asked: list[bytes] = []

    def check(password: bytes, _hashed: bytes) -> bool:
        asked.append(password)
        return password == b"right"

    guesses = [("a", str(number).encode()) for number in range(1001)]
    judged(Logins(check), ("a", b"right"), *guesses, ("a", b"right"), ("a", b"1000"), ("a", b"0"))
    assert len(asked) == 1 + 1001 + 1
    assert asked[-1] == b"0"


class Held:
    """A check that waits until it is let go, and knows how many run at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.running = self.most = self.done = 0

    def __call__(self, password: bytes, _hashed: bytes) -> bool:
        """Check."""
        self.running += 1
        self.most = max(self.most, self.running)
        assert self.go.wait(60)
        self.running -= 1
        self.done += 1
        return password == b"right"


def flood(
    logins: Logins, password: Callable[[int], bytes], let_go: threading.Event
) -> list[Verdict]:
    """Judge more logins at once than may wait."""

    async def play() -> list[Verdict]:
        tasks = [
            asyncio.create_task(logins.judge(USERS, "a", password(number)))
            for number in range(QUEUE + 4)
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        let_go.set()
        return await asyncio.gather(*tasks)

    return asyncio.run(play())


def test_flood_of_guesses() -> None:
    """One check runs at a time, few logins wait, the rest is sent away at once."""
    check = Held()
    found = flood(Logins(check), lambda number: str(number).encode(), check.go)
    assert found == [Verdict.WRONG] * QUEUE + [Verdict.BUSY] * 4
    assert (check.most, check.done) == (1, QUEUE)


def test_same_login_many_times_at_once() -> None:
    """Those who wait with the same login as one who is checked share its outcome."""
    check = Held()
    found = flood(Logins(check), lambda _number: b"right", check.go)
    assert found == [Verdict.RIGHT] * QUEUE + [Verdict.BUSY] * 4
    assert check.done == 1


@pytest.mark.parametrize("version", [b"2a", b"2b", b"2y"])
def test_versions_of_bcrypt(version: bytes) -> None:
    """Hashes of every tool are understood."""
    users = {"a": USERS["a"].replace(b"2b", version)}
    assert asyncio.run(Logins().judge(users, "a", b"right")) is Verdict.RIGHT
