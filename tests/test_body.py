import zlib
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.body import DEFLATE, Gzip, Plain

TEXTS = st.lists(st.text(st.characters(codec="utf-8")))


def _unpacked(body: bytes) -> bytes:
    """Return what *body* says, which has to be one member and nothing else."""
    stream = zlib.decompressobj(31)
    text = stream.decompress(body)
    assert (stream.eof, stream.unused_data) == (True, b"")
    return text


@pytest.mark.parametrize("deflate", [DEFLATE, zlib], ids=["fastest", "zlib"])
@given(texts=TEXTS, ends=st.lists(st.binary(), min_size=1))
def test_body_is_what_it_was_made_of(
    texts: list[str], ends: list[bytes], deflate: ModuleType
) -> None:
    """Whatever follows, and however often, both forms say the text and then the end."""
    plain, packed = Plain(texts), Gzip(iter(texts), deflate)
    for end in ends:
        expected = "".join(texts).encode() + end
        assert plain.followed_by(end) == expected
        assert _unpacked(packed.followed_by(end)) == expected


def test_end_is_compressed() -> None:
    """What follows is no larger than gzip makes it."""
    packed = Gzip(["x"])
    assert len(packed.followed_by(b"a line that comes again\n" * 100)) < 100
