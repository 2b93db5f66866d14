"""A process that appends to a log and says so: run by the tests, alone or against another.

writer_process.py PATH NAME COUNT    appends COUNT commits to stream "a"; prints each version
"""

import asyncio
import sys

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.sqlite import SqliteEventStore
from adapters.sqlite_file import open_log
from application.errors import Conflict
from tests.given.history import commit, price


async def write(path: str, name: str, count: int) -> None:
    """Append until `count` commits are in, reading again after each Conflict."""
    store = SqliteEventStore(open_log(path, create=False, busy_timeout_s=60), SimulatedClock())
    done = 0
    while done < count:
        version = await store.version("a") + 1
        try:
            await store.append([commit("a", version, price(), writer=name)])
        except Conflict:
            continue
        done += 1
        print(version, flush=True)
    store.close()


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], sys.argv[2], int(sys.argv[3])))
