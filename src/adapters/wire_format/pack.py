"""Long commit bodies, packed for storage.

An analysis repeats its field names for every pair, so zstd makes a quarter of it. Short bodies
stay readable JSON; the two are told apart by their first byte.
"""

import zstandard

from application.errors import Broken

LONG = 2_000
"""Bytes from which packing is worth its time."""

_PACKER = zstandard.ZstdCompressor(level=1)
_UNPACKER = zstandard.ZstdDecompressor()


def pack(body: bytes) -> bytes:
    """The body as it is stored."""
    return body if len(body) < LONG else _PACKER.compress(body)


def unpack(stored: bytes) -> bytes:
    """The body that was stored. Raises Broken when it is damaged."""
    if stored[:1] == b"[":
        return stored
    try:
        return _UNPACKER.decompress(stored)
    except zstandard.ZstdError as error:
        raise Broken(f"a stored commit cannot be unpacked: {error}") from error
