import json
import signal
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from exporter.simulator import Fault, SimulatorServer, World, run
from tests.simulator.worlds import KEYS, NOW, make_world

LIMITS = "/api/v2/verification/limits/"


@pytest.fixture(name="world", scope="module")
def _world() -> World:
    return make_world()


@pytest.fixture(name="server", scope="module")
def _server(world: World) -> Iterator[SimulatorServer]:
    with SimulatorServer(world) as server:
        yield server


@pytest.fixture(name="client")
def _client(server: SimulatorServer, world: World) -> Iterator[httpx.Client]:
    world.faults = ()
    with httpx.Client(base_url=server.url, headers=KEYS["webshare"], timeout=5) as client:
        yield client
    world.faults = ()


def test_answers_over_a_socket(client: httpx.Client) -> None:
    """Answers come over HTTP, with one date, the world's, and no server header."""
    answer = client.get(LIMITS)
    assert answer.json() == {"proxy_state": "active"}
    assert answer.headers.get_list("date") == ["Wed, 18 Nov 2026 10:26:40 GMT"]
    assert "server" not in answer.headers


def test_answers_are_not_held_back(client: httpx.Client) -> None:
    """Twenty answers on one connection take no 40 ms each, as Nagle's algorithm would."""
    client.get(LIMITS)
    started = time.monotonic()
    for _ in range(20):
        client.get(LIMITS)
    assert time.monotonic() - started < 0.4


def test_drop_closes_the_connection(client: httpx.Client, world: World) -> None:
    """A dropped connection ends without an answer, and the next one works."""
    world.faults = (Fault(kind="drop"),)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.get(LIMITS)
    world.faults = ()
    assert client.get(LIMITS).status_code == 200


def test_reset_resets_the_connection(client: httpx.Client, world: World) -> None:
    """A connection that is reset ends with the system's own error."""
    world.faults = (Fault(kind="reset"),)
    with pytest.raises(httpx.ReadError, match="Connection reset by peer"):
        client.get(LIMITS)


def test_truncate_cuts_the_body(client: httpx.Client, world: World) -> None:
    """A truncated answer begins and breaks off."""
    world.faults = (Fault(kind="truncate"),)
    with client.stream("GET", LIMITS) as answer:
        assert answer.status_code == 200
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            answer.read()


def test_hang_never_answers(client: httpx.Client, world: World) -> None:
    """A hanging request lasts until the client has had enough."""
    world.faults = (Fault(kind="hang"),)
    with pytest.raises(httpx.ReadTimeout):
        client.get(LIMITS, timeout=0.2)


def test_slow_takes_real_time(client: httpx.Client, world: World) -> None:
    """A slow answer takes as long as was asked for, and is right."""
    world.faults = (Fault(kind="slow", delay_seconds=0.2),)
    started = time.monotonic()
    assert client.get(LIMITS).status_code == 200
    assert time.monotonic() - started >= 0.2


def test_faults_are_steered_over_http(client: httpx.Client) -> None:
    """A test of another process can set faults and ask for the truth."""
    assert client.put(
        "/-/faults", content=json.dumps([{"kind": "status", "status": 500}])
    ).is_success
    assert client.get(LIMITS).status_code == 500
    assert client.get("/-/truth").json()["now"] == NOW


def test_stop_waits_for_nobody() -> None:
    """Stopping takes less than a second, even while requests hang or are slow."""
    world = make_world()
    slow = Fault(kind="slow", delay_seconds=60, provider="evomi")
    world.faults = (slow, Fault(kind="hang", provider="webshare"))
    failures = []

    def poll(url: str, provider: str) -> None:
        try:
            httpx.get(url, headers=KEYS[provider], timeout=30)
        except httpx.TransportError as error:
            failures.append(error)

    with SimulatorServer(world) as server:
        targets = [(server.url + LIMITS, "webshare"), (f"{server.url}/public", "evomi")]
        threads = [threading.Thread(target=poll, args=target) for target in targets]
        for thread in threads:
            thread.start()
        while len(world.requests) < 2:
            time.sleep(0.01)
        stopped_at = time.monotonic()
    assert time.monotonic() - stopped_at < 1
    for thread in threads:
        thread.join(5)
    assert len(failures) == 2


def test_address_that_is_taken() -> None:
    """A port that is taken is an OSError at once."""
    with SimulatorServer(make_world()) as server, pytest.raises(OSError, match="in use"):
        SimulatorServer(make_world(), port=server.port)


@pytest.mark.parametrize(
    ("host", "url_host"), [("", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")]
)
def test_url_can_be_asked(host: str, url_host: str) -> None:
    """The URL leads to the server, also when it listens everywhere or on IPv6."""
    if host == "::1" and not _has_ipv6():
        pytest.skip("no IPv6 here")
    with SimulatorServer(make_world(), host=host) as server:
        assert server.url == f"http://{url_host}:{server.port}"
        assert httpx.get(f"{server.url}/-/healthy").status_code == 200


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_ends_with_a_signal(number: signal.Signals) -> None:
    """``run`` tells the URL, serves until a signal, and leaves the handlers as they were."""
    urls = []

    def ready(url: str) -> None:
        urls.append(url)
        assert httpx.get(f"{url}/-/healthy").status_code == 200
        signal.raise_signal(number)

    before = signal.getsignal(number)
    run("127.0.0.1", 0, make_world(), ready=ready)
    assert len(urls) == 1
    assert signal.getsignal(number) == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(urls[0])
