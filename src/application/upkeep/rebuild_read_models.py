"""Drop the tables and fold the whole log again, through the projections that run live."""

from collections import Counter

from application.ports.event_store import EventStore
from application.ports.read_models import ReadModels
from application.read_models import TABLES, rows_of
from application.read_models.scratch import ScratchTables


async def rebuild_read_models(*, store: EventStore, tables: ReadModels) -> dict[str, int]:
    """Write every table anew from the log; the number of rows by table, empty ones included.

    Stop the writers first: the rows of what is appended meanwhile would be lost until the
    next rebuild. Raises Broken, with the tables as they were, for an event that cannot be read.
    """
    scratch = ScratchTables()
    async for _, commit in store.read_all():
        scratch.write(await rows_of([commit], scratch))
    rows = scratch.rows()
    await tables.replace_all(TABLES, rows)
    counts = Counter(table.name for table, _ in rows)
    return {table.name: counts[table.name] for table in TABLES}
