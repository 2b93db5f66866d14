"""Long commit bodies, packed for storage.

An analysis repeats its field names for every pair, so zstd makes a quarter of it. Short bodies
stay readable JSON; the two are told apart by their first byte.
"""

from functools import cache
from typing import Any

from application.errors import Broken

LONG = 2_000
"""Bytes from which packing is worth its time."""



@cache
def _zstd() -> tuple[Any, Any, type[Exception]]:
    """Packer, unpacker, and what it raises; not loaded while only short bodies are written."""
    import zstandard  # noqa: PLC0415

    return zstandard.ZstdCompressor(level=1), zstandard.ZstdDecompressor(), zstandard.ZstdError


def pack(body: bytes) -> bytes:
    """The body as it is stored."""
    if len(body) < LONG:
        return body
    packed: bytes = _zstd()[0].compress(body)
    return packed


def unpack(stored: bytes) -> bytes:
    """The body that was stored. Raises Broken when it is damaged."""
    if stored[:1] == b"[":
        return stored
    _, unpacker, damaged = _zstd()
    try:
        body: bytes = unpacker.decompress(stored)
    except damaged as error:
        raise Broken(f"a stored commit cannot be unpacked: {error}") from error
    return body
