import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Literal

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.api._body import MAX_BYTES, decode, read_body
from exporter.errors import PayloadError

WHERE = "GET /v1/plans"


class Row(msgspec.Struct):
    """A row of an answer."""

    used_gb: float = 0.0
    count: int = 0
    name: str | None = None
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    kind: Literal["a", "b"] = "a"
    sizes: dict[str, float] = {}
    ids: dict[int, float] = {}


class Rows(msgspec.Struct):
    """An answer."""

    results: list[Row]


def _misfit(body: str | bytes) -> str:
    with pytest.raises(PayloadError) as caught:
        decode(body.encode() if isinstance(body, str) else body, Rows, WHERE)
    return str(caught.value)


def _row(members: str) -> str:
    return f'{{"results": [{{}}, {{{members}}}]}}'


def test_decode_takes_numbers_as_strings() -> None:
    """A number may come as text, and unknown fields do not matter."""
    rows = decode(_row('"used_gb": "10.00", "password": "x"').encode(), Rows, WHERE)
    assert rows.results[1].used_gb == 10.0


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ('"used_gb": null', "$.results[1].used_gb: expected float, got null"),
        ('"used_gb": "canary"', "$.results[1].used_gb: expected float, got str"),
        ('"used_gb": ["canary"]', "$.results[1].used_gb: expected float, got array"),
        ('"count": 1.5', "$.results[1].count: expected int, got float"),
        ('"count": {"canary": 1}', "$.results[1].count: expected int, got object"),
        ('"name": 12345', "$.results[1].name: expected str | null, got int"),
        ('"share": -12345', "$.results[1].share: expected float >= 0.0"),
        ('"share": "12345"', "$.results[1].share: expected float <= 1.0"),
        ('"used_gb": 12345e999', "$.results[1].used_gb: number out of range"),
        ('"kind": "canary"', "$.results[1].kind: invalid enum value"),
        ('"kind": "canary - at `canary`"', "$.results[1].kind: invalid enum value"),
        ('"kind": "canary\\ncanary"', "$.results[1].kind: invalid enum value"),
        ('"sizes": {"canary": "canary"}', "$.results[1].sizes[...]: expected float, got str"),
        ('"ids": {"canary": 1}', "key in $.results[1].ids: expected int, got str"),
    ],
)
def test_decode_names_the_path_and_never_the_value(members: str, message: str) -> None:
    """A message says where and what, without a word or a number of the answer."""
    assert _misfit(_row(members)) == f"{WHERE} {message}"


def test_decode_of_a_wrong_root() -> None:
    """An answer that is something else altogether has no path."""
    assert _misfit('["canary"]') == f"{WHERE}: expected object, got array"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html><title>canary</title></html>",
        b'{"results": [{"used_gb": 1',
        b'{"results": []} canary',
        b'{"results": [{"used_gb": NaN}]}',
        b'{"results": [{"used_gb": Infinity}]}',
        b'{"results": [{"name": "\xff"}]}',
        b'{"results": [{"name": "\\ud800"}]}',
        b'{"canary\\ud800": 1}',
        b"\xef\xbb\xbf{}",
        b"\x00" * 100,
    ],
    ids=[
        "empty",
        "space",
        "html",
        "cut",
        "more-behind",
        "nan",
        "infinity",
        "not-utf-8",
        "lone-surrogate",
        "lone-surrogate-in-key",
        "byte-order-mark",
        "zeros",
    ],
)
def test_decode_of_what_is_no_json(body: bytes) -> None:
    """What is no JSON is told to be none, and nothing of it is shown."""
    assert _misfit(body) == f"{WHERE}: the answer is not JSON"


@pytest.mark.parametrize("number", ["nan", "NaN", "inf", "-Infinity", "\\u006ean"])
@pytest.mark.parametrize("members", ['"used_gb": "{}"', '"sizes": {{"canary": "{}"}}'])
def test_decode_refuses_numbers_that_are_not_finite(members: str, number: str) -> None:
    """No amount is infinite or no number, though text can be read as such."""
    assert _misfit(_row(members.format(number))) == f"{WHERE}: a number is not finite"


def test_decode_lets_words_be() -> None:
    """A name may read as a number would."""
    rows = decode(b'{"results": [{"name": "Nan", "sizes": {"inf": 1}}]}', Rows, WHERE)
    assert rows.results[0].name == "Nan"


@pytest.mark.parametrize("start", ['{"x": ', '{"results": [{"x": '], ids=["root", "row"])
@pytest.mark.parametrize("bracket", ["[", '{"a":'], ids=["arrays", "objects"])
def test_decode_of_deep_nesting(start: str, bracket: str) -> None:
    """A hundred thousand brackets are refused, not followed."""
    assert _misfit(start + bracket * 100_000) == f"{WHERE}: the answer is nested too deeply"


def test_decode_of_huge_integers() -> None:
    """An integer of any length is read or refused, and does no harm."""
    digits = "9" * 5000
    assert _misfit(_row(f'"used_gb": {digits}')).endswith("used_gb: number out of range")
    assert "9" not in _misfit(_row(f'"count": {digits}'))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_decode_of_anything(value: object) -> None:
    """Whatever comes, it is an answer or one of our errors."""
    text = json.dumps({"results": [{"used_gb": value, "name": value, "ids": {"1": value}}]})
    with suppress(PayloadError):
        decode(text.encode(), Rows, WHERE)


def _read(*chunks: bytes, encoding: str = "") -> bytes:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    headers = {"Content-Encoding": encoding} if encoding else {}
    return asyncio.run(read_body(httpx.Response(200, headers=headers, content=stream()), WHERE))


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
def test_read_body_as_it_is(encoding: str) -> None:
    """A body that is not packed comes in one piece."""
    assert _read(b"a", b"b", encoding=encoding) == b"ab"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_read_body_unpacks_gzip(encoding: str) -> None:
    """Gzip is unpacked."""
    packed = gzip.compress(b"abc")
    assert _read(packed[:5], packed[5:], encoding=encoding) == b"abc"


@pytest.mark.parametrize("spare", [0, 1], ids=["fits", "too-large"])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_read_body_has_a_bound(spare: int, encoding: str) -> None:
    """16 MiB are taken, packed or not, and not a byte more."""
    body = bytes(MAX_BYTES + spare)
    packed = gzip.compress(body, 1) if encoding else body
    if not spare:
        assert len(_read(packed, encoding=encoding)) == MAX_BYTES
        return
    with pytest.raises(PayloadError, match=f"{WHERE}: the body is larger than 16 MiB"):
        _read(packed, encoding=encoding)


@pytest.mark.parametrize(
    ("body", "encoding", "message"),
    [
        (zlib.compress(b"canary"), "deflate", "packed in a way that was not asked for"),
        (b"canary", "br", "packed in a way that was not asked for"),
        (gzip.compress(b"canary"), "gzip, gzip", "packed in a way that was not asked for"),
        (b"canary", "gzip", "not the gzip that it claims to be"),
        (gzip.compress(b"canary")[:-9], "gzip", "the gzip body is cut off"),
        (b"", "gzip", "the gzip body is cut off"),
    ],
    ids=["deflate", "brotli", "twice", "no-gzip", "cut", "empty"],
)
def test_read_body_refuses(body: bytes, encoding: str, message: str) -> None:
    """A body that is packed otherwise, or badly, is refused without showing it."""
    with pytest.raises(PayloadError, match=message) as caught:
        _read(body, encoding=encoding)
    assert "canary" not in str(caught.value)
