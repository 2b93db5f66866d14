"""Reports as files of a folder, which is made when the first one is put there."""

from collections.abc import Sequence
from pathlib import Path

from adapters.whole_file import write_whole
from application.errors import Retryable
from application.ports.report_archive import LONGEST, NAME, checked


class FolderArchive:
    """Files of one folder; nothing is ever deleted. Others' files there are left alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file; see the port."""
        path = self._folder / checked(name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as error:
            raise _unwell(path, error) from error

    async def get(self, name: str) -> bytes | None:
        """The content of a file, or None."""
        path = self._folder / checked(name)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unwell(path, error) from error

    async def names(self) -> Sequence[str]:
        """All names, ascending; an unfinished file is none of them."""
        try:
            found = [one.name for one in self._folder.iterdir() if one.is_file()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unwell(self._folder, error) from error
        return sorted(one for one in found if len(one) <= LONGEST and NAME.fullmatch(one))


def _unwell(path: Path, error: OSError) -> Retryable:
    return Retryable(f"the report archive: {path}: {error.strerror or error}")
