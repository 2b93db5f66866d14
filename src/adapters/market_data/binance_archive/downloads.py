"""Archives over HTTP: streamed to a file, hashed on the way, held against their checksums."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import attrs

from adapters.http_reads import EXCERPT
from adapters.market_data.binance_archive.file_server import SERVICE, FileServer
from adapters.market_data.binance_archive.months import ArchiveFile
from adapters.market_data.binance_archive.row_check import RowCheck
from adapters.market_data.binance_archive.zip_file import read_zip
from application.errors import Broken, Retryable

MOST_BYTES: Final = 64_000_000
_CHECKSUM = re.compile(r"([0-9a-fA-F]{64})(?:[ \t]+\*?(\S+))?\s*")
_MOST_CHECKSUM = 10_000
_TRIES = 2


@attrs.frozen(slots=True, weakref_slot=False)
class Archive:
    """A downloaded archive: its rows, its SHA-256, its size, and what is to be said about it."""

    check: RowCheck
    sha256: str
    size: int
    said: tuple[str, ...]


class Downloads:
    """Reads archives and their checksums; a zip lies in `folder` until it has been read."""

    def __init__(self, server: FileServer, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self.received = 0
        """Bytes of all archives so far, those that had to be fetched again included."""

    async def checksum(self, file: ArchiveFile) -> str | None:
        """The published SHA-256 of an archive; None where none is there.

        Raises Retryable, Refused, Broken or ConfigurationError.
        """
        return await self._server.tried(lambda: self._checksum(file))

    async def archive(self, file: ArchiveFile) -> Archive | None:
        """An archive's rows; None when it is not there, or not yet.

        One that does not agree with its checksum, or cannot be read, is fetched once more: it may
        just have been issued anew. Raises Broken when it is no better then, Retryable, Refused or
        ConfigurationError.
        """
        said: list[str] = []
        for attempt in range(1, _TRIES + 1):
            published = await self.checksum(file)
            try:
                found = await self._fetched(file, published)
            except Broken as failure:
                if attempt == _TRIES:
                    raise Broken(f"{failure}, twice: run the command again later") from None
                said.append(f"{failure}; fetched again")
                continue
            if found is None:
                return None
            return attrs.evolve(found, said=(*said, *found.said))
        raise AssertionError("the last attempt returns or raises")

    async def _checksum(self, file: ArchiveFile) -> str | None:
        content = bytearray()

        def take(block: bytes) -> None:
            content.extend(block)
            if len(content) > _MOST_CHECKSUM:
                raise Broken(f"{SERVICE}: {file.name}.CHECKSUM is too long for a checksum")

        if not await self._server.stream(f"{file.path}.CHECKSUM", take):
            return None
        text = content.decode("utf-8", "replace")
        if text.lstrip().startswith("<"):
            raise Retryable(f"{SERVICE}: {file.name}.CHECKSUM: a page instead of a checksum")
        found = _CHECKSUM.fullmatch(text)
        if found is None or found[2] not in {None, file.name}:
            raise Broken(f"{SERVICE}: {file.name}.CHECKSUM says {text[:EXCERPT]!r}")
        return found[1].lower()

    async def _fetched(self, file: ArchiveFile, published: str | None) -> Archive | None:
        part = self._folder / f"{file.name}.part"
        try:
            found = await self._server.tried(lambda: self._download(file, part))
            if found is None:
                return None
            sha256, size = found
            if published not in {None, sha256}:
                raise Broken(f"{file.name}: its SHA-256 is not the published one")
            check = read_zip(part, file)
        finally:
            part.unlink(missing_ok=True)
        said = [] if published else ["no checksum is published; its rows were checked all the same"]
        said += check.said
        return Archive(check, sha256, size, tuple(f"{file.name}: {one}" for one in said))

    async def _download(self, file: ArchiveFile, part: Path) -> tuple[str, int] | None:
        """SHA-256 and size of an archive that lies in `part` now."""
        with _hashed(part, file) as sink:
            try:
                there = await self._server.stream(file.path, sink.take)
            finally:
                self.received += sink.size
        return (sink.digest.hexdigest(), sink.size) if there else None


class _Sink:
    """Takes the blocks of an archive: to the file, and into the hash."""

    def __init__(self, file: ArchiveFile, target: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self.size = 0
        self._file = file
        self._target = target

    def take(self, block: bytes) -> None:
        if not self.size and block.lstrip()[:1] == b"<":
            raise Retryable(f"{SERVICE}: {self._file.name}: a page instead of a zip")
        self.size += len(block)
        if self.size > MOST_BYTES:
            raise Broken(f"{self._file.name}: over {MOST_BYTES:,} bytes")
        self.digest.update(block)
        self._target.write(block)


@contextmanager
def _hashed(part: Path, file: ArchiveFile) -> Iterator[_Sink]:
    with part.open("wb") as target:
        yield _Sink(file, target)
