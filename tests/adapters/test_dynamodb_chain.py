"""Whoever edits, drops or moves commits of a log on DynamoDB is found out."""

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.dynamodb import WINDOW_S, DynamoEventStore
from adapters.event_store.dynamodb_chain import DynamoHashChain
from adapters.read_models.dynamodb import DynamoReadModels
from application.commit import Log
from application.ports.tamper_evidence import ChainReport
from application.upkeep.anchor_log import anchor_log
from application.upkeep.audit_log import audit_log
from domain.events import LogAnchored
from tests.given.aws_tables import PREFIX, stage_in_moto
from tests.given.history import START, commit, mixed_history, price

pytestmark = pytest.mark.asyncio(loop_scope="function")
EVENTS = f"{PREFIX}events"
MINUTE = WINDOW_S * 1000


@attrs.frozen
class Desk:
    client: Any
    clock: SimulatedClock
    store: DynamoEventStore
    chain: DynamoHashChain

    def item(self, stream: str, version: int) -> dict[str, Any]:
        key = {"stream": {"S": stream}, "version": {"N": str(version)}}
        found: dict[str, Any] = self.client.get_item(TableName=EVENTS, Key=key)["Item"]
        return found

    def put(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=EVENTS, Item=item)

    def drop(self, stream: str, version: int) -> None:
        item = self.item(stream, version)
        key = {name: item[name] for name in ("stream", "version")}
        self.client.delete_item(TableName=EVENTS, Key=key)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with stage_in_moto() as client:
        clock = SimulatedClock(START)
        store = DynamoEventStore(client, PREFIX, clock)
        yield Desk(client, clock, store, DynamoHashChain(store, clock))


async def write_history(desk: Desk) -> None:
    """Orders and positions, an anchor, and something after it; a minute passes now and then."""
    for commits in mixed_history():
        await desk.store.append(commits)
    # appends of one moment are a tenth of a ms apart
    desk.clock.move_to(desk.clock.now() + MINUTE + 10)
    log = Log(desk.store, DynamoReadModels(desk.client, PREFIX, desk.clock), "test")
    await anchor_log(desk.clock.now(), log=log, evidence=desk.chain)
    other = DynamoEventStore(desk.client, PREFIX, desk.clock)
    await other.append([commit("ticks", 4, price()), commit("ticks", 5, price())])
    await desk.store.append([commit("ticks", 6, price())])
    desk.clock.move_to(desk.clock.now() + MINUTE + 1)


def told(report: ChainReport) -> list[tuple[str, str]]:
    return [(one.rule, one.event) for one in report.violations]


async def test_a_log_of_two_writers_that_nobody_touched_is_whole(desk: Desk) -> None:
    await write_history(desk)
    report = await desk.chain.check()
    assert report.violations == ()
    assert report.is_chained
    written = [one async for _, one in desk.store.read_all()]
    assert report.anchor.commits == len(written) == 29
    assert report.events == sum(len(one.events) for one in written)
    assert report.anchor == await desk.chain.anchor()


async def test_an_empty_log_is_whole(desk: Desk) -> None:
    report = await desk.chain.check()
    assert (report.violations, report.anchor.commits) == ((), 0)


@pytest.mark.parametrize(
    "edit",
    [
        {"at": {"N": "7"}},
        {"correlation": {"S": "x"}},
        {"causation": {"S": "x"}},
        {"writer": {"S": "x"}},
        {"body": {"B": b"[]"}},
        {"hash": {"B": bytes(32)}},
        {"last_version": {"N": "9"}},
    ],
    ids=lambda edit: next(iter(edit)),
)
async def test_an_edited_commit_is_named(desk: Desk, edit: dict[str, Any]) -> None:
    await write_history(desk)
    desk.put({**desk.item("order/o1", 2), **edit})
    report = await desk.chain.check()
    assert told(report)[0] == ("chain", "order/o1@2")


async def test_a_commit_moved_to_another_position_is_named(desk: Desk) -> None:
    await write_history(desk)
    one = desk.item("order/o1", 2)
    desk.put({**one, "position": {"N": str(int(one["position"]["N"]) + 1)}})
    assert ("chain", "order/o1@2") in told(await desk.chain.check())


