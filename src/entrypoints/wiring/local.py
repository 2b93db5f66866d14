"""One machine: the log with its read models and the queue in SQLite, the real clock, a console."""

from pathlib import Path
from typing import Any

from adapters.clock.system import SystemClock
from adapters.event_store.sqlite import SqliteEventStore
from adapters.event_store.sqlite_chain import SqliteHashChain
from adapters.notifier.console import ConsoleNotifier
from adapters.order_queue.sqlite import SqliteOrderQueue, open_queue
from adapters.read_models.sqlite import SqliteReadModels
from adapters.report_archive.folder import FolderArchive
from adapters.sqlite_file import open_log
from adapters.technical_scorer.windowed import WindowedScorer
from entrypoints.wiring.environment import Environment
from entrypoints.wiring.injector import providers


def local(path: Path, **given: Any) -> Environment:
    """The trader's log at `path`, its queue beside it; `given` replaces providers by name.

    Every append waits for the disk, so an acknowledged intent survives a power cut.
    """
    container = Environment()
    file = providers.Singleton(open_log, path, create=True)
    queue = providers.Singleton(open_queue, path.with_name(f"{path.stem}.queue{path.suffix}"))
    container.override_providers(
        clock=providers.Singleton(SystemClock),
        tables=providers.Singleton(SqliteReadModels, file, container.clock),
        event_store=providers.Singleton(SqliteEventStore, file, container.clock),
        evidence=providers.Singleton(SqliteHashChain, file),
        report_archive=providers.Singleton(FolderArchive, path.with_name("reports")),
        order_queue=providers.Singleton(SqliteOrderQueue, queue, container.clock),
        notifier=providers.Singleton(ConsoleNotifier),
        technical_scorer=providers.Singleton(
            WindowedScorer, container.tables, container.parameters
        ),
    )
    container.override_providers(**given)
    return container
