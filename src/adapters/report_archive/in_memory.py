"""The reference: what the archive's contract means, in one dictionary."""

from collections.abc import Sequence

from application.ports.report_archive import checked


class InMemoryArchive:
    """Reports in this process."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file; see the port."""
        self._files[checked(name)] = bytes(content)

    async def get(self, name: str) -> bytes | None:
        """The content of a file, or None."""
        return self._files.get(checked(name))

    async def names(self) -> Sequence[str]:
        """All names, ascending."""
        return sorted(self._files)
