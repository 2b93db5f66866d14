"""What every order queue promises; a plug joins with one line in QUEUES."""

import asyncio
import itertools
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from moto import mock_aws

from adapters.clock.simulated import SimulatedClock
from adapters.order_queue.in_memory import InMemoryOrderQueue
from adapters.order_queue.sqlite import SqliteOrderQueue, open_queue
from adapters.order_queue.sqs import SqsOrderQueue
from application.errors import Broken, InputError, Refused, Retryable
from application.ports.order_queue import Message, OrderQueue
from tests.contracts.sqs_queues import Hurried, make_queues, sqs_client, sqs_in_moto
from tests.given.aws_client import LostReplies, Watched

pytestmark = pytest.mark.asyncio(loop_scope="function")
NOW = 1_760_000_000_000
VISIBILITY = 180_000
Made = tuple[OrderQueue, SimulatedClock]


def in_memory(_: Path) -> tuple[OrderQueue, SimulatedClock, Callable[[], None]]:
    """In this process."""
    clock = SimulatedClock(NOW)
    return InMemoryOrderQueue(clock), clock, lambda: None


def sqlite(folder: Path) -> tuple[OrderQueue, SimulatedClock, Callable[[], None]]:
    """In a file."""
    clock = SimulatedClock(NOW)
    queue = SqliteOrderQueue(open_queue(folder / "queue.sqlite"), clock)
    return queue, clock, queue.close


def sqs(_: Path) -> tuple[OrderQueue, SimulatedClock, Callable[[], None]]:
    """In moto."""
    return sqs_in_moto(NOW)


QUEUES = {"in_memory": in_memory, "sqlite": sqlite, "sqs": sqs}


def knows_what_waits(queue: OrderQueue) -> bool:
    """Whether an id that waits is never a second message; see the port."""
    return not isinstance(queue, SqsOrderQueue)


@pytest.fixture(params=list(QUEUES))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Made]:
    """A fresh, empty queue and its clock."""
    queue, clock, close = QUEUES[request.param](tmp_path)
    yield queue, clock
    close()


async def taken(queue: OrderQueue) -> Message:
    message = await queue.receive()
    assert message is not None
    return message


async def drained(queue: OrderQueue) -> list[str]:
    found = []
    while (message := await queue.receive()) is not None:
        found.append(message.order)
        await queue.done(message)
    return found


async def give_up(queue: OrderQueue, clock: SimulatedClock) -> None:
    """Receive the oldest three times and never say done."""
    for receives in (1, 2, 3):
        assert (await taken(queue)).receives == receives
        clock.move_to(clock.now() + VISIBILITY)


async def test_an_empty_queue_gives_none(made: Made) -> None:
    assert await made[0].receive() is None
    assert list(await made[0].dead()) == []


async def test_orders_come_out_in_the_order_sent(made: Made) -> None:
    queue, _ = made
    for order in ("b", "a", "c"):
        await queue.send(order)
    assert await drained(queue) == ["b", "a", "c"]
    assert await queue.receive() is None


async def test_an_order_that_waits_is_no_second_message(made: Made) -> None:
    queue, _ = made
    for order in ("a", "b", "a", "a"):
        await queue.send(order)
    assert await drained(queue) == ["a", "b"]


async def test_an_order_in_flight_can_be_sent_again_once(made: Made) -> None:
    queue, clock = made
    await queue.send("a")
    first = await taken(queue)
    clock.move_to(NOW + 1)
    for order in ("a", "b", "a"):
        await queue.send(order)
    await queue.done(first)
    assert await drained(queue) == ["a", "b"]


async def test_while_one_is_in_flight_the_next_must_not_overtake(made: Made) -> None:
    queue, clock = made
    await queue.send("a")
    await queue.send("b")
    first = await taken(queue)
    assert await queue.receive() is None
    clock.move_to(NOW + VISIBILITY - 1)
    assert await queue.receive() is None
    await queue.done(first)
    assert (await taken(queue)).order == "b"


