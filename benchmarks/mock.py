"""Mock: WeProxies' usage, as its documentation shows it, over TLS, and faster than any client.

python -m benchmarks.mock <certificate> <key> <seconds until it answers>

Every answer has new values. All accounts have the same subscriptions.
"""

import asyncio
import ssl
import sys
from email.utils import formatdate
from itertools import count

from benchmarks.child import say

SUBSCRIPTIONS = 10
"""7 series each; with the account's sums, its discrepancy and its health some 100."""

_TURN = count(1)

_ROW = (
    '{"subscription_id":"sub_%06d","product_name":"Residential %d","bytes_used":%d,"requests":%d}'
)


def answer() -> bytes:
    """Return the answer to any request."""
    turn = next(_TURN)
    used = [10_000_000_000 + turn * 1_048_573 * one for one in range(1, SUBSCRIPTIONS + 1)]
    rows = ",".join(_ROW % (one, one, total, total // 50_000) for one, total in enumerate(used))
    body = (
        '{"success":true,"data":{"period":{"start":"2025-01-01T00:00:00Z",'
        f'"end":"2025-12-31T23:59:59Z"}},"total":{{"bytes_used":{sum(used)},'
        f'"requests":{sum(used) // 50_000},"success_rate":98.5}},"by_subscription":[{rows}]}}}}'
    )
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: {formatdate(usegmt=True)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


async def serve(certificate: str, key: str, pause: float) -> None:
    """Serve until the parent ends."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(pause)
                writer.write(answer())
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    say(server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2], float(sys.argv[3])))
