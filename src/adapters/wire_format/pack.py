"""Long commit bodies, packed for storage.

An analysis repeats its field names for every pair, so zstd makes a quarter of it. Short bodies
stay readable JSON; the two are told apart by their first byte.
"""

from threading import local

from application.errors import Broken

LONG = 2_000
"""Bytes from which packing is worth its time."""



class _Zstd(local):
    """Packer, unpacker, and what it raises: of each thread its own, for two in one break it.

    Not loaded while only short bodies are written.
    """

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415

        self.packer = zstandard.ZstdCompressor(level=1)
        self.unpacker = zstandard.ZstdDecompressor()
        self.damaged: type[Exception] = zstandard.ZstdError


_ZSTD: list[_Zstd] = []


def _zstd() -> _Zstd:
    if not _ZSTD:
        _ZSTD.append(_Zstd())
    return _ZSTD[0]


def pack(body: bytes) -> bytes:
    """The body as it is stored."""
    if len(body) < LONG:
        return body
    packed: bytes = _zstd().packer.compress(body)
    return packed


def unpack(stored: bytes) -> bytes:
    """The body that was stored. Raises Broken when it is damaged."""
    if stored[:1] == b"[":
        return stored
    zstd = _zstd()
    try:
        body: bytes = zstd.unpacker.decompress(stored)
    except zstd.damaged as error:
        raise Broken(f"a stored commit cannot be unpacked: {error}") from error
    return body
