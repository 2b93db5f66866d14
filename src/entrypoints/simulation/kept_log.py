"""The log of a simulated run, written to a file when the run is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from entrypoints.wiring.log_file import research_log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from application.ports.clock import Clock
    from domain.events import Commit
    from entrypoints.simulation.world import World


def keep(world: World, path: Path) -> None:
    """Write every commit of a finished world. Raises InputError when the file cannot be written."""
    keep_commits(world.store.commits, world.our_clock, path)


def keep_commits(commits: Sequence[Commit], clock: Clock, path: Path) -> None:
    """Write commits to a new log. Raises InputError when the file cannot be written."""

    async def written() -> None:
        from adapters.read_models.in_memory import InMemoryReadModels

        with research_log(path, InMemoryReadModels(clock)) as store:
            for commit in commits:
                await store.append((commit,))

    asyncio.run(written())