async def test_a_message_that_is_not_done_comes_again_with_a_new_receipt(made: Made) -> None:
    queue, clock = made
    await queue.send("a")
    first = await taken(queue)
    clock.move_to(NOW + VISIBILITY)
    second = await taken(queue)
    assert (second.order, second.receives) == ("a", 2)
    assert second.receipt != first.receipt


async def test_an_old_receipt_takes_nothing_off(made: Made) -> None:
    queue, clock = made
    await queue.send("a")
    first = await taken(queue)
    clock.move_to(NOW + VISIBILITY)
    await queue.done(first)  # too late, though nobody has it now
    second = await taken(queue)
    await queue.done(first)  # too late, and somebody has it
    assert await queue.receive() is None
    await queue.done(second)
    await queue.done(second)
    clock.move_to(clock.now() + VISIBILITY)
    assert await queue.receive() is None


async def test_after_three_receives_it_is_a_dead_letter_and_the_next_has_its_turn(
    made: Made,
) -> None:
    queue, clock = made
    await queue.send("a")
    await queue.send("b")
    await give_up(queue, clock)
    assert list(await queue.dead()) == [], "it is given up at the next receive"
    assert (await taken(queue)).order == "b"
    assert list(await queue.dead()) == ["a"]


async def test_a_dead_letter_can_be_sent_again_and_stays_listed_once(made: Made) -> None:
    queue, clock = made
    for _ in range(2):
        await queue.send("a")
        await give_up(queue, clock)
        assert await queue.receive() is None
        assert list(await queue.dead()) == ["a"]
    await queue.send("a")
    assert (await taken(queue)).receives == 1
    assert list(await queue.dead()) == ["a"]


async def test_a_message_whose_time_ran_out_waits(made: Made) -> None:
    queue, clock = made
    await queue.send("a")
    await taken(queue)
    clock.move_to(NOW + VISIBILITY)
    await queue.send("a")
    assert (await taken(queue)).receives == 2
    clock.move_to(clock.now() + VISIBILITY)
    found = await drained(queue)
    assert found == ["a"] * (1 if knows_what_waits(queue) else 2)


class Model(RuleBasedStateMachine):
    """The promises again as a list, against any sequence of calls."""

    make: Callable[[Path], tuple[OrderQueue, SimulatedClock, Callable[[], None]]]

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.queue, self.clock, self._close = type(self).make(Path(self._folder.name))
        self.waiting: list[list] = []  # [order, receives, visible_at]
        self.dead: list[str] = []
        self.handed: list[tuple[Message, list]] = []

    def teardown(self) -> None:
        self._close()
        self._folder.cleanup()

    @rule(order=st.sampled_from("abc"))
    def send(self, order: str) -> None:
        is_blind = not knows_what_waits(self.queue)
        if is_blind:
            self.clock.move_to(self.clock.now() + 1)  # or it counts as sent once
        asyncio.run(self.queue.send(order))
        now = self.clock.now()
        if is_blind or not any(one[0] == order and one[2] <= now for one in self.waiting):
            self.waiting.append([order, 0, 0])

    @rule()
    def receive(self) -> None:
        message = asyncio.run(self.queue.receive())
        now = self.clock.now()
        while self.waiting and self.waiting[0][2] <= now and self.waiting[0][1] == 3:
            order = self.waiting.pop(0)[0]
            if order not in self.dead:
                self.dead.append(order)
        if not self.waiting or self.waiting[0][2] > now:
            assert message is None
            return
        oldest = self.waiting[0]
        oldest[1:] = [oldest[1] + 1, now + VISIBILITY]
        assert message is not None
        assert [message.order, message.receives] == oldest[:2]
        assert message.receipt not in {one.receipt for one, _ in self.handed}
        self.handed.append((message, oldest))

    @precondition(lambda self: self.handed)
    @rule(which=st.integers(0, 99))
    def done(self, which: int) -> None:
        message, one = self.handed[-1 - which % len(self.handed)]
        asyncio.run(self.queue.done(message))
        in_flight = one[2] > self.clock.now() and one[1] == message.receives
        self.waiting = [w for w in self.waiting if w is not one or not in_flight]

    @rule(seconds=st.sampled_from([1, 90, 179, 180, 400]))
    def wait(self, seconds: int) -> None:
        self.clock.move_to(self.clock.now() + seconds * 1000)

    @invariant()
    def lists_the_dead(self) -> None:
        assert list(asyncio.run(self.queue.dead())) == self.dead


