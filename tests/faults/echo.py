"""A hostile provider: it says to each account, in a way of its own, the key that it was sent."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

PASSWORD = "canary-password"  # noqa: S105 - opens nothing
"""What answers hold beside what is asked for: the passwords of the proxies."""


class Said(NamedTuple):
    """An answer; *body* is JSON unless it is a text."""

    status: int = 200
    headers: Mapping[str, str] = {}
    body: object = ""


def _ways(key: str) -> dict[str, Said]:
    """Return how an account called so is answered."""
    page = f"<!doctype html><title>{key}</title><p>Authorization: {key}"
    error = {"detail": key, "success": False, key: key}
    return {
        "refused": Said(401, {"WWW-Authenticate": f'Bearer realm="{key}"'}, error),
        "forbidden": Said(403, {"X-Key": key}, error),
        "unknown": Said(404, {}, page),
        "limited": Said(429, {"Retry-After": key}, error),
        "broken": Said(500, {"Set-Cookie": f"key={key}"}, page),
        "down": Said(503, {"Retry-After": "1"}, page),
        "elsewhere": Said(302, {"Location": f"http://localhost:9/{key}?key={key}"}, page),
        "astray": Said(302, {"Location": f"http://{key}:{key}@[/"}, page),
        "round": Said(302, {"Location": f"?key={key}"}, page),
        "page": Said(200, {"Content-Type": "text/html"}, page),
        "packed": Said(200, {"Content-Encoding": key}, page),
        "dated": Said(200, {"Date": key}, page),
        "text": Said(200, {}, key),
        "error": Said(200, {}, error),
        "list": Said(200, {}, [key]),
        "misfit": Said(
            200, {}, {"id": key, "data": {"total": key}, "results": key, "products": key}
        ),
        "keys": Said(
            200, {}, {"products": {key: key}, "data": {key: key}, "results": [{key: key}]}
        ),
    }


WAYS = (*_ways(""), "fitting")


def _fitting(key: str) -> dict[str, object]:
    """Return answers as they are documented, with *key* wherever a text can be."""
    row = {"subscription_id": key, "product_name": key, "bytes_used": 1, "requests": 1}
    plan = {"id": key, "status": "active", "proxy_type": key, "password": PASSWORD}
    today = datetime.now(UTC)
    stats = {f"{today:%Y-%m-%d} 00:00": {"total": 1}}
    usage = {"bandwidth": {"products": [{"code": key, "totalBandwidth": 1, "stats": stats}]}}
    return {
        "/api/v2/subscription/": {"id": 1, "term": key},
        "/api/v2/subscription/plan/": {"results": [plan], "next": None},
        "/api/v2/stats/": [],
        "/api/v2/stats/aggregate/": {"error_reasons": [{"reason": key, "count": 1}]},
        "/api/v3/proxy/list/status": {"countries": {key: 1}, "password": PASSWORD},
        "/api/v2/verification/limits/": {"proxy_state": key},
        "/api/v2/notification/": {"results": [{"id": 1, "type": key}], "next": None},
        "/api/v1/usage": {"data": {"total": {"bytes_used": 1}, "by_subscription": [row]}},
        "/api/v1/usage/by-country": {"data": {"countries": []}},
        "/api/v1/usage/realtime": {"data": {"active_connections": {"by_country": {key: 1}}}},
        "/api/v1/usage/history": {"data": {"data_points": []}},
        "/api/v1/subscriptions": {
            "data": [{"id": key, "product": {"name": key}, "proxy_password": PASSWORD}]
        },
        "/public": {"products": {key: {"balance_mb": 1, "password": PASSWORD}}},
        "/public/usage": {"data": usage, "meta": {"proxy_username": f"user-{key}"}},
    }


class _Echo(BaseHTTPRequestHandler):
    """Answers a path that begins with one of WAYS."""

    def do_GET(self) -> None:
        """Answer."""
        key = self.headers.get("x-apikey") or self.headers["Authorization"].split()[-1]
        _, way, path = self.path.partition("?")[0].split("/", 2)
        said = Said(body=_fitting(key)[f"/{path}"]) if way == "fitting" else _ways(key)[way]
        text = said.body if isinstance(said.body, str) else json.dumps(said.body)
        self.send_response_only(said.status, key)
        for name, value in {**said.headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def echoing() -> Iterator[str]:
    """Serve while the context lasts; yield the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
