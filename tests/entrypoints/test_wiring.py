"""One set of names, one program: environments differ in their plugs alone."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.clock.system import SystemClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.sqlite import SqliteEventStore
from adapters.exchange.simulated.yen_rate import YenPrice, YenRate, drifting_premium
from adapters.market_data.synthetic import synthetic_market
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.technical_scorer.batched import BatchedScorer
from adapters.technical_scorer.windowed import WindowedScorer
from adapters.wire_format.digest import RunDigest
from application.messages import Message
from domain.events import OrderFilled, PositionClosed, SignalScored
from domain.instant import CANDLE
from domain.instruments import DEFAULT
from entrypoints.backtest.drive import World, drive
from entrypoints.backtest.run import period
from entrypoints.wiring.environment import Environment
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers
from entrypoints.wiring.local import local
from entrypoints.wiring.ports import Ports

WARM_UP = 336
SERIES = synthetic_market(3, 2 + WARM_UP / 288, DEFAULT)


def world_of_two_days() -> dict:
    """What both environments must be given."""
    yen = YenPrice(YenRate.constant(150.0), drifting_premium(3))
    return {"series": SERIES, "yen": providers.Object(yen)}


@pytest.fixture
def file(tmp_path: Path):
    """A folder for a log; whatever was opened in it is closed."""
    path = tmp_path / "log.sqlite"
    made: list[Environment] = []

    def build(**given) -> Environment:
        made.append(local(path, **given))
        return made[-1]

    yield build
    for one in made:
        if path.exists():
            _file_of(one).close()


def _file_of(container: Environment):
    """The open SQLite file behind a local environment."""
    return container.event_store()._file


def test_both_environments_provide_the_same_names(tmp_path) -> None:
    here, there = in_memory(), local(tmp_path / "log.sqlite")
    assert set(here.providers) == set(there.providers)
    assert set(here.ports.kwargs) == set(there.ports.kwargs)


def test_the_bundle_has_a_provider_for_each_of_its_ports(tmp_path) -> None:
    names = {one.name for one in Ports.__attrs_attrs__}
    for container in (in_memory(), local(tmp_path / "log.sqlite")):
        assert set(container.ports.kwargs) == names
        assert names <= set(container.providers)


def test_nothing_is_built_before_it_is_used(tmp_path) -> None:
    path = tmp_path / "log.sqlite"
    container = local(path)
    assert not path.exists()
    built = []
    counted = in_memory(
        notifier=providers.Singleton(lambda: built.append("notifier") or built),
        order_queue=providers.Singleton(lambda: built.append("order_queue") or built),
    )
    assert built == []
    counted.order_queue()
    counted.order_queue()
    assert built == ["order_queue"]
    assert not path.exists()
    assert isinstance(container.clock(), SystemClock)
    assert not path.exists()


def test_each_plug_is_built_once_and_shared() -> None:
    container = in_memory(**world_of_two_days())
    ports = container.ports()
    assert container.ports() is ports
    assert ports.log.store is container.event_store()
    assert ports.log.tables is container.tables()
    assert ports.clock is container.clock()
    assert ports.exchange is container.exchange()


def test_two_environments_share_no_plug() -> None:
    one, other = in_memory(**world_of_two_days()), in_memory(**world_of_two_days())
    assert one.event_store() is not other.event_store()
    assert one.clock() is not other.clock()
    assert one.order_queue() is not other.order_queue()


def test_overriding_one_provider_swaps_that_plug_everywhere_and_no_other() -> None:
    class Deaf:
        """Says nothing."""

        wants_routine = False

        async def tell(self, message: Message) -> None:
            """Nothing."""

    container = in_memory(**world_of_two_days(), notifier=providers.Singleton(Deaf))
    assert isinstance(container.ports().notifier, Deaf)
    assert isinstance(container.ports().log.store, InMemoryEventStore)
    clock = SimulatedClock(77)
    other = in_memory(**world_of_two_days())
    with other.clock.override(providers.Object(clock)):
        assert other.ports().clock is clock
        assert other.exchange()._clock is clock


def test_an_environment_without_a_world_says_what_it_lacks() -> None:
    with pytest.raises(Exception, match="series"):
        in_memory().market_data()


def test_local_is_a_file_the_real_clock_and_windows_scored_one_by_one(file) -> None:
    container = file(**world_of_two_days())
    ports = container.ports()
    assert isinstance(ports.log.store, SqliteEventStore)
    assert isinstance(ports.clock, SystemClock)
    assert isinstance(ports.technical_scorer, WindowedScorer)
    assert isinstance(in_memory(**world_of_two_days()).technical_scorer(), BatchedScorer)


def run(container: Environment) -> tuple[str, list]:
    """Two days on an environment: the digest of its log, and its events."""
    first = min(int(one.open_time[0]) for one in SERIES.values())
    start, end = period(SERIES, first + WARM_UP * CANDLE)
    world = World(
        clock=container.clock(),
        exchange=container.exchange(),
        prices=container.prices(),
        yen=container.yen(),
    )

    async def play() -> tuple[str, list]:
        await drive(container.ports(), world, start, end)
        digest, events = RunDigest(), []
        async for _, commit in container.event_store().read_all():
            digest.add(commit)
            events += commit.events
        return digest.hexdigest(), events

    return asyncio.run(play())


def test_a_file_and_the_memory_hold_the_same_log_of_the_same_two_days(file) -> None:
    digest, events = run(in_memory(**world_of_two_days()))
    container = file(
        **world_of_two_days(),
        clock=providers.Singleton(SimulatedClock),
        notifier=providers.Singleton(InMemoryNotifier),
    )
    in_file, again = run(container)
    assert in_file == digest
    assert again == events
    kinds = [type(one) for one in events]
    assert kinds.count(SignalScored) > 100
    assert kinds.count(OrderFilled) > 4
    assert PositionClosed in kinds


def test_wiring_leaves_out_what_it_does_not_need(tmp_path: Path) -> None:
    """Batch libraries and the cloud belong to other commands, not to the trader's environments."""
    built = f"""
import sys
from pathlib import Path
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.local import local
for container in (in_memory(), local(Path({str(tmp_path / "log.sqlite")!r}))):
    container.log; container.clock()
print(",".join({{one.partition(".")[0] for one in sys.modules}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", built],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "src"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.strip().split(","))
    assert "adapters" in loaded
    assert loaded.isdisjoint({"boto3", "botocore", "pandas", "pyarrow", "finta", "torch"})
