"""`events --follow` shows what another process appends, and ends at Ctrl-C."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.sqlite import SqliteEventStore
from adapters.sqlite_file import open_log
from domain import events as e

ROOT = Path(__file__).resolve().parents[2]


def commit(number: int) -> e.Commit:
    event = e.AnalysisTriggered(f"a{number}", "test", ())
    return e.Commit("ticks", number, (event,), 1_735_689_600_000, "tick", "", "test")


def test_what_is_appended_later_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "e.sqlite"
    file = open_log(path, create=True)
    store = SqliteEventStore(file, SimulatedClock())
    asyncio.run(store.append((commit(1),)))
    words = ["-m", "entrypoints.cli.main", "events", str(path), "--follow", "--json"]
    with subprocess.Popen(
        [sys.executable, "-u", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as shown:
        assert shown.stdout is not None
        assert json.loads(shown.stdout.readline())["data"]["analysis"] == "a1"
        asyncio.run(store.append((commit(2),)))
        assert json.loads(shown.stdout.readline())["data"]["analysis"] == "a2"
        shown.send_signal(signal.SIGINT)
        assert shown.wait(timeout=20) == 130
        assert shown.stderr is not None
        assert "Traceback" not in shown.stderr.read()
    file.close()
