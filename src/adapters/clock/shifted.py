"""The machine's clock and an offset that a file tells: for a rehearsal of several processes."""

import asyncio
import time
from pathlib import Path

import attrs


@attrs.frozen
class ShiftedClock:
    """All processes that read the same file have the same time; whoever writes it moves them."""

    file: Path

    def now(self) -> int:
        """The moment in ms."""
        return time.time_ns() // 1_000_000 + int(self.file.read_text(encoding="ascii") or 0)

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(max(0.0, seconds))

    def move_to(self, moment: int) -> None:
        """Let it be a moment (ms) now, and go on from there."""
        offset = moment - time.time_ns() // 1_000_000
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(offset), encoding="ascii")
        fresh.replace(self.file)


def shifted_by(file: str) -> ShiftedClock:
    """By the file's name."""
    return ShiftedClock(Path(file))
