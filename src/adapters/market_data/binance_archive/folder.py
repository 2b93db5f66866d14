"""The folder that candles are put into: one run at a time, and no half-written file left in it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from application.errors import InputError

PARTS: Final = ".download"
"""Where files lie while they are written; a run that was killed leaves it, the next clears it."""


@contextmanager
def filling(folder: Path) -> Iterator[Path]:
    """Hold a folder, which is made if need be; gives a folder inside it for unfinished files.

    Raises InputError when it cannot be written, or when another run is filling it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror or error}: name another --out") from error
    try:
        try:
            # on the folder itself, so that no lock file stays; the system lets go of it
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{folder}: another download is filling it: wait for it, or name another --out"
            ) from None
        parts = folder / PARTS
        try:
            if parts.exists():
                shutil.rmtree(parts)
            parts.mkdir()
        except OSError as error:
            raise InputError(f"{parts}: {error.strerror or error}: name another --out") from error
        try:
            yield parts
        finally:
            with suppress(OSError):
                shutil.rmtree(parts)
    finally:
        os.close(held)
