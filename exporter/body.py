"""Body: text that was made ready once, for any number of scrapes that each add their own end."""

import struct
import zlib
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

DEFLATE = import_module("isal.isal_zlib" if find_spec("isal") else "zlib")
"""ISA-L, where there is a build of it for the machine: a fifth of zlib's time, and fewer bytes."""

_LEVEL = 1
"""With zlib a tenth of the CPU of level 9, for less than half as many bytes more."""

_GZIP, _RAW = 31, -15
"""The largest window, with the head of a gzip member, which sets no time, and without any."""


class Plain:
    """Text as it is."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._head = b"".join(map(str.encode, texts))

    def followed_by(self, end: bytes) -> bytes:
        """Return the body with *end* at its end."""
        return self._head + end


class Gzip:
    """Text compressed by *deflate*: one member of gzip (RFC 1952), whose last blocks come later."""

    def __init__(self, texts: Iterable[str], deflate: ModuleType = DEFLATE) -> None:
        self._deflate = deflate
        stream = deflate.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        pieces, self._checksum, self._size = [], 0, 0
        for text in texts:
            plain = text.encode()
            pieces.append(stream.compress(plain))
            self._checksum = deflate.crc32(plain, self._checksum)
            self._size += len(plain)
        self._head = b"".join((*pieces, stream.flush(zlib.Z_SYNC_FLUSH)))

    def followed_by(self, end: bytes) -> bytes:
        """Return the body with *end* at its end."""
        stream = self._deflate.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
        checksum = self._deflate.crc32(end, self._checksum)
        trailer = struct.pack("<II", checksum, (self._size + len(end)) % 2**32)
        return b"".join((self._head, stream.compress(end), stream.flush(), trailer))