class InMemoryModel(Model):
    make = staticmethod(in_memory)


class SqliteModel(Model):
    make = staticmethod(sqlite)


class SqsModel(Model):
    make = staticmethod(sqs)


for machine, examples in ((InMemoryModel, 60), (SqliteModel, 30), (SqsModel, 10)):
    machine.TestCase.settings = settings(
        max_examples=examples, stateful_step_count=25, deadline=None
    )
TestInMemoryModel = InMemoryModel.TestCase
TestSqliteModel = SqliteModel.TestCase
TestSqsModel = SqsModel.TestCase


def opened(path: Path, clock: SimulatedClock, busy_timeout_s: float = 60) -> SqliteOrderQueue:
    return SqliteOrderQueue(open_queue(path, busy_timeout_s=busy_timeout_s), clock)


async def test_messages_flights_and_dead_letters_outlive_a_restart(tmp_path: Path) -> None:
    path, clock = tmp_path / "q.sqlite", SimulatedClock(NOW)
    queue = opened(path, clock)
    for order in ("a", "b", "c"):
        await queue.send(order)
    await give_up(queue, clock)
    held = await taken(queue)
    queue.close()
    again = opened(path, clock)
    assert list(await again.dead()) == ["a"]
    assert await again.receive() is None, "b is in flight"
    await again.done(held)
    assert (await taken(again)).order == "c"
    again.close()


async def test_of_many_connections_one_has_the_message(tmp_path: Path) -> None:
    path, clock = tmp_path / "q.sqlite", SimulatedClock(NOW)
    sender = opened(path, clock)
    together = threading.Barrier(4)
    got: list[Message] = []

    def work() -> None:
        queue = opened(path, clock)
        for _ in range(10):
            together.wait()
            message = asyncio.run(queue.receive())
            if message is not None:
                got.append(message)
            together.wait()
            if message is not None:
                asyncio.run(queue.done(message))
        queue.close()

    for number in range(10):
        await sender.send(f"o{number}")
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.order for one in got] == [f"o{number}" for number in range(10)]
    assert await sender.receive() is None
    sender.close()


WORKER = """
import asyncio, sys
from pathlib import Path
from adapters.clock.simulated import SimulatedClock
from adapters.order_queue.sqlite import SqliteOrderQueue, open_queue
from adapters.order_queue.sqs import SqsOrderQueue

async def work():
    queue = SqliteOrderQueue(open_queue(Path(sys.argv[1]), busy_timeout_s=60), SimulatedClock(1))
    for number in range(int(sys.argv[3])):
        await queue.send(f"{sys.argv[2]}{number}")
        message = await queue.receive()
        if message is not None:
            print(message.order, message.receives, flush=True)
            await queue.done(message)

asyncio.run(work())
"""


def start_worker(path: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(path), name, "40"],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )


