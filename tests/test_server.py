import gzip
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from exporter.account import Account
from exporter.errors import AuthError, StartError
from exporter.exposition import END
from exporter.face import Face, create_app
from exporter.metrics import Sample, health, usage
from exporter.scrape import Scrape
from exporter.secret import Credential, Secret
from exporter.server import Server
from exporter.snapshot import Part, Snapshot
from exporter.store import Store

TRAFFIC = usage.ACCOUNT_TRAFFIC_BYTES_TOTAL
KEY = "hush-hush"
PAGES = ["/metrics", "/-/healthy", "/-/ready", "/config", "/"]


def snapshot() -> Snapshot:
    """Make a snapshot after a failure."""
    account = Account("webshare", "main", Credential(Secret(KEY)), "", {"usage": 300})
    return Snapshot(
        account=account,
        collector="usage",
        required=True,
        counters=Part((TRAFFIC.sample(5),)),
        polls=1,
        duration=0.5,
        error=AuthError("GET /usage", "401"),
    )


def reload_as(problem: str | None) -> Callable[[], Awaitable[str | None]]:
    """Return a reload that comes to *problem*."""

    async def reload() -> str | None:
        return problem

    return reload


def face(own: Callable[[], Iterator[Sample]] = lambda: iter(())) -> Face:
    """Make what the routes show."""
    store = Store()
    store.put(snapshot())
    return Face(
        scrape=Scrape(store, own, stale_after=3, process=CollectorRegistry()),
        telemetry_path="/metrics",
        waiting_for=lambda: (),
        config_text=lambda: "accounts: []\n",
        snapshots=store.all,
        reload=reload_as(None),
        titles={"webshare": "Webshare"},
    )


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


def test_stop_with_open_connections() -> None:
    """Connections that are idle, or in the middle of a request, do not hold up the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    server = Server(create_app(face()), [listener])
    server.start()
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{address[1]}") as idle,
        socket.create_connection(address) as silent,
        socket.create_connection(address) as halfway,
    ):
        assert idle.get("/-/healthy").status_code == httpx.codes.OK
        halfway.sendall(b"GET /metrics HTTP/1.1\r\n")
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 2
        assert silent.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_stop_while_nobody_reads() -> None:
    """A client that does not read its answer is cut off."""
    huge = replace(face(), config_text=lambda: "x" * 50_000_000)
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(create_app(huge), [listener])
    server.start()
    with socket.create_connection(listener.getsockname()) as stuck:
        stuck.sendall(b"GET /config HTTP/1.1\r\nHost: x\r\n\r\n")
        assert stuck.recv(15) == b"HTTP/1.1 200 OK"
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 3


def test_several_sockets() -> None:
    """Every address that is listened on is answered."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [listener.getsockname() for listener in listeners]
    with Server(create_app(face()), listeners):
        for _, port in addresses:
            assert httpx.get(f"http://127.0.0.1:{port}/-/ready").status_code == httpx.codes.OK


def test_start_that_fails() -> None:
    """A socket that cannot be listened on is an error at once, and the others are closed."""
    good, closed = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    closed.close()
    with pytest.raises(StartError, match=r"did not start: .*Bad file descriptor"):
        Server(create_app(face()), [good, closed]).start()
    assert good.fileno() == -1
