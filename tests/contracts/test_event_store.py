"""What every event store keeps. The numbers are those of the contract, in every plug."""

import asyncio

import pytest

from application.errors import Conflict
from application.read_models import POSITIONS, PRICES, rows_of
from domain.events import Commit
from tests.contracts.plugs import Plug
from tests.given.history import START, commit, mixed_history, price

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def everything(plug: Plug, after: int = 0) -> list[tuple[int, Commit]]:
    return [one async for one in plug.store.read_all(after)]


async def test_01_an_unknown_stream_is_empty(plug: Plug) -> None:
    assert await plug.store.version("nothing") == 0
    assert list(await plug.store.read("nothing")) == []
    assert await everything(plug) == []


async def test_02_versions_count_events(plug: Plug) -> None:
    await plug.store.append([commit("a", 1, price(), price())])
    assert await plug.store.version("a") == 2
    await plug.store.append([commit("a", 3, price())])
    assert await plug.store.version("a") == 3


@pytest.mark.parametrize("version", [1, 2, 4, 9])
async def test_03_any_version_but_the_next_is_a_conflict(plug: Plug, version: int) -> None:
    await plug.store.append([commit("a", 1, price(), price())])
    with pytest.raises(Conflict, match="a"):
        await plug.store.append([commit("a", version, price(), writer="other")])
    assert await plug.store.version("a") == 2


async def test_04_a_first_commit_must_be_version_one(plug: Plug) -> None:
    with pytest.raises(Conflict):
        await plug.store.append([commit("a", 2, price())])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_05_several_streams_are_all_or_none(plug: Plug, order: tuple[int, int]) -> None:
    await plug.store.append([commit("a", 1, price())])
    both = [commit("a", 1, price(), writer="other"), commit("b", 1, price())]
    with pytest.raises(Conflict):
        await plug.store.append([both[at] for at in order])
    assert await plug.store.version("b") == 0
    assert len(await everything(plug)) == 1


async def test_06_two_commits_to_one_stream_in_one_append(plug: Plug) -> None:
    pair = [commit("a", 1, price()), commit("a", 2, price(START + 1))]
    await plug.store.append(pair)
    assert list(await plug.store.read("a")) == pair
    with pytest.raises(Conflict):
        await plug.store.append([commit("b", 1, price()), commit("b", 1, price())])
    assert await plug.store.version("b") == 0


async def test_07_rows_are_written_with_the_events_or_not_at_all(plug: Plug) -> None:
    first = commit("a", 1, price())
    await plug.store.append([first], await rows_of([first], plug.tables))
    assert await plug.tables.get(PRICES, "ETHUSDT", START) == price().candle
    late = commit("a", 1, price(START + 300_000), writer="other")
    with pytest.raises(Conflict):
        await plug.store.append([late], await rows_of([late], plug.tables))
    assert len(await plug.tables.everything(PRICES)) == 1


async def test_07a_nothing_made_from_a_time_on_stands_before_its_place(plug: Plug) -> None:
    for commits in mixed_history():
        await plug.store.append(commits)
    all_of_it = await everything(plug)
    for moment in {one.at for _, one in all_of_it}:
        later = [one for _, one in all_of_it if one.at >= moment]
        found = [one for _, one in await everything(plug, plug.store.place_of(moment))]
        assert [one for one in found if one.at >= moment] == later
    assert plug.store.place_of(0) <= 0


async def test_08_read_gives_back_what_was_appended(plug: Plug) -> None:
    for commits in mixed_history():
        await plug.store.append(commits)
    written = [one for commits in mixed_history() for one in commits]
    for stream in {one.stream for one in written}:
        assert list(await plug.store.read(stream)) == [o for o in written if o.stream == stream]


async def test_09_read_after_a_version(plug: Plug) -> None:
    await plug.store.append([commit("a", 1, price(), price())])
    await plug.store.append([commit("a", 3, price())])
    assert [one.version for one in await plug.store.read("a", 1)] == [1, 3]
    assert [one.version for one in await plug.store.read("a", 2)] == [3]
    assert list(await plug.store.read("a", 3)) == []


@pytest.mark.parametrize(
    ("after", "through", "versions"),
    [
        (0, 0, []),
        (0, 1, [1]),
        (0, 2, [1]),
        (0, 3, [1, 3]),
        (1, 2, [1]),
        (2, 3, [3]),
        (2, 9, [3, 4]),
    ],
)
async def test_20_read_through_a_version(
    plug: Plug, after: int, through: int, versions: list[int]
) -> None:
    await plug.store.append([commit("a", 1, price(), price())])
    await plug.store.append([commit("a", 3, price()), commit("a", 4, price())])
    await plug.store.append([commit("b", 1, price())])
    assert [one.version for one in await plug.store.read("a", after, through)] == versions


