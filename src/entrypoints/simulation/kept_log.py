"""The log of a simulated run, written to a file when the run is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from entrypoints.wiring.log_file import research_log

if TYPE_CHECKING:
    from pathlib import Path

    from entrypoints.simulation.world import World


def keep(world: World, path: Path) -> None:
    """Write every commit of a finished world. Raises InputError when the file cannot be written."""

    async def written() -> None:
        from adapters.read_models.in_memory import InMemoryReadModels

        with research_log(path, InMemoryReadModels(world.our_clock)) as store:
            for commit in world.store.commits:
                await store.append((commit,))

    asyncio.run(written())
