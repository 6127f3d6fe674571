import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.key_file import KeyFile
from exporter.secret import Credential, Secret
from tests.fakes import Script, make_account, make_provider

CANARY = "canary-key"


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text(CANARY)
    return file


@pytest.fixture(name="lines")
def _lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Give what was logged since the last time, each line with its level."""
    caplog.set_level(logging.DEBUG, "exporter")

    def lines() -> list[str]:
        found = [f"{one.levelname} {one.getMessage()}" for one in caplog.records]
        caplog.clear()
        return found

    return lines


def _key_file(file: Path | None) -> KeyFile:
    provider = make_provider(usage=Script())
    return KeyFile(make_account(provider, credential=Credential(Secret(CANARY), file)))


def _garble(file: Path) -> None:
    file.write_bytes(b"caf\xe9")


def _empty(file: Path) -> None:
    file.write_text("")


def _fill(file: Path) -> None:
    file.write_text(f"{CANARY}\n{CANARY}")


def _block(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _drop(file: Path) -> None:
    file.unlink()


WRONG = [_garble, _empty, _fill, _block, _drop]


@pytest.mark.parametrize("harm", WRONG)
def test_wrong_file(
    file: Path, harm: Callable[[Path], object], lines: Callable[[], list[str]]
) -> None:
    """While the file is wrong the key before stays; the log says once that it is, and once not."""
    key_file = _key_file(file)
    harm(file)
    held = [key_file.follow(), key_file.read(), key_file.follow()]
    assert held == [Credential(Secret(CANARY), file)] * 3
    assert lines() == ["WARNING key file is wrong: the key before stays"]
    file.unlink(missing_ok=True)
    file.write_text("another-key\n")
    assert key_file.follow() == key_file.read() == Credential(Secret("another-key"), file)
    assert lines() == ["INFO key file is right again"]


def test_other_mistakes_are_no_news(file: Path, lines: Callable[[], list[str]]) -> None:
    """A file that is wrong in one way after the other is wrong once."""
    key_file = _key_file(file)
    for harm in WRONG:
        file.unlink(missing_ok=True)
        _empty(file)
        harm(file)
        key_file.follow()
    assert lines() == ["WARNING key file is wrong: the key before stays"]


def test_line_names_the_file(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The line has the account, the file and the mistake, and no key."""
    key_file = _key_file(file)
    _fill(file)
    key_file.follow()
    found = vars(caplog.records[0])["fields"]
    assert (found["provider"], found["account"], found["file"]) == ("fake", "main", file)
    assert found["error"].startswith("the key has a space, a control character")
    assert CANARY not in str(found)


def test_right_file_is_no_news(file: Path, lines: Callable[[], list[str]]) -> None:
    """A file that changes as it should is read again without a word."""
    key_file = _key_file(file)
    for key in ("a-new-key", "a-newer-key"):
        file.write_text(key)
        assert key_file.follow().secret == Secret(key)
    assert lines() == []


def test_key_without_a_file(lines: Callable[[], list[str]]) -> None:
    """A key of the configuration stays as it is."""
    key_file = _key_file(None)
    assert key_file.follow() == key_file.read() == Credential(Secret(CANARY))
    assert lines() == []
