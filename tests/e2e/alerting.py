"""A real Alertmanager with our example of routing, and those whom it tells, as a real webhook."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx

from tests.deploy.alerts import DEPLOY, RULES, read
from tests.e2e.programs import free_port, process, tool, until

FOR = "1s"

SLOWER = {"ProxyProviderDataStale": "3s"}
"""In hours, data is stale long after polls began to fail."""

NUMBERS = {"proxy_provider:data_age_seconds:threshold": "5"}


@dataclass(frozen=True)
class Told:
    """One alert that was told: to whom, whether it fires, and its labels."""

    receiver: str
    firing: bool
    labels: dict[str, str]


class Webhook:
    """Listen, while the context lasts, for what Alertmanager tells."""

    def __init__(self) -> None:
        told: list[Told] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in body["alerts"]:
                    firing = alert["status"] == "firing"
                    told.append(Told(self.path.strip("/"), firing, alert["labels"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.told = told
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def has_told(self, receiver: str, **labels: str) -> bool:
        """Tell whether *receiver* was told of an alert with these labels."""
        return self._has_told(receiver, labels, firing=True)

    def has_told_of_the_end(self, receiver: str, **labels: str) -> bool:
        """Tell whether *receiver* was told that an alert with these labels is over."""
        return self._has_told(receiver, labels, firing=False)

    def _has_told(self, receiver: str, labels: Mapping[str, str], *, firing: bool) -> bool:
        return any(
            (one.receiver, one.firing) == (receiver, firing)
            and labels.items() <= one.labels.items()
            for one in tuple(self.told)
        )

    def alerts(self, **labels: str) -> set[str]:
        """Return the names of the alerts with these labels that anybody was told of."""
        told = tuple(self.told)
        return {one.labels["alertname"] for one in told if labels.items() <= one.labels.items()}


class Alertmanager:
    """An Alertmanager that runs."""

    def __init__(self, address: str) -> None:
        self.address = address

    def is_ready(self) -> bool:
        """Tell whether it answers."""
        try:
            return httpx.get(f"http://{self.address}/-/ready").is_success
        except httpx.TransportError:
            return False

    def is_suppressed(self, **labels: str) -> bool | None:
        """Tell whether the alerts with these labels are all inhibited; None when there are none."""
        answer = httpx.get(f"http://{self.address}/api/v2/alerts").json()
        states = [one["status"] for one in answer if labels.items() <= one["labels"].items()]
        if not states:
            return None
        return all(one["state"] == "suppressed" and one["inhibitedBy"] for one in states)


@contextmanager
def alertmanager(folder: Path, webhook: Webhook) -> Iterator[Alertmanager]:
    """Run a real Alertmanager with our routes and inhibitions, which waits for seconds only.

    A cause may come a second or two after what follows from it: both are evaluated every second.
    """
    folder.mkdir()
    config = read(DEPLOY / "alertmanager" / "alertmanager.yml")
    config["route"] |= {"group_wait": "4s", "group_interval": "1s"}
    config["receivers"] = [
        {"name": one["name"], "webhook_configs": [{"url": f"{webhook.url}/{one['name']}"}]}
        for one in config["receivers"]
    ]
    (folder / "alertmanager.yml").write_text(json.dumps(config), "utf-8")
    address = f"127.0.0.1:{free_port()}"
    command = (
        tool("prometheus-alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    )
    with process(*command, log=folder / "alertmanager.log"):
        running = Alertmanager(address)
        until(running.is_ready, "Alertmanager is ready")
        yield running


def impatient_rules(folder: Path) -> list[Path]:
    """Write our rules to *folder*, with seconds where they wait for minutes and hours."""
    folder.mkdir()
    return [_impatient(read(path), folder / path.name) for path in RULES]


def _impatient(rules: dict[str, Any], path: Path) -> Path:
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                rule["for"] = SLOWER.get(rule["alert"], FOR)
            else:
                rule["expr"] = NUMBERS.get(rule["record"], rule["expr"])
    path.write_text(json.dumps(rules), "utf-8")
    return path