async def test_two_processes_share_a_queue_without_doubling_or_loss(tmp_path: Path) -> None:
    path = tmp_path / "q.sqlite"
    workers = [start_worker(path, name) for name in ("x", "y")]
    said = [worker.communicate()[0].splitlines() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    clock = SimulatedClock(1)
    rest = opened(path, clock)
    worked = [line.split()[0] for lines in said for line in lines]
    worked += await drained(rest)
    rest.close()
    assert sorted(worked) == sorted(f"{n}{i}" for n, i in itertools.product("xy", range(40)))


async def test_a_file_that_is_held_is_retryable(tmp_path: Path) -> None:
    path, clock = tmp_path / "q.sqlite", SimulatedClock(NOW)
    one, other = opened(path, clock), opened(path, clock, busy_timeout_s=0)
    with one._file.transaction(), pytest.raises(Retryable, match="another program"):
        await other.send("a")
    await other.send("a")
    assert (await taken(one)).order == "a"
    one.close()
    other.close()


@pytest.mark.parametrize("kind", ["text", "foreign", "folder", "nowhere"])
async def test_what_is_no_queue_is_refused_and_kept(tmp_path: Path, kind: str) -> None:
    import sqlite3

    path = tmp_path / "nowhere" / "q.sqlite" if kind == "nowhere" else tmp_path / "q.sqlite"
    if kind == "text":
        path.write_text("not a database, " * 100, encoding="utf-8")
    if kind == "folder":
        path.mkdir()
    if kind == "foreign":
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE t (x)")
        connection.close()
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(InputError, match=r"q\.sqlite"):
        open_queue(path)
    assert before is None or path.read_bytes() == before


@pytest.fixture
def cloud() -> Iterator[tuple[SqsOrderQueue, Hurried]]:
    """A queue in moto."""
    queue, clock, close = sqs_in_moto(NOW)
    yield queue, clock
    close()


async def test_an_id_that_waits_on_sqs_may_become_a_second_message(
    cloud: tuple[SqsOrderQueue, Hurried],
) -> None:
    queue, clock = cloud
    await queue.send("a")
    await queue.send("a")
    clock.move_to(NOW + 1)
    await queue.send("a")
    assert await drained(queue) == ["a", "a"]


async def test_ids_that_begin_alike_are_messages_of_their_own_whatever_they_are_made_of(
    cloud: tuple[SqsOrderQueue, Hurried],
) -> None:
    queue, _ = cloud
    orders = ["x" * 120 + "1", "x" * 120 + "2", "exit/1 of 2", "\u5186"]
    for order in orders:
        await queue.send(order)
    assert await drained(queue) == orders


async def test_sqs_shows_the_first_ten_dead_letters_in_their_order(
    cloud: tuple[SqsOrderQueue, Hurried],
) -> None:
    queue, clock = cloud
    for number in range(12):
        await queue.send(f"o{number}")
        await give_up(queue, clock)
        assert await queue.receive() is None
    assert list(await queue.dead()) == [f"o{number}" for number in range(10)]
    assert list(await queue.dead()) == [f"o{number}" for number in range(10)], "they stay"


async def test_a_sending_whose_answer_was_lost_is_one_message() -> None:
    with mock_aws():
        client = sqs_client()
        url, _ = make_queues(client, "eth-trading-")
        lost = LostReplies(client, "SendMessage", 1, service="sqs")
        queue = SqsOrderQueue(client, url, SimulatedClock(NOW))
        await queue.send("a")
        assert lost.sent == 2
        assert await drained(queue) == ["a"]
        client.close()


async def test_a_queue_without_dead_letters_has_none() -> None:
    client = Watched(object())
    assert list(await SqsOrderQueue(client, "url", SimulatedClock(NOW)).dead()) == []


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        ("AWS.SimpleQueueService.NonExistentQueue", "no queue", Refused),
        ("AccessDenied", "not you", Refused),
        ("ThrottlingException", "slowly", Retryable),
        ("InvalidParameterValue", "the queue url is nonsense", Broken),
    ],
)
async def test_what_sqs_says_of_any_call_is_told_as_ours(
    code: str, said: str, kind: type[Exception]
) -> None:
    def refused(real: object, **_: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": said}}, "Any")

    operations = ("send_message", "receive_message", "delete_message")
    client = Watched(
        SimpleNamespace(**dict.fromkeys(operations)), **dict.fromkeys(operations, refused)
    )
    queue = SqsOrderQueue(client, "url", SimulatedClock(NOW), dead_url="dead")
    for asked in (
        queue.send("a"),
        queue.receive(),
        queue.done(Message("a", "receipt", 1)),
        queue.dead(),
    ):
        with pytest.raises(kind, match=said):
            await asked


async def test_a_receipt_that_sqs_does_not_know_takes_nothing_off() -> None:
    with mock_aws():
        client = sqs_client()
        url, _ = make_queues(client, "eth-trading-")
        queue = SqsOrderQueue(client, url, SimulatedClock(NOW))
        await queue.send("a")
        await queue.done(Message("a", "nonsense", 1))
        assert (await taken(queue)).order == "a"
        client.close()
