"""The routes, each asked over a real socket."""

import gzip
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from exporter.exposition import END
from exporter.face import create_app
from exporter.metrics import Sample, health
from exporter.server import Server
from tests.faces import KEY, TRAFFIC, face, reload_as

PAGES = ["/metrics", "/-/healthy", "/-/ready", "/config", "/"]


@contextmanager
def serve(app: Starlette) -> Iterator[httpx.Client]:
    """Serve *app*, and yield a client of it."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with Server(app, [listener]), httpx.Client(base_url=url, timeout=10) as client:
        yield client


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Serve an exporter that is ready."""
    with serve(create_app(face())) as client:
        yield client


def test_metrics(client: httpx.Client) -> None:
    """A plain request gets the text format, uncompressed."""
    answer = client.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert "Content-Encoding" not in answer.headers
    assert "Server" not in answer.headers
    assert f'{TRAFFIC.name}{{provider="webshare",account="main"}} 5.0\n' in answer.text


def test_metrics_as_openmetrics(client: httpx.Client) -> None:
    """Who asks for OpenMetrics gets it, and is told so."""
    accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
    answer = client.get("/metrics", headers={"Accept": accept})
    expected = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.headers["Content-Type"] == expected
    assert answer.text.endswith(END)


def test_metrics_with_two_accept_headers(client: httpx.Client) -> None:
    """Headers that come in several lines count as one."""
    lines = [("Accept", "text/plain;q=0.5"), ("Accept", "application/openmetrics-text")]
    assert client.get("/metrics", headers=lines).text.endswith(END)


def test_metrics_compressed(client: httpx.Client) -> None:
    """Who accepts gzip gets it, the first time and from the cache."""
    headers = {"Accept-Encoding": "gzip"}
    with client.stream("GET", "/metrics", headers=headers) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(body))
    plain = client.get("/metrics", headers={"Accept-Encoding": "identity"}).content
    assert gzip.decompress(body) == plain
    assert client.get("/metrics", headers=headers).content == plain


def test_healthy(client: httpx.Client) -> None:
    """The exporter is healthy while it answers."""
    answer = client.get("/-/healthy")
    assert (answer.status_code, answer.text) == (200, "proxy-provider-exporter is healthy.\n")


def test_ready(client: httpx.Client) -> None:
    """The exporter is ready when it waits for nothing."""
    answer = client.get("/-/ready")
    assert (answer.status_code, answer.text) == (200, "proxy-provider-exporter is ready.\n")


def test_not_ready() -> None:
    """Until it is ready, the exporter says what it waits for."""
    with serve(create_app(replace(face(), waiting_for=lambda: ("evomi/a", "evomi/b")))) as client:
        answer = client.get("/-/ready")
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.text == "waiting for the first poll of: evomi/a, evomi/b\n"


def test_config(client: httpx.Client) -> None:
    """The effective configuration is plain text."""
    answer = client.get("/config")
    assert answer.text == "accounts: []\n"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_landing_page(client: httpx.Client) -> None:
    """The landing page shows the account, guarded by its headers."""
    answer = client.get("/")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Webshare · <b>main</b>" in answer.text
    assert KEY not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_head(client: httpx.Client, path: str) -> None:
    """HEAD has the headers of GET, and no body."""
    headers = {"Accept-Encoding": "identity"}
    head, get = client.head(path, headers=headers), client.get(path, headers=headers)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}
    assert int(head.headers["Content-Length"]) == len(get.content) > 0


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/metrics/x", "/config/"])
def test_not_found(client: httpx.Client, path: str) -> None:
    """Any other path is not found, and leads nowhere."""
    assert client.get(path).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_method_not_allowed(client: httpx.Client, method: str, path: str) -> None:
    """A method that a page does not know is refused, with those that it knows."""
    answer = client.request(method, path)
    assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_telemetry_path() -> None:
    """The metrics are where they were asked to be, and nowhere else."""
    with serve(create_app(replace(face(), telemetry_path="/probe"))) as client:
        assert TRAFFIC.name in client.get("/probe").text
        assert client.get("/metrics").status_code == httpx.codes.NOT_FOUND
        assert 'href="/probe"' in client.get("/").text


def test_telemetry_path_instead_of_the_landing_page() -> None:
    """Metrics at the root take the place of the landing page."""
    with serve(create_app(replace(face(), telemetry_path="/"))) as client:
        assert TRAFFIC.name in client.get("/").text
        assert client.get("/-/healthy").status_code == httpx.codes.OK


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_reload(method: str) -> None:
    """A reload that succeeds says so."""
    with serve(create_app(face())) as client:
        answer = client.request(method, "/-/reload")
    assert (answer.status_code, answer.text) == (200, "configuration reloaded\n")


def test_reload_that_fails() -> None:
    """A reload that fails says why."""
    with serve(create_app(replace(face(), reload=reload_as("accounts: missing")))) as client:
        answer = client.post("/-/reload")
        wrong = client.get("/-/reload")
    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert answer.text == "configuration not reloaded: accounts: missing\n"
    assert wrong.status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert set(wrong.headers["Allow"].split(", ")) == {"POST", "PUT"}


def test_own_bug_shows_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """A fault of ours is a short answer; the traceback is in the log."""

    def fail() -> str:
        raise ZeroDivisionError(KEY)

    with serve(create_app(replace(face(), config_text=fail))) as client:
        answer = client.get("/config")
        assert client.get("/-/healthy").status_code == httpx.codes.OK
    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert answer.text == "internal error: see the log\n"
    assert "ZeroDivisionError" in caplog.text


def test_scrapes_side_by_side(client: httpx.Client) -> None:
    """Many scrapes at once are all answered alike."""
    with ThreadPoolExecutor(20) as pool:
        texts = {answer.text for answer in pool.map(client.get, ["/metrics"] * 200)}
    assert len(texts) == 1


def test_server_answers_while_a_scrape_is_made() -> None:
    """A scrape that takes long holds up nobody else."""
    entered, go_on = threading.Event(), threading.Event()

    def own() -> Iterator[Sample]:
        entered.set()
        assert go_on.wait(10)
        yield health.EXPORTER_STATE_PERSISTENT.sample(1)

    with serve(create_app(face(own))) as client, ThreadPoolExecutor(1) as pool:
        scrape = pool.submit(client.get, "/metrics")
        assert entered.wait(10)
        assert client.get("/-/healthy").status_code == httpx.codes.OK
        go_on.set()
        assert scrape.result().status_code == httpx.codes.OK
