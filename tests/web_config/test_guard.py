import base64
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import httpx
import pytest

from exporter.login import QUEUE, Logins
from exporter.web_config import WebConfigFile
from tests.web_config.stage import Folder, hashed, served

PATHS = ["/", "/metrics", "/-/healthy", "/-/ready", "/-/reload", "/config", "/nothing"]
WORD = "correct horse"


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("web"))
    folder.configure(basic_auth_users={"prometheus": hashed(WORD), "é": hashed("ü" * 50)})
    return folder


@pytest.fixture(name="url", scope="module")
def _url(folder: Folder) -> Iterator[str]:
    with served(WebConfigFile(folder.file)) as address:
        yield f"http://{address}"


def _basic(login: bytes) -> str:
    return f"Basic {base64.b64encode(login).decode()}"


@pytest.mark.parametrize("path", PATHS)
def test_every_path_asks_for_a_password(url: str, path: str) -> None:
    """Nothing is told, not even of health, to whom has no password; the answer says how to ask."""
    answer = httpx.get(f"{url}{path}")
    assert (answer.status_code, answer.text) == (401, "unauthorized\n")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert httpx.get(f"{url}{path}", auth=("prometheus", WORD)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        _basic(f"prometheus:{WORD}".encode()),
        _basic(f"prometheus:{WORD}".encode()).replace("Basic", "basic"),
        _basic(("é:" + "ü" * 50).encode()),
    ],
    ids=["right", "scheme in lower case", "beyond ASCII, and longer than bcrypt reads"],
)
def test_right_logins(url: str, header: str) -> None:
    """Whom the file names is let in, again and again."""
    codes = [httpx.get(url, headers={"Authorization": header}).status_code for _ in range(3)]
    assert codes == [200] * 3


@pytest.mark.parametrize(
    "header",
    [
        _basic(b"prometheus:wrong"),
        _basic(f"nobody:{WORD}".encode()),
        _basic(b"prometheus:"),
        _basic(b"prometheus"),
        _basic(b"\xff:x"),
        "Basic !",
        "Basic é",
        "Basic",
        f"Bearer {WORD}",
    ],
    ids=[
        "password",
        "name",
        "empty",
        "no colon",
        "no UTF-8",
        "no base64",
        "no ASCII",
        "",
        "scheme",
    ],
)
def test_wrong_logins(url: str, header: str) -> None:
    """Everybody else is not, again and again."""
    lines = [(b"Authorization", header.encode("latin-1"))]
    assert [httpx.get(url, headers=lines).status_code for _ in range(3)] == [401] * 3


def test_users_that_change(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A password that changes counts from the next request on; a wrong file changes nothing."""
    folder = Folder(tmp_path)
    folder.configure(basic_auth_users={"a": hashed("old")})
    with served(WebConfigFile(folder.file)) as address, httpx.Client() as client:

        def codes() -> list[int]:
            return [
                client.get(f"http://{address}", auth=("a", password)).status_code
                for password in ("old", "new")
            ]

        assert codes() == [200, 401]
        folder.configure(basic_auth_users={"a": hashed("new")})
        assert codes() == [401, 200]
        folder.configure(basic_auth_users={"a": "not a hash"})
        assert codes() == [401, 200]
        folder.file.unlink()
        assert codes() == [401, 200]
    assert [one.levelno for one in caplog.records if one.levelno > logging.INFO] == [
        logging.ERROR,
        logging.ERROR,
    ]
    assert hashed("new") not in caplog.text


def test_flood_of_guesses(folder: Folder) -> None:
    """Beyond those that may wait, a login is told at once to come again; those known are let in."""
    go = threading.Event()

    def check(password: bytes, _hashed: bytes) -> bool:
        return password == WORD.encode() or not go.wait(60)

    known = ("prometheus", WORD)
    with (
        served(WebConfigFile(folder.file), Logins(check)) as address,
        ThreadPoolExecutor(QUEUE + 1) as threads,
    ):
        url = f"http://{address}/metrics"
        assert httpx.get(url, auth=known).status_code == 200
        guesses = [
            threads.submit(httpx.get, url, auth=("prometheus", str(number)), timeout=60)
            for number in range(QUEUE + 1)
        ]
        refused = next(as_completed(guesses)).result()
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert httpx.get(url, auth=known).status_code == 200
        go.set()
        assert sorted(one.result().status_code for one in guesses) == [401] * QUEUE + [503]


def test_noise_on_the_port(folder: Folder) -> None:
    """What is no HTTP harms nobody."""
    with served(WebConfigFile(folder.file)) as address:
        host, port = address.split(":")
        with socket.create_connection((host, int(port))) as noisy:
            noisy.sendall(b"\x16\x03\x01\x00\xff" * 100)
            noisy.recv(1000)
        assert httpx.get(f"http://{address}", auth=("prometheus", WORD)).status_code == 200
