"""A change taken back in a log file, by the owner's hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from adapters.clock.system import SystemClock
from adapters.event_store.sqlite import SqliteEventStore
from adapters.read_models.sqlite import SqliteReadModels
from adapters.sqlite_file import open_log
from application.commit import Log
from application.errors import InputError
from application.improvements import undo
from entrypoints.wiring.log_file import stage_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from domain.parameters import StrategyParameters


def undo_in_file(path: Path, change: str, parameters: StrategyParameters) -> Sequence[str]:
    """Append to the log, also while a trader runs on it; gives what it did, in words.

    Raises InputError for a log that is not a file, and what `undo` raises.
    """
    if stage_of(path) is not None:
        raise InputError(f"{path}: --undo writes to a log in a file; redeploy a stage to set more")
    clock = SystemClock()
    file = open_log(path, create=False)
    try:
        log = Log(SqliteEventStore(file, clock), SqliteReadModels(file, clock), "improvements")
        return asyncio.run(undo(change, clock.now(), log=log, parameters=parameters))
    finally:
        file.close()