async def test_a_dropped_commit_leaves_a_gap_in_its_stream(desk: Desk) -> None:
    await write_history(desk)
    desk.drop("order/o1", 2)
    report = await desk.chain.check()
    assert told(report) == [("chain", "order/o1@2"), ("anchor", "anchors@1")]


async def test_a_dropped_stream_is_missed_by_the_anchor(desk: Desk) -> None:
    await write_history(desk)
    desk.drop("order/o5", 1)
    assert told(await desk.chain.check()) == [("anchor", "anchors@1")]


async def test_a_cut_off_end_is_missed_by_a_digest_kept_elsewhere(desk: Desk) -> None:
    await write_history(desk)
    kept = (await desk.chain.anchor()).digest
    assert (await desk.chain.check(kept)).violations == ()
    desk.drop("ticks", 6)
    assert (await desk.chain.check()).violations == (), "nothing on the log tells of it"
    assert told(await desk.chain.check(kept)) == [("anchor", "anchor")]


async def test_a_log_cut_off_before_its_anchor_lacks_what_that_states(desk: Desk) -> None:
    await write_history(desk)
    for item in desk.client.scan(TableName=EVENTS)["Items"]:
        if item["stream"]["S"] != "anchors":
            desk.drop(item["stream"]["S"], int(item["version"]["N"]))
    (found,) = (await desk.chain.check()).violations
    assert found.detail == "25 commits are stated and 1 are here: dropped"


async def test_an_item_that_is_no_commit_ends_the_check_and_is_named(desk: Desk) -> None:
    await write_history(desk)
    desk.put({**desk.item("order/o1", 2), "writer": {"N": "1"}})
    (found,) = [one for one in (await desk.chain.check()).violations if one.rule == "file"]
    assert "order/o1" in found.detail


async def test_an_anchor_covers_what_nothing_can_arrive_before_any_more(desk: Desk) -> None:
    await desk.store.append([commit("a", 1, price())])
    desk.clock.move_to(START + MINUTE - 1)
    assert (await desk.chain.anchor()).commits == 0
    desk.clock.move_to(START + MINUTE + 1)
    anchor = await desk.chain.anchor()
    assert anchor.commits == 1
    late = SimulatedClock(desk.clock.now() - MINUTE + 10_000)
    await DynamoEventStore(desk.client, PREFIX, late).append([commit("b", 1, price())])
    await desk.store.append([commit("a", 2, price())])
    assert (await desk.chain.check(anchor.digest)).violations == ()


async def test_an_anchor_goes_on_from_the_one_before(desk: Desk) -> None:
    await write_history(desk)
    before = await desk.store.version("anchors")
    for day in (1, 2):
        desk.clock.move_to(desk.clock.now() + 2 * MINUTE)
        anchor = await desk.chain.anchor()
        assert anchor == (await desk.chain.check()).anchor, "the same as from the beginning"
        event = LogAnchored(anchor.commits, anchor.digest, anchor.through)
        await desk.store.append([commit("anchors", before + day, event)])
        await desk.store.append([commit("more", day, price())])
    desk.drop("ticks", 6)
    desk.clock.move_to(desk.clock.now() + 2 * MINUTE)
    again = await desk.chain.anchor()
    assert again.commits == anchor.commits + 2, "nothing before the anchor is read again"
    assert (await desk.chain.check()).violations, "and a check reads everything"


async def test_commits_of_one_position_always_stand_in_the_same_order(desk: Desk) -> None:
    for stream in ("b", "a"):
        await desk.store.append([commit(stream, 1, price())])
    one, other = desk.item("a", 1), desk.item("b", 1)
    for first, second in ((one, other), (other, one)):
        for item in (first, second):
            desk.client.delete_item(
                TableName=EVENTS, Key={name: item[name] for name in ("stream", "version")}
            )
        desk.put({**first, "position": one["position"]})
        desk.put({**second, "position": one["position"]})
        desk.clock.move_to(START + 2 * MINUTE)
        names = [stored.record.stream for stored in desk.chain._settled(0)]
        assert names == ["a", "b"]


async def test_an_audit_keeps_the_books_of_such_a_log(desk: Desk) -> None:
    await write_history(desk)
    audit = await audit_log(store=desk.store, evidence=desk.chain)
    assert audit.chain.violations == ()
    assert audit.auditor.position > 10**18
