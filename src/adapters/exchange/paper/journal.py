"""What a paper account has done, line by line, safe against a process that dies at any point."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from application.errors import InputError


class Journal:
    """JSON lines in a file; a line counts once it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.touch()
            self._cut_torn_line()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error

    def _cut_torn_line(self) -> None:
        """The process before may have died while it wrote its last line."""
        with self._path.open("r+b") as file:
            content = file.read()
            file.truncate(content.rfind(b"\n") + 1)

    def add(self, **entry: Any) -> None:
        """Write one line, on the disk when this returns."""
        with self._path.open("ab") as file:
            file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> Iterator[dict[str, Any]]:
        """All lines so far, oldest first. Raises InputError for one that cannot be read."""
        for number, line in enumerate(self._path.read_bytes().splitlines(), 1):
            try:
                entry = json.loads(line)
                entry["what"]
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"{self._path} line {number} cannot be read ({error}): "
                    "restore a copy, or begin a new paper account with another folder"
                ) from error
            yield entry
