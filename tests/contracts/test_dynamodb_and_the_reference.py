"""Whatever is appended, in whatever order, DynamoDB ends where the reference in memory ends."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.errors import Conflict
from application.ports.read_models import Row
from application.read_models import POSITIONS, PRICES
from domain.events import Commit
from tests.contracts.plugs import Plug, dynamodb, in_memory
from tests.contracts.test_read_models import candles, position
from tests.given.history import START, commit, price

STREAMS = "ab"


@attrs.frozen
class Try:
    """One commit that somebody tries to append, `off` versions from where it belongs."""

    stream: str
    off: int
    events: int
    close: float
    writer: str


tries = st.builds(
    Try,
    stream=st.sampled_from(STREAMS),
    off=st.sampled_from([0, 0, 0, 0, -1, 1]),
    events=st.integers(1, 2),
    close=st.sampled_from([1.0, 2.0]),
    writer=st.sampled_from(["one", "other"]),
)
rows = st.lists(
    st.one_of(
        st.builds(lambda at: candles(START + at)[0], st.integers(0, 2)),
        st.builds(
            lambda name, is_open: position(name, is_open=is_open),
            st.sampled_from("pq"),
            st.booleans(),
        ),
    ),
    max_size=3,
)
appends = st.one_of(
    st.tuples(st.lists(tries, max_size=3), rows),
    # an earlier append once more, or the first commit of one with something else
    st.tuples(st.integers(0, 5), st.booleans()),
)


async def append(plug: Plug, commits: Sequence[Commit], written: list[Row]) -> bool:
    try:
        await plug.store.append(commits, written)
    except Conflict:
        return False
    return True


async def state(plug: Plug) -> list[Any]:
    return [
        [one async for _, one in plug.store.read_all()],
        [await plug.store.version(stream) for stream in STREAMS],
        [tuple(await plug.store.read(stream, 1, 3)) for stream in STREAMS],
        [list(await plug.tables.everything(table)) for table in (PRICES, POSITIONS)],
        list(await plug.tables.flagged(POSITIONS)),
    ]


@pytest.mark.asyncio(loop_scope="function")
@settings(max_examples=25, deadline=None)
@given(moves=st.lists(appends, max_size=8))
async def test_dynamodb_ends_where_the_reference_ends(moves: list[Any]) -> None:
    reference, plug = in_memory(Path()), dynamodb(Path())
    try:
        past: list[tuple[list[Commit], list[Row]]] = []
        for first, second in moves:
            if isinstance(first, int):
                if first >= len(past):
                    continue
                commits, written = past[first]
                if second and commits:
                    commits = [commits[0], commit("c", 1, price())]
            else:
                ahead = {stream: await reference.store.version(stream) for stream in STREAMS}
                commits, written = [], second
                for one in first:
                    version = max(1, ahead[one.stream] + 1 + one.off)
                    events = [price(close=one.close)] * one.events
                    commits.append(commit(one.stream, version, *events, writer=one.writer))
                    ahead[one.stream] = version + one.events - 1
            past.append((commits, written))
            assert await append(plug, commits, written) == await append(reference, commits, written)
        assert await state(plug) == await state(reference)
    finally:
        plug.close()