def assert_in_order(plug: Plug, positions: list[int]) -> None:
    if plug.numbers_all:
        assert positions == list(range(1, len(positions) + 1))
    else:
        assert positions == sorted(set(positions)), "each after the one before it"
        assert all(0 < position < 2**63 for position in positions)


async def test_10_read_all_gives_every_commit_in_the_order_of_its_append(plug: Plug) -> None:
    for commits in mixed_history():
        await plug.store.append(commits)
    found = await everything(plug)
    assert [one for _, one in found] == [one for commits in mixed_history() for one in commits]
    positions = [position for position, _ in found]
    assert_in_order(plug, positions)
    assert await everything(plug, after=positions[4]) == found[5:]
    assert await everything(plug, after=positions[-1]) == []


async def test_11_a_refused_append_takes_no_position(plug: Plug) -> None:
    await plug.store.append([commit("a", 1, price())])
    with pytest.raises(Conflict):
        await plug.store.append([commit("b", 1, price()), commit("a", 9, price())])
    await plug.store.append([commit("c", 1, price())])
    found = await everything(plug)
    assert [one.stream for _, one in found] == ["a", "c"]
    assert_in_order(plug, [position for position, _ in found])


async def test_12_follow_goes_on_with_what_is_appended_later(plug: Plug) -> None:
    await plug.store.append([commit("a", 1, price())])
    feed = plug.store.follow()
    found = [await anext(feed)]
    await plug.store.append([commit("b", 1, price())])
    found.append(await anext(feed))
    waiting = asyncio.ensure_future(anext(feed))
    await asyncio.sleep(0)
    assert not waiting.done()
    await plug.store.append([commit("c", 1, price())])
    found.append(await waiting)
    assert [one for _, one in found] == [commit(name, 1, price()) for name in "abc"]
    assert_in_order(plug, [position for position, _ in found])
    assert await anext(plug.store.follow(found[1][0])) == found[2]


async def test_13_of_two_writers_at_once_exactly_one_wins_each_version(plug: Plug) -> None:
    won: list[tuple[str, int]] = []

    async def write(name: str) -> None:
        mine = 0
        while mine < 20:
            version = await plug.store.version("a") + 1
            await asyncio.sleep(0)
            try:
                await plug.store.append([commit("a", version, price(), writer=name)])
            except Conflict:
                continue
            won.append((name, version))
            mine += 1

    await asyncio.gather(write("one"), write("two"))
    assert sorted(version for _, version in won) == list(range(1, 41))
    assert sorted((one.writer, one.version) for one in await plug.store.read("a")) == sorted(won)


async def test_14_a_lost_acknowledgement_may_be_repeated(plug: Plug) -> None:
    both = [commit("a", 1, price()), commit("a", 2, price()), commit("b", 1, price())]
    await plug.store.append(both)
    before = await everything(plug)
    await plug.store.append(both)
    assert await everything(plug) == before
    await plug.store.append([commit("a", 3, price())])
    await plug.store.append(both)
    assert await plug.store.version("a") == 3


async def test_15_the_same_events_of_another_writer_are_a_conflict(plug: Plug) -> None:
    await plug.store.append([commit("a", 1, price())])
    with pytest.raises(Conflict):
        await plug.store.append([commit("a", 1, price(), writer="other")])


async def test_16_other_events_of_the_same_writer_are_a_conflict(plug: Plug) -> None:
    await plug.store.append([commit("a", 1, price())])
    with pytest.raises(Conflict):
        await plug.store.append([commit("a", 1, price(close=101.0))])


async def test_17_a_half_repeated_append_is_a_conflict(plug: Plug) -> None:
    await plug.store.append([commit("a", 1, price())])
    with pytest.raises(Conflict):
        await plug.store.append([commit("a", 1, price()), commit("a", 2, price())])
    assert await plug.store.version("a") == 1


async def test_18_a_lost_acknowledgement_writes_no_rows_again(plug: Plug) -> None:
    history = mixed_history()
    for commits in history:
        await plug.log.append(*commits)
    before = await plug.tables.everything(POSITIONS)
    opening = next(one for one in history if one[-1].stream == "position/o1")
    stale = await rows_of([commit("x", 1, price(START + 1))], plug.tables)
    await plug.store.append(opening, stale)
    assert await plug.tables.everything(POSITIONS) == before
    assert await plug.tables.get(PRICES, "ETHUSDT", START + 1) is None


async def test_19_appending_nothing_changes_nothing(plug: Plug) -> None:
    await plug.store.append([])
    assert await everything(plug) == []
