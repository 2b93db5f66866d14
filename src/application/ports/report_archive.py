"""Where finished reports are kept: files by name, whole or not at all."""

import re
from collections.abc import Sequence
from typing import Final, Protocol

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
"""What a file may be called: nothing that leads out of the archive, and nothing hidden."""
LONGEST: Final = 100
"""Characters of a name."""


class ReportArchive(Protocol):
    """Files by name. An archive may let go of what is older than 90 days."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file, in the place of one of the same name; readers see the old or the new one.

        Raises ValueError for a name that does not match NAME or is too long, and Retryable when
        it cannot be kept now: then the old one, if any, is still there.
        """
        ...

    async def get(self, name: str) -> bytes | None:
        """The content of a file; None when there is none. Raises as `put` does."""
        ...

    async def names(self) -> Sequence[str]:
        """The names of all files, ascending. Raises Retryable."""
        ...


def checked(name: str) -> str:
    """The name itself. Raises ValueError for one that an archive does not take."""
    if len(name) > LONGEST or not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a report: letters, digits and -_. only")
    return name
