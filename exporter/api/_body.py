"""Bodies: read up to a bound, and decoded into typed structs.

We ask for gzip alone and unpack it here, because a bound on unpacked bytes has to hold while they
are unpacked: a few kilobytes can become gigabytes.
"""

import math
import re
import zlib
from typing import TypeVar

import httpx
import msgspec

from exporter.errors import AmountError, PayloadError

T = TypeVar("T")

MAX_BYTES = 16 * 2**20
"""Of one body, packed or not. The largest documented answer, 90 days of hours, has about 2 MiB."""

_GZIP = 16 + zlib.MAX_WBITS

_NOT_FINITE = re.compile(rb'"-?(nan|inf(inity)?)"|\\u00', re.IGNORECASE)
"""What JSON cannot write as a number, but a string can be read as; it may be in escapes."""

_NEGATIVE = ">= 0.0"
"""How msgspec ends its message of an amount below 0."""

_NAMES_VALUE = re.compile(
    "^(Invalid enum value|Invalid value|Object contains unknown field) .*", re.DOTALL
)
"""Messages of msgspec that end in what the answer says."""


async def read_body(response: httpx.Response, where: str) -> bytes:
    """Return the unpacked body of *response*.

    Raises: PayloadError when it is too large or packed in a way that we did not ask for.
    """
    chunks, size = [], 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MAX_BYTES:
            raise _too_large(where)
        chunks.append(chunk)
    return _unpack(b"".join(chunks), response.headers.get("content-encoding", ""), where)


def _unpack(raw: bytes, encoding: str, where: str) -> bytes:
    if encoding.lower() in ("", "identity"):
        return raw
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise PayloadError(where, "the body is packed in a way that was not asked for")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        body = unpacker.decompress(raw, MAX_BYTES + 1)
    except zlib.error:
        raise PayloadError(where, "the body is not the gzip that it claims to be") from None
    if len(body) > MAX_BYTES:
        raise _too_large(where)
    if not unpacker.eof:
        raise PayloadError(where, "the gzip body is cut off")
    return body


def _too_large(where: str) -> PayloadError:
    return PayloadError(where, f"the body is larger than {MAX_BYTES // 2**20} MiB")


def decode(body: bytes, kind: type[T], where: str) -> T:
    """Return *body* as a *kind*; numbers may come as strings, but must be finite.

    Raises: PayloadError with the JSON path of what does not fit, never its value.
    """
    try:
        answer = msgspec.json.decode(body, type=kind, strict=False)
        finite = not _NOT_FINITE.search(body) or _is_finite(msgspec.to_builtins(answer))
    except msgspec.ValidationError as error:
        raise _misfit(str(error), where) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise PayloadError(where, "the answer is not JSON") from None
    except RecursionError:
        raise PayloadError(where, "the answer is nested too deeply") from None
    if not finite:
        raise PayloadError(where, "a number is not finite")
    return answer


def _misfit(text: str, where: str) -> PayloadError:
    what, _, path = text.replace("`", "").rpartition(" - at ")
    if not what:
        what, path = path, ""
    what = _NAMES_VALUE.sub(r"\1", what)
    kind = AmountError if what.endswith(_NEGATIVE) else PayloadError
    return kind(f"{where} {path}".rstrip(), what[:1].lower() + what[1:])


def _is_finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)
